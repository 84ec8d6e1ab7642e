// A StorageFactory for memory databases.
#pragma once

#include <memory>
#include <utility>

#include "livedrops/testing/storage_conformance.h"
#include "storage/memory/memory_storage.h"

namespace livedrops {

class MemoryFactory : public StorageFactory {
 public:
  Result<std::unique_ptr<Storage>> Create() override {
    database_ = NewMemoryDatabase();
    return Open();
  }
  Result<std::unique_ptr<Storage>> Open() override { return OpenMemoryStorage(database_); }

 private:
  std::shared_ptr<MemoryDatabase> database_;
};

}  // namespace livedrops
