#include "server/config/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/files.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kSecretFileMax = 1024 * 1024;

Status SystemError(const std::string& what, const std::string& path) {
  const StatusCode code = errno == ENOENT ? StatusCode::kNotFound : StatusCode::kUnavailable;
  return {code, what + " " + path + ": " + std::strerror(errno)};
}

// Complete or not there: it gets its name when its content is on the disk.
Status MakeFile(const std::string& path, const std::string& text) {
  std::string draft = path + ".XXXXXX";
  const FileHandle file(mkostemp(draft.data(), O_CLOEXEC));  // Mode 0600.
  if (!file.open()) return SystemError("cannot make", path);
  Status status = WriteAll(file, text, path);
  if (status.ok()) status = SyncFile(file, path);
  if (status.ok() && link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    status = SystemError("cannot write", path);
  }
  unlink(draft.c_str());
  return status.ok() ? SyncDirectoryOf(path) : status;
}

Status InFile(const std::string& path, const Status& status) {
  return {status.code(), path + ": " + status.message()};
}

Result<std::vector<TokenKey>> LoadOwnKeys(const Config& config) {
  const Result<std::string> path =
      SecretPath(config, config.auth.jwt_secret_file, "auth.jwt_secret_file", ".jwt-keys");
  if (!path.ok()) return path.status();
  if (path->empty()) return ParseKeyFile(NewKeyFile());
  // A file that was named must be there: making one would hide a slip.
  const Result<std::string> text =
      config.auth.jwt_secret_file.empty() ? ReadOrMakeSecret(*path, NewKeyFile) : ReadFile(*path);
  if (!text.ok()) return text.status();
  auto keys = ParseKeyFile(*text);
  return keys.ok() ? keys : InFile(*path, keys.status());
}

Result<std::vector<TokenKey>> LoadHostKeys(const Config& config) {
  if (config.auth.jwks_file.empty()) return std::vector<TokenKey>();
  const Result<std::string> text = ReadFile(config.auth.jwks_file);
  if (!text.ok()) return text.status();
  auto keys = ParseJwks(*text);
  return keys.ok() ? keys : InFile(config.auth.jwks_file, keys.status());
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return SystemError("cannot read", path);
  std::string text;
  std::array<char, 4096> block;
  for (;;) {
    const ssize_t count = read(file.get(), block.data(), block.size());
    if (count < 0) return SystemError("cannot read", path);
    if (count == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > kSecretFileMax) {
      return Status(StatusCode::kInvalidArgument, path + ": is larger than 1 MiB");
    }
  }
}

Result<std::string> ReadOrMakeSecret(const std::string& path,
                                     const std::function<std::string()>& make) {
  Result<std::string> text = ReadFile(path);
  if (text.ok() || text.status().code() != StatusCode::kNotFound) return text;
  const Status made = MakeFile(path, make());
  return made.ok() ? ReadFile(path) : made;
}

Result<std::string> SecretPath(const Config& config, const std::string& configured,
                               const std::string& setting, const std::string& suffix) {
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string& url = config.storage.url;
  if (!configured.empty()) return configured;
  if (url.starts_with(kSqlite)) return url.substr(kSqlite.size()) + suffix;
  if (url.starts_with("memory:")) return std::string();
  return Status(StatusCode::kInvalidArgument,
                setting + ": is needed, because all servers of the storage must have the same");
}

Result<TokenKeys> LoadTokenKeys(const Config& config) {
  Result<std::vector<TokenKey>> own = LoadOwnKeys(config);
  if (!own.ok()) return own.status();
  Result<std::vector<TokenKey>> hosts = LoadHostKeys(config);
  if (!hosts.ok()) return hosts.status();
  return TokenKeys::Make(std::move(*own), std::move(*hosts));
}

Status CheckSecrets(const Config& config) {
  const Result<std::string> path =
      SecretPath(config, config.auth.jwt_secret_file, "auth.jwt_secret_file", ".jwt-keys");
  if (!path.ok()) return path.status();
  const bool will_be_made = config.auth.jwt_secret_file.empty() && access(path->c_str(), F_OK) != 0;
  return will_be_made ? LoadHostKeys(config).status() : LoadTokenKeys(config).status();
}

}  // namespace livedrops::server
