// Connection: one SQLite connection with its prepared statements, its busy handler and the mapping
// of SQLite's result codes to statuses.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "livedrops/status.h"
#include "livedrops/types.h"
#include "storage/sqlite/statement.h"

namespace livedrops::sqlite {

struct ConnectionOptions {
  std::string path;
  std::string vfs;  // Empty: the default one.
  bool create = false;
  bool read_only = false;
  // How long a lock of another connection is waited for.
  Duration busy_deadline{2000};
};

// Threading: one thread at a time.
class Connection {
 public:
  // Errors: unavailable, with what is wrong with the file.
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs statements that give no rows.
  Status Execute(const char* sql);
  // A first column of a first row; `otherwise` when there is no row.
  Result<std::int64_t> ReadInt(const char* sql, std::int64_t otherwise = 0);

  // Hands out the cached statement of this text, reset. The text is known by its address.
  int Prepare(const char* sql, sqlite3_stmt** statement);

  // The status of a failed call of this connection: what SQLite says, never SQL.
  Status Error(int rc);
  // A status about this file.
  Status Fail(StatusCode code, std::string_view what) const;

  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // Ends the transaction, if there is one. False: the connection is of no more use.
  bool Rollback();
  int changes() const { return sqlite3_changes(db_); }
  // True after an error that another connection might not have.
  bool failed() const { return failed_; }

  void set_busy_deadline(Duration deadline) { busy_deadline_ = deadline; }
  sqlite3* raw() { return db_; }

 private:
  explicit Connection(const ConnectionOptions& options);
  static int OnBusy(void* self, int count);

  sqlite3* db_ = nullptr;
  std::string file_name_;
  Duration busy_deadline_;
  std::chrono::steady_clock::time_point busy_since_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  bool failed_ = false;
};

// A read transaction: every query inside sees the same commit.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection)
      : connection_(connection), status_(Query(connection, "BEGIN").Run()) {}
  ~Snapshot() { connection_.Rollback(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const Status& status() const { return status_; }

 private:
  Connection& connection_;
  Status status_;
};

}  // namespace livedrops::sqlite
