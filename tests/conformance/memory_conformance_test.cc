// The memory storage keeps the contract; so does it inside a FaultyStorage without planned faults.
#include "livedrops/testing/faulty_storage.h"
#include "tests/conformance/memory_factory.h"
#include "tests/conformance/run_conformance.h"

namespace livedrops {
namespace {

std::unique_ptr<StorageFactory> NewMemoryFactory() { return std::make_unique<MemoryFactory>(); }

class FaultyMemoryFactory : public MemoryFactory {
 public:
  Result<std::unique_ptr<Storage>> Create() override { return Wrap(MemoryFactory::Create()); }
  Result<std::unique_ptr<Storage>> Open() override { return Wrap(MemoryFactory::Open()); }

 private:
  static Result<std::unique_ptr<Storage>> Wrap(Result<std::unique_ptr<Storage>> inner) {
    if (!inner.ok()) return inner.status();
    return NewFaultyStorage(std::move(*inner), std::make_shared<FaultInjector>());
  }
};

std::unique_ptr<StorageFactory> NewFaultyFactory() {
  return std::make_unique<FaultyMemoryFactory>();
}

INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, ConformanceOn(NewMemoryFactory),
                         ConformanceName);
INSTANTIATE_TEST_SUITE_P(FaultlessFaulty, StorageConformance, ConformanceOn(NewFaultyFactory),
                         ConformanceName);

}  // namespace
}  // namespace livedrops
