// RunMarker: a file beside the database that is there while a server runs. One that is left over
// shows that the last run did not end well.
#pragma once

#include <string>

namespace livedrops::server {

// Only for SQLite files: no other storage belongs to one process. Of several servers on one file
// the first has the marker; the others tell nothing.
class RunMarker {
 public:
  explicit RunMarker(const std::string& storage_url);
  // Leaves the file: only Remove says that all went well.
  ~RunMarker();
  RunMarker(const RunMarker&) = delete;
  RunMarker& operator=(const RunMarker&) = delete;

  bool was_left_over() const { return was_left_over_; }
  void Remove();

 private:
  std::string path_;
  int fd_ = -1;
  bool was_left_over_ = false;
};

}  // namespace livedrops::server
