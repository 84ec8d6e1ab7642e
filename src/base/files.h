// Files that must survive a crash: writing all of a text, and making a name durable.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "livedrops/status.h"

namespace livedrops {

// A file descriptor that is closed with it; -1: none.
class FileHandle {
 public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  ~FileHandle() { Close(); }
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_;
};

// `unavailable` with what failed, on which file, and the system's reason (errno).
Status FileError(std::string_view what, const std::string& path);

// Writes all of it, however often the system takes a part. Not ok: a part may have been written.
Status WriteAll(const FileHandle& file, std::string_view text, const std::string& path);

// Makes the content and length of a file durable.
Status SyncFile(const FileHandle& file, const std::string& path);

// Makes the file's name durable: creating and renaming change its directory.
Status SyncDirectoryOf(const std::string& path);

}  // namespace livedrops
