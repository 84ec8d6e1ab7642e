// The scenarios through the engine on PostgreSQL: each in a schema of its own.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/postgres/postgres_kit.h"
#include "tests/scenarios/engine_shop.h"

namespace livedrops::scenarios {
namespace {

std::filesystem::path Directory() {
  const char* source = std::getenv("LIVEDROPS_SOURCE_DIR");
  const auto root = source != nullptr ? std::filesystem::path(source)
                                      : std::filesystem::path(__FILE__).parent_path() / "../..";
  return root / "tests" / "scenarios";
}

std::set<std::string> Files() {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
    if (entry.path().extension() == ".drop") files.insert(entry.path().filename());
  }
  return files;
}

class PostgresScenarios : public testing::TestWithParam<std::string> {};

TEST_P(PostgresScenarios, Hold) {
  std::ostringstream text;
  text << std::ifstream(Directory() / GetParam()).rdbuf();
  std::string error;
  const std::vector<Scenario> scenarios = Parse(GetParam(), text.str(), &error);
  ASSERT_EQ(error, "");
  for (const Scenario& scenario : scenarios) {
    const std::string url = NewShopUrl();
    EngineShop shop([&] { return OpenOrDie(url); });
    EXPECT_EQ(Play(scenario, shop), "") << scenario.title;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, PostgresScenarios, testing::ValuesIn(Files()),
                         [](const auto& test) {
                           return std::filesystem::path(test.param).stem().string();
                         });

}  // namespace
}  // namespace livedrops::scenarios
