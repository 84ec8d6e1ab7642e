// TableWriter: the rows of a batch as SQL. It runs inside a transaction that somebody else begins
// and ends.
#pragma once

#include <unordered_set>

#include "livedrops/spi/storage.h"
#include "storage/sqlite/batch_table.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

// The newest row of the log. Both tables are looked at in one statement, that is in one snapshot.
Result<Head> ReadHead(Connection& connection);

class TableWriter {
 public:
  // Must be called once for each connection that is to write.
  int Register(Connection& connection) { return feeds_.Register(connection.raw()); }

  // Errors: broken_invariant for a batch that contradicts itself or the database; those of SQLite.
  Status Write(Connection& connection, const CommitBatch& batch, const Head& expected);
  // The rows written last are durable.
  void Committed(const CommitBatch& batch);

 private:
  Status CheckDropsKnown(Connection& connection, const CommitBatch& batch);
  Status WriteLog(Connection& connection, const CommitBatch& batch);
  Status WriteFollows(Connection& connection, std::span<const FollowRow> rows);

  BatchTables feeds_;
  // Drops that are in the database, as far as this process was told: saves a look-up for each
  // order.
  std::unordered_set<std::uint64_t> known_drops_;
};

}  // namespace livedrops::sqlite
