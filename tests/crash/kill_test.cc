// kill -9 under load, then: every acknowledged answer is still true, nothing is there that nobody
// asked for, and every invariant holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/crash/expectation.h"
#include "tests/crash/process.h"
#include "tests/crash/shop.h"

namespace livedrops::crash {
namespace {

using Steady = std::chrono::steady_clock;

void MakeShop(const std::string& url) {
  auto service = Open(url);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  MakeProduct(**service);
  ASSERT_EQ((*service)->drops().Create(DropOf("d0", 1'000'000)).outcome, Outcome::done);
  ASSERT_EQ((*service)->drops().Create(DropOf("d1", 2'000)).outcome, Outcome::done);
}

// Databases are begun anew now and then: young ones crash at other places than old ones.
TEST(Kill, LosesNothingThatWasAcknowledged) {
  constexpr int kCyclesPerDatabase = 10;
  const int cycles = IsLong() ? 200 : 100;
  std::mt19937_64 random(20260901);
  std::size_t acknowledged = 0;
  Steady::duration ready_most{};
  for (int database = 0; database < cycles / kCyclesPerDatabase; ++database) {
    const Directory directory;
    MakeShop(directory.Url());
    Expectation expectation;
    for (int cycle = 0; cycle < kCyclesPerDatabase; ++cycle) {
      const std::string name = "n" + std::to_string(cycle);
      const std::string acks = directory.File(name + ".acks");
      Process process({"load", directory.Url(), name, acks}, directory.File(name + ".out"));
      // Some die while they open; some in the middle of a commit.
      AwaitLines(acks, random() % 10 == 0 ? 0 : random() % 400);
      process.Kill();
      EXPECT_EQ(ReadFile(directory.File(name + ".out")), "");
      expectation.Add(ReadAcks(acks));
      const auto start = Steady::now();
      auto service = Open(directory.Url());
      ready_most = std::max(ready_most, Steady::now() - start);
      ASSERT_TRUE(service.ok()) << service.status().ToString();
      expectation.Check(**service);
      service->reset();
      ExpectSound(directory.Url());
      if (HasFailure()) FAIL() << "database " << database << " cycle " << cycle;
    }
    acknowledged += expectation.acknowledged();
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(ready_most).count();
  std::cout << cycles << " kills, " << acknowledged
            << " acknowledged orders, ready again after at most " << ms << " ms\n";
  EXPECT_GT(acknowledged, static_cast<std::size_t>(cycles) * 10);
  EXPECT_LT(ready_most, std::chrono::seconds(5));
}

// Two processes sell; one dies; the other goes on at once and answers everybody.
TEST(Kill, LeavesTheOtherProcessSelling) {
  const Directory directory;
  MakeShop(directory.Url());
  Expectation expectation;
  for (int round = 0; round < 5; ++round) {
    const std::string victim = "v" + std::to_string(round);
    const std::string other = "o" + std::to_string(round);
    Process dies({"load", directory.Url(), victim, directory.File(victim)},
                 directory.File("v.out"));
    Process lives({"load", directory.Url(), other, directory.File(other)}, directory.File("o.out"));
    AwaitLines(directory.File(victim), 50);
    AwaitLines(directory.File(other), 50);
    dies.Kill();
    const std::size_t lines = ReadAcks(directory.File(other)).size();
    AwaitLines(directory.File(other), lines + 100);
    EXPECT_GE(ReadAcks(directory.File(other)).size(), lines + 100);
    lives.Kill();
    expectation.Add(ReadAcks(directory.File(victim)));
    expectation.Add(ReadAcks(directory.File(other)));
  }
  auto service = Open(directory.Url());
  ASSERT_TRUE(service.ok());
  expectation.Check(**service);
  service->reset();
  ExpectSound(directory.Url());
}

}  // namespace
}  // namespace livedrops::crash
