// The simulator finds nothing, with every storage, and the same seed is the same history. More
// seeds run in `livedrops simulate`; whether it would find something is asked by mutants_test.cc.
#include "simulation/simulate.h"

#include <gtest/gtest.h>

#include "simulation/world.h"

namespace livedrops::simulation {
namespace {

std::string Explain(const SimulateReport& report, StorageKind storage) {
  if (!report.first_failing_seed) return "";
  std::string text = HowToReproduce(*report.first_failing_seed, storage) + "\n";
  for (const Violation& violation : report.first_violations) {
    text += violation.invariant + " " + violation.subject + ": " + violation.detail + "\n";
  }
  return text;
}

SimulateReport RunSeeds(StorageKind storage, std::int64_t seeds, int jobs) {
  SimulateOptions options;
  options.storage = storage;
  options.seeds = seeds;
  options.jobs = jobs;
  return Simulate(options);
}

std::uint64_t HashOfSeed(StorageKind storage, std::uint64_t seed) {
  World world(storage, seed, {});
  world.Run();
  return world.hash();
}

TEST(Simulation, FindsNothingInMemory) {
  const SimulateReport report = RunSeeds(StorageKind::memory, 1'500, 2);
  EXPECT_EQ(Explain(report, StorageKind::memory), "");
  EXPECT_EQ(report.seeds, 1'500);
}

TEST(Simulation, FindsNothingInSqlite) {
  const SimulateReport report = RunSeeds(StorageKind::sqlite, 150, 2);
  EXPECT_EQ(Explain(report, StorageKind::sqlite), "");
  EXPECT_EQ(report.seeds, 150);
}

TEST(Simulation, SameSeedIsTheSameHistory) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    EXPECT_EQ(HashOfSeed(StorageKind::memory, seed), HashOfSeed(StorageKind::memory, seed)) << seed;
  }
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(HashOfSeed(StorageKind::sqlite, seed), HashOfSeed(StorageKind::sqlite, seed)) << seed;
  }
}

TEST(Simulation, OtherSeedsAreOtherHistories) {
  EXPECT_NE(HashOfSeed(StorageKind::memory, 1), HashOfSeed(StorageKind::memory, 2));
}

TEST(Simulation, TellsHowToReproduceASeed) {
  EXPECT_EQ(HowToReproduce(17, StorageKind::sqlite),
            "simulate --seeds 1 --seed-base 17 --storage sqlite");
}

TEST(Simulation, TraceTellsEveryRequestAndItsAnswer) {
  std::string trace;
  World world(StorageKind::memory, 3, [&](const std::string& line) { trace += line + "\n"; });
  world.Run();
  EXPECT_NE(trace.find("client 0 -> process 0 #1 create product"), std::string::npos);
  EXPECT_NE(trace.find("#1 answered done seq=1"), std::string::npos);
}

TEST(Simulation, HasNoPlantedBugsOutsideOfTheirProgram) {
  EXPECT_TRUE(Mutants().empty());
  EXPECT_FALSE(ActivateMutant("no_stock_check"));
  EXPECT_TRUE(ActivateMutant("none"));
}

}  // namespace
}  // namespace livedrops::simulation
