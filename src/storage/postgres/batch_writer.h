// BatchWriter: the rows of a batch as a few statements, each of which writes a whole table's share.
#pragma once

#include <unordered_set>

#include "livedrops/spi/storage.h"
#include "storage/postgres/pipeline.h"

namespace livedrops::postgres {

class BatchWriter {
 public:
  // Adds everything that writes the batch, the fence first: whoever comes too late is refused
  // before it has written a row. The batch must follow `expected` (CheckSequence). Parameters are
  // copied.
  void Add(const CommitBatch& batch, const Head& expected, std::size_t schema_version,
           Pipeline* pipeline);
  // The batch added last is durable.
  void Committed(const CommitBatch& batch);
  // Forgets what is known of the database, for it may be another one (a standby that was promoted).
  void Forget() { known_drops_.clear(); }

 private:
  void AddOrders(std::span<const OrderRow> rows);
  void AddEvents(std::span<const EventRow> rows);
  void AddOrderChanges(std::span<const OrderChange> rows);
  void AddDrops(std::span<const DropRow> rows);
  void AddDropsKnown(const CommitBatch& batch);
  void AddProducts(std::span<const ProductRow> rows);
  void AddFollows(std::span<const FollowRow> rows);
  void AddCreators(std::span<const CreatorRow> rows);
  void AddUsers(std::span<const UserRow> rows);
  void AddAccounts(std::span<const Account> rows);
  void AddSessions(std::span<const Session> rows);
  // Adds the statement with the parameters collected so far.
  void Add(const char* sql);

  Pipeline* pipeline_ = nullptr;
  Params params_;
  // Drops that are in the database, as far as this process was told: saves a look-up for each
  // batch.
  std::unordered_set<std::uint64_t> known_drops_;
};

}  // namespace livedrops::postgres
