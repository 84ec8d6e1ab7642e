// livedropsd export-head: the end of the audit log, signed, to be kept elsewhere.
#include <cstdio>

#include "base/hex.h"
#include "base/json_writer.h"
#include "base/signed_head.h"
#include "base/time_text.h"
#include "livedrops/open.h"
#include "livedrops/spi/clock.h"
#include "livedrops/spi/storage.h"
#include "server/config/secrets.h"
#include "server/program/commands.h"

namespace livedrops::server {
namespace {

Result<SigningKey> LoadSigningKey(const Config& config) {
  const Result<std::string> path =
      SecretPath(config, config.audit.key_file, "audit.key_file", ".audit-key");
  if (!path.ok()) return path.status();
  if (path->empty()) {
    return Status(StatusCode::kInvalidArgument, "a storage in memory has no log to export");
  }
  // A file that was named must be there: making one would hide a slip.
  const Result<std::string> pem =
      config.audit.key_file.empty() ? ReadOrMakeSecret(*path, SigningKey::NewPem) : ReadFile(*path);
  if (!pem.ok()) return pem.status();
  Result<SigningKey> key = SigningKey::FromPem(*pem);
  if (!key.ok()) return Status(key.status().code(), *path + ": " + key.status().message());
  return key;
}

Result<Head> ReadHeadOf(const Config& config) {
  StorageOptions options;
  options.create = false;
  options.read_only = true;
  const auto storage = OpenStorage(config.storage.url, options);
  if (!storage.ok()) return storage.status();
  return (*storage)->ReadHead();
}

}  // namespace

int ExportHead(const Config& config) {
  const Result<SigningKey> key = LoadSigningKey(config);
  if (!key.ok()) return Fail(key.status().message());
  const Result<Head> head = ReadHeadOf(config);
  if (!head.ok()) return Fail(head.status().ToString());
  if (head->seq == 0) return Fail("the log is empty", kRefused);
  SignedHead exported;
  exported.seq = head->seq;
  exported.hash = ToHex(head->hash);
  exported.at = ToText(SystemClock().Now());
  if (Status signed_it = key->Sign(&exported); !signed_it.ok()) return Fail(signed_it.message());
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Member("seq", exported.seq).Member("hash", exported.hash);
  json.Member("at", exported.at).Member("key", exported.key);
  json.Member("signature", exported.signature).EndObject();
  std::puts(text.c_str());
  return std::fflush(stdout) == 0 ? kDone : kCouldNotRun;
}

}  // namespace livedrops::server
