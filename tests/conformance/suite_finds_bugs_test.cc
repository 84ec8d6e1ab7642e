// The conformance suite is seen to fail: it finds every planted bug, and every case finds one.
#include <gtest/gtest.h>

#include <set>

#include "tests/conformance/memory_factory.h"
#include "tests/conformance/planted_bugs.h"

namespace livedrops {
namespace {

class TamperedFactory : public StorageFactory {
 public:
  explicit TamperedFactory(const Hooks& hooks) : hooks_(std::make_shared<Hooks>(hooks)) {}

  Result<std::unique_ptr<Storage>> Create() override { return Wrap(memory_.Create()); }
  Result<std::unique_ptr<Storage>> Open() override { return Wrap(memory_.Open()); }

 private:
  Result<std::unique_ptr<Storage>> Wrap(Result<std::unique_ptr<Storage>> inner) {
    return NewTamperedStorage(std::move(*inner), hooks_);
  }

  // Not waiting: a bug that leaves the lock behind must not cost two seconds.
  MemoryFactory memory_{{.seed = 0, .wait_for_lock = false}};
  std::shared_ptr<const Hooks> hooks_;
};

std::vector<PlantedBug> AllBugs() {
  std::vector<PlantedBug> all;
  for (const auto family : {CommitBugs, ColumnBugs, StateBugs, LockBugs, ListBugs, CatalogBugs}) {
    for (PlantedBug& bug : family()) all.push_back(std::move(bug));
  }
  return all;
}

bool FindsIt(const ConformanceCase& test, const PlantedBug& bug) {
  if (!bug.only_case.empty() && bug.only_case != test.name) return false;
  TamperedFactory factory(bug.hooks);
  return !test.run(factory).ok();
}

TEST(SuiteFindsBugs, EveryCasePassesWithoutOne) {
  for (const ConformanceCase& test : StorageConformanceCases()) {
    EXPECT_FALSE(FindsIt(test, PlantedBug())) << test.name;
  }
}

TEST(SuiteFindsBugs, EveryBugIsFoundAndEveryCaseFindsOne) {
  const std::vector<ConformanceCase> cases = StorageConformanceCases();
  std::set<std::string> not_seen_failing;
  for (const ConformanceCase& test : cases) not_seen_failing.insert(test.name);
  for (const PlantedBug& bug : AllBugs()) {
    bool found = false;
    // Cases that have found a bug already are asked only while nobody has found this one.
    for (const bool fresh : {true, false}) {
      for (const ConformanceCase& test : cases) {
        const bool asked = not_seen_failing.contains(test.name) == fresh && !(found && !fresh);
        if (!asked || !FindsIt(test, bug)) continue;
        found = true;
        not_seen_failing.erase(test.name);
      }
    }
    EXPECT_TRUE(found) << "nobody finds the bug: " << bug.name;
  }
  for (const std::string& name : not_seen_failing) ADD_FAILURE() << "finds no bug: " << name;
}

}  // namespace
}  // namespace livedrops
