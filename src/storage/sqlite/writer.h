// Writer: the one connection of a process that writes, and what is known about its last commit.
#pragma once

#include <functional>
#include <memory>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_storage.h"
#include "storage/sqlite/table_writer.h"

namespace livedrops::sqlite {

class OrderIndex;

// Threading: one thread at a time.
class Writer {
 public:
  Writer(ConnectionOptions options, const SqliteOptions& sqlite, OrderIndex* index);

  Status Commit(const CommitBatch& batch, const Head& expected);
  Status Lock(Duration deadline);
  void Unlock();
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain);
  void Close();

 private:
  Status Open();
  static int OnCommitted(void* self, sqlite3* db, const char* name, int log_pages);
  // Takes the write lock, unless it is held already.
  Status Begin(Duration deadline);
  Status WriteBatch(const CommitBatch& batch, const Head& expected);
  // Ends the transaction. Says whether it is certain what became of it.
  Status End();
  void GiveUp();
  Result<Head> WriteBarrier(const std::function<EventRow(const Head& found)>& chain);

  const ConnectionOptions options_;
  const SqliteOptions sqlite_;
  OrderIndex* const index_;  // Null: none.
  TableWriter tables_;       // Before the connection, which uses its feeds.
  std::unique_ptr<Connection> connection_;
  int log_pages_ = 0;  // Of the write-ahead log, after the last commit.
  // The last commit may or may not be durable: nothing is written until a barrier is.
  bool suspect_ = false;
};

}  // namespace livedrops::sqlite
