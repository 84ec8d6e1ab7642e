// A StorageFactory for memory databases.
#pragma once

#include <memory>
#include <utility>

#include "livedrops/testing/storage_conformance.h"
#include "storage/memory/memory_storage.h"

namespace livedrops {

class MemoryFactory : public StorageFactory {
 public:
  explicit MemoryFactory(const MemoryOptions& options = {}) : options_(options) {}

  Result<std::unique_ptr<Storage>> Create() override {
    database_ = NewMemoryDatabase(options_);
    return Open();
  }
  Result<std::unique_ptr<Storage>> Open() override { return OpenMemoryStorage(database_); }

 private:
  MemoryOptions options_;
  std::shared_ptr<MemoryDatabase> database_;
};

}  // namespace livedrops
