#include "server/program/run_marker.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <string_view>

namespace livedrops::server {

RunMarker::RunMarker(const std::string& storage_url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!storage_url.starts_with(kSqlite)) return;
  path_ = storage_url.substr(kSqlite.size()) + ".running";
  was_left_over_ = access(path_.c_str(), F_OK) == 0;
  fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  // Another server runs: what it left is not left over.
  was_left_over_ = false;
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

RunMarker::~RunMarker() {
  if (fd_ >= 0) close(fd_);
}

void RunMarker::Remove() {
  if (fd_ >= 0) unlink(path_.c_str());
}

}  // namespace livedrops::server
