// SimDatabase: the database that the processes of a simulation share: in memory, in SQLite on a
// simulated disk, or on a real PostgreSQL server.
#pragma once

#include <memory>

#include "simulation/postgres_schema.h"
#include "simulation/swarm.h"
#include "storage/memory/memory_storage.h"
#include "testing/owned_batch.h"

namespace livedrops::simulation {

// One process's way into the database. The storage goes first.
struct OpenedDatabase {
  std::unique_ptr<FaultVfs> vfs;  // SQLite only.
  std::unique_ptr<Storage> storage;
};

class SimDatabase {
 public:
  // Empty; for SQLite with its schema, and without faults until they are set. `url`: of the
  // PostgreSQL server; when it cannot be used, Open says why.
  SimDatabase(StorageKind kind, std::uint64_t seed, const std::string& url = "");
  ~SimDatabase();

  Result<OpenedDatabase> Open(Clock* clock);
  // Null but for SQLite.
  SimDisk* disk() { return disk_.get(); }

  // PostgreSQL only.
  void EndSessions() {
    if (postgres_.ok()) (*postgres_)->EndSessions();
  }
  // Memory only. A commit that became durable is remembered for a standby.
  void Remember(const CommitBatch& batch) { batches_.emplace_back(batch); }
  // The primary is gone, and with it the last commits: a standby has all but these.
  void FailOver(std::size_t commits_lost);

 private:
  StorageKind kind_;
  std::uint64_t seed_;
  int checkpoint_pages_ = 0;
  std::shared_ptr<MemoryDatabase> memory_;
  std::unique_ptr<SimDisk> disk_;
  Result<std::unique_ptr<PostgresSchema>> postgres_ = Status();
  std::vector<OwnedBatch> batches_;
};

}  // namespace livedrops::simulation
