// MemoryStorage: the reference adapter. It keeps what spi/storage.h promises with plain containers
// and one mutex, and refuses every batch that breaks a rule. Nothing survives the process.
#pragma once

#include <memory>

#include "livedrops/spi/storage.h"

namespace livedrops {

struct MemoryOptions {
  // Makes epoch and secret; 0: random ones.
  std::uint64_t seed = 0;
  // False: a write lock held by another storage answers `unavailable` at once. For the simulator,
  // whose one thread would wait for itself.
  bool wait_for_lock = true;
};

// What several MemoryStorages share, as processes share a file. It lives as long as one of them.
class MemoryDatabase;
std::shared_ptr<MemoryDatabase> NewMemoryDatabase(const MemoryOptions& options = {});

// One process's way into the database.
std::unique_ptr<Storage> OpenMemoryStorage(std::shared_ptr<MemoryDatabase> database);

// A storage with a database of its own.
std::unique_ptr<Storage> NewMemoryStorage(std::uint64_t seed = 0);

}  // namespace livedrops
