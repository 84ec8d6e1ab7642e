// BareLoop: what SQLite alone can do. Prepared inserts of rows like ours, in batches as big as the
// engine's, and the drop's row, each batch one durable commit; nothing is decided, hashed or found
// again.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/bench_histogram.h"
#include "livedrops/status.h"

namespace livedrops::cli {

class BareLoop {
 public:
  // `path` is made anew, and deleted in the end.
  static Result<std::unique_ptr<BareLoop>> Open(const std::string& path);
  ~BareLoop();
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  // Inserts batches for this long.
  Status Run(std::chrono::nanoseconds duration, int rows_per_commit);

  double rows_per_second() const {
    return seconds_ == 0 ? 0 : static_cast<double>(rows_) / seconds_;
  }
  const Histogram& commits() const { return commits_; }

 private:
  struct Row;

  explicit BareLoop(std::string path);
  Status Prepare();
  Status Execute(const char* sql);
  Status Error() const;
  bool Step(sqlite3_stmt* statement);
  bool Insert(const Row& row);
  bool Commit(int rows);

  const std::string path_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  std::vector<Row> pool_;
  std::int64_t seq_ = 0;
  std::uint64_t rows_ = 0;
  double seconds_ = 0;
  Histogram commits_;
};

}  // namespace livedrops::cli
