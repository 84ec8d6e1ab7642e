#include "server/gateway/media_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "server/auth/crypto.h"

namespace livedrops::server {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNameLength = 64;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Of errno. The path stays out: clients see the code only, but logs are copied around.
Status Failed(const char* what) {
  return {errno == ENOENT ? StatusCode::kNotFound : StatusCode::kUnavailable,
          std::string(what) + ": " + std::strerror(errno)};
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return fsync(fd) == 0;
}

// The directory and the one that it is named in, so that a name survives a crash.
bool SyncDirectory(const std::string& path) {
  const File directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.ok() && fsync(directory.fd()) == 0;
}

bool IsName(std::string_view name) {
  return name.size() == kNameLength && std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::optional<std::string_view> PictureType(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv) && bytes.substr(12, 4) == "IHDR") {
    return "image/png";
  }
  if (bytes.size() >= 16 && bytes.starts_with("RIFF"sv) && bytes.substr(8, 7) == "WEBPVP8") {
    return "image/webp";
  }
  return std::nullopt;
}

// Two levels, so that no directory gets more than a few thousand entries soon.
std::string MediaStore::PathOf(std::string_view name) const {
  return directory_ + "/" + std::string(name.substr(0, 2)) + "/" + std::string(name);
}

Result<std::string> MediaStore::Put(std::string_view bytes) const {
  std::string name = Sha256Hex(bytes);
  const std::string path = PathOf(name);
  if (access(path.c_str(), R_OK) == 0) return name;
  const std::string parent = path.substr(0, path.rfind('/'));
  for (const std::string& directory : {directory_, parent}) {
    if (mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) return Failed("mkdir");
  }
  std::string draft = path + ".XXXXXX";
  const File file(mkostemp(draft.data(), O_CLOEXEC));
  if (!file.ok()) return Failed("cannot make a file");
  const bool named = WriteAll(file.fd(), bytes) && rename(draft.c_str(), path.c_str()) == 0 &&
                     SyncDirectory(parent) && SyncDirectory(directory_);
  if (named) return name;
  const Status failed = Failed("cannot write");
  unlink(draft.c_str());
  return failed;
}

Result<std::string> MediaStore::Get(std::string_view name) const {
  if (!IsName(name)) return Status(StatusCode::kNotFound, "no picture has such a name");
  const File file(open(PathOf(name).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!file.ok() || fstat(file.fd(), &info) != 0) return Failed("cannot open");
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file.fd(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Failed("cannot read");
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace livedrops::server
