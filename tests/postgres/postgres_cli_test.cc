// The `livedrops` program on a PostgreSQL URL gives what it gives on any other storage.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/postgres/postgres_kit.h"

namespace livedrops {
namespace {

std::filesystem::path FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

// Its last line of JSON and its exit code.
std::pair<nlohmann::json, int> RunCli(const std::string& arguments) {
  const std::string program = FromEnvironment("LIVEDROPS_BIN_DIR") / "livedrops";
  std::FILE* pipe = popen(("'" + program + "' " + arguments + " --json 2>/dev/null").c_str(), "r");
  std::string out;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) {
    out.append(buffer, size);
  }
  const int code = WEXITSTATUS(pclose(pipe));
  while (!out.empty() && out.back() == '\n') out.pop_back();
  const std::string line = out.substr(out.rfind('\n') + 1);
  return {nlohmann::json::parse(line, nullptr, false), code};
}

class PostgresCli : public testing::Test {
 protected:
  void SetUp() override {
    if (FromEnvironment("LIVEDROPS_BIN_DIR").empty()) GTEST_SKIP() << "run it with ctest";
  }
  void ExpectVerified() {
    const auto [report, code] = RunCli("verify '" + url_ + "'");
    EXPECT_EQ(code, 0) << report;
    EXPECT_EQ(report["ok"], true) << report;
  }
  const std::string url_ = NewShopUrl();
};

TEST_F(PostgresCli, ReplayGivesTheNumbersOfTheMemoryStorage) {
  const std::string file =
      FromEnvironment("LIVEDROPS_SOURCE_DIR") / "examples/data/online_retail_sample.csv.gz";
  auto [expected, of_memory] = RunCli("replay '" + file + "' --storage memory:");
  auto [found, of_postgres] = RunCli("replay '" + file + "' --storage '" + url_ + "'");
  ASSERT_EQ(of_memory, 0);
  ASSERT_EQ(of_postgres, 0) << found;
  for (auto* report : {&expected, &found}) {
    for (const char* time : {"seconds", "selling_seconds", "orders_per_second"})
      report->erase(time);
  }
  EXPECT_EQ(found, expected);
  ExpectVerified();
}

TEST_F(PostgresCli, BenchSellsAndChecksWhatItSold) {
  const auto [report, code] =
      RunCli("bench --storage '" + url_ + "' --in-flight 100 --seconds 0.3");
  EXPECT_EQ(code, 0) << report;
  EXPECT_EQ(report["ok"], true) << report;
  ExpectVerified();
}

TEST_F(PostgresCli, VerifyFindsARowThatWasEdited) {
  ASSERT_EQ(RunCli("bench --storage '" + url_ + "' --in-flight 10 --seconds 0.2").second, 0);
  RunSql(url_, "UPDATE orders SET amount = amount + 1 WHERE seq = (SELECT min(seq) FROM orders)");
  const auto [report, code] = RunCli("verify '" + url_ + "'");
  EXPECT_EQ(code, 1) << report;
  EXPECT_FALSE(report["violations"].empty());
}

}  // namespace
}  // namespace livedrops
