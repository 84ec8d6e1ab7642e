#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace livedrops {

void FileHandle::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Status FileError(std::string_view what, const std::string& path) {
  const std::string reason = std::generic_category().message(errno);
  return {StatusCode::kUnavailable, std::string(what) + " \"" + path + "\": " + reason};
}

Status WriteAll(const FileHandle& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = write(file.get(), text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return FileError("cannot write", path);
    }
  }
  return OkStatus();
}

Status SyncFile(const FileHandle& file, const std::string& path) {
  return fdatasync(file.get()) == 0 ? OkStatus() : FileError("cannot sync", path);
}

Status SyncDirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const FileHandle directory(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open()) return FileError("cannot open", name);
  return fsync(directory.get()) == 0 ? OkStatus() : FileError("cannot sync", name);
}

}  // namespace livedrops
