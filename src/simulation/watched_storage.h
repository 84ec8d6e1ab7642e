// WatchedStorage: a decorator that tells the simulation what reaches the database, and lets it act
// before each call, as if another process had been faster.
#pragma once

#include <memory>

#include "livedrops/spi/storage.h"

namespace livedrops::simulation {

class StorageWatcher {
 public:
  virtual ~StorageWatcher() = default;
  virtual void BeforeCall() = 0;
  // The log reaches this far.
  virtual void OnHead(const Head& head) = 0;
  // This became durable, after what was told before.
  virtual void OnCommitted(const CommitBatch& batch) = 0;
};

std::unique_ptr<Storage> NewWatchedStorage(std::unique_ptr<Storage> inner, StorageWatcher* watcher);

}  // namespace livedrops::simulation
