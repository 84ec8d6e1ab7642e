// MemoryDatabase: the state behind one or more MemoryStorages, its mutex and its write lock.
#pragma once

#include <condition_variable>
#include <mutex>

#include "storage/memory/memory_log.h"
#include "storage/memory/memory_storage.h"
#include "storage/memory/memory_tables.h"

namespace livedrops {

class MemoryDatabase {
 public:
  explicit MemoryDatabase(const MemoryOptions& options);

  const ShopInfo& info() const { return info_; }

  // The write lock: held by one storage (`owner`) at a time, for as long as it likes. Taking it
  // again is ok. Errors: unavailable when somebody else held it for `deadline`.
  Status TakeWriteLock(const void* owner, Duration deadline);
  // Does nothing when somebody else has it.
  void ReleaseWriteLock(const void* owner);

  // Guards what follows. Held for moments only, and never while a sink is called.
  std::mutex mutex;
  memory::MemoryLog log;
  memory::MemoryTables tables;

 private:
  const ShopInfo info_;
  const bool wait_for_lock_;
  const void* lock_owner_ = nullptr;
  std::condition_variable lock_released_;
};

}  // namespace livedrops
