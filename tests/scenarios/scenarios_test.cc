// Runs every scenario of this directory through the C++ engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "storage/memory/memory_storage.h"
#include "tests/scenarios/engine_shop.h"

namespace livedrops::scenarios {
namespace {

std::filesystem::path Directory() {
  if (const char* source = std::getenv("LIVEDROPS_SOURCE_DIR")) {
    return std::filesystem::path(source) / "tests" / "scenarios";
  }
  return std::filesystem::path(__FILE__).parent_path();
}

std::vector<Scenario> AllScenarios(std::string* error) {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
    if (entry.path().extension() == ".drop") paths.insert(entry.path());
  }
  std::vector<Scenario> all;
  for (const auto& path : paths) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const auto scenarios = Parse(path.filename().string(), text.str(), error);
    all.insert(all.end(), scenarios.begin(), scenarios.end());
  }
  return all;
}

std::vector<Scenario> AllScenarios() {
  std::string ignored;  // Files.AreReadable looks at it.
  return AllScenarios(&ignored);
}

// "holds.drop", "a hold expires" -> "holds_AHoldExpires"
std::string NameOf(const Scenario& scenario) {
  std::string name = std::filesystem::path(scenario.file).stem().string() + "_";
  bool upper = true;
  for (const char c : scenario.title) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return name;
}

class Scenarios : public testing::TestWithParam<Scenario> {};

TEST_P(Scenarios, Hold) {
  const auto database = NewMemoryDatabase({.seed = 7});
  EngineShop shop([&] { return OpenMemoryStorage(database); });
  EXPECT_EQ(Play(GetParam(), shop), "");
}

INSTANTIATE_TEST_SUITE_P(Engine, Scenarios, testing::ValuesIn(AllScenarios()),
                         [](const auto& test) { return NameOf(test.param); });

TEST(ScenarioFiles, AreReadable) {
  std::string error;
  EXPECT_GE(AllScenarios(&error).size(), 60u);
  EXPECT_EQ(error, "");
}

// A new outcome needs a case: the list in outcome.h and the files must agree.
TEST(ScenarioFiles, ShowEveryOutcome) {
  std::set<std::string> seen;
  for (const Scenario& scenario : AllScenarios()) {
    for (const Step& step : scenario.steps) {
      seen.insert(step.expected.begin(), step.expected.end());
    }
  }
#define X(name, text) EXPECT_TRUE(seen.contains(#name)) << "no scenario expects " #name;
  LIVEDROPS_ORDER_OUTCOMES(X)
  LIVEDROPS_COMMAND_OUTCOMES(X)
#undef X
}

// ranked.drop lists the order outcomes in their rank.
TEST(ScenarioFiles, RankTheOutcomesAsTheListDoes) {
  std::vector<std::string> listed;
  for (const Scenario& scenario : AllScenarios()) {
    if (scenario.file != "ranked.drop") continue;
    for (const Step& step : scenario.steps) {
      const bool order = step.verb() == "order" && step.has_expectation;
      if (order && step.option("row")) listed.push_back(step.expected.front());
    }
  }
  std::vector<std::string> ranked;
#define X(name, text) ranked.push_back(#name);
  LIVEDROPS_ORDER_OUTCOMES(X)
#undef X
  EXPECT_EQ(listed, ranked);
}

// --- the language itself -------------------------------------------------------------------------

TEST(ScenarioLanguage, ReadsTimes) {
  EXPECT_EQ(ParseTime("+0s"), 0);
  EXPECT_EQ(ParseTime("+1h-1ms"), 3'599'999);
  EXPECT_EQ(ParseTime("-2m"), -120'000);
  EXPECT_EQ(ParseTime("+1d"), 86'400'000);
  EXPECT_EQ(ParseTime("1s"), std::nullopt);
  EXPECT_EQ(ParseTime("+1"), std::nullopt);
  EXPECT_EQ(ParseTime(""), std::nullopt);
  EXPECT_EQ(TimeText(3'599'999), "+3599999ms");
  EXPECT_EQ(TimeText(-2000), "-2s");
}

TEST(ScenarioLanguage, NamesTheLineItCannotRead) {
  std::string error;
  Parse("x.drop", "\norder d1 u1 k1 -> sold_out\n", &error);
  EXPECT_EQ(error, "x.drop:2: stands before the first scenario");
  Parse("x.drop", "scenario a\norder d1 u1 k1 ->\n", &error);
  EXPECT_EQ(error, "x.drop:2: cannot read \"order d1 u1 k1 ->\"");
}

// A runner that lets everything pass would make the files worthless.
TEST(ScenarioLanguage, SeesWrongAnswers) {
  const auto failure = [](const std::string& steps) {
    std::string error;
    const auto scenarios = Parse("x.drop", "scenario a\ndrop d1 stock=2\n" + steps, &error);
    const auto database = NewMemoryDatabase({.seed = 7});
    EngineShop shop([&] { return OpenMemoryStorage(database); });
    return Play(scenarios.at(0), shop);
  };
  EXPECT_EQ(failure("order d1 u1 k1 2 -> confirmed"), "");
  EXPECT_NE(failure("order d1 u1 k1 2 -> sold_out"), "");
  EXPECT_NE(failure("order d1 u1 k1 3"), "");
  EXPECT_NE(failure("order d1 u1 k1 2 -> confirmed amount=1"), "");
  EXPECT_NE(failure("order d1 u1 k1 2 -> confirmed repeated"), "");
  EXPECT_NE(failure("expect d1 stock=1"), "");
  EXPECT_NE(failure("events d1 -> dropScheduled"), "");
  EXPECT_NE(failure("pause d1\npause d1"), "");
  EXPECT_NE(failure("dance d1"), "");
}

}  // namespace
}  // namespace livedrops::scenarios
