#include "tests/conformance/run_conformance.h"

#include <set>

namespace livedrops {
namespace {

TEST_P(StorageConformance, Holds) {
  const std::unique_ptr<StorageFactory> factory = GetParam().new_factory();
  const Status status = GetParam().test.run(*factory);
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(StorageConformanceCases, HaveDifferentNames) {
  std::set<std::string> names;
  for (const ConformanceCase& test : StorageConformanceCases()) {
    EXPECT_TRUE(names.insert(test.name).second) << test.name;
  }
  EXPECT_GE(names.size(), 40u);
}

}  // namespace
}  // namespace livedrops
