// The `livedrops` program on a PostgreSQL URL gives what it gives on any other storage.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/crash/process.h"
#include "tests/postgres/postgres_kit.h"

namespace livedrops {
namespace {

std::filesystem::path FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

// Its last line of JSON and its exit code.
std::pair<nlohmann::json, int> RunCli(const std::string& arguments,
                                      const std::string& name = "livedrops") {
  const std::string program = FromEnvironment("LIVEDROPS_BIN_DIR") / name;
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

// --- copy ----------------------------------------------------------------------------------------

// The real invoices where they lie beside the project, else the sample.
std::string Invoices() {
  const auto source = FromEnvironment("LIVEDROPS_SOURCE_DIR");
  const auto real = source.parent_path() / "shared/data/online_retail.csv.gz";
  return std::filesystem::exists(real) ? real
                                       : source / "examples/data/online_retail_sample.csv.gz";
}

TEST_F(PostgresCli, CopyTakesARealShopThereAndBack) {
  const crash::Directory directory;
  const std::string sqlite = "sqlite:" + directory.File("shop.db");
  const std::string back = "sqlite:" + directory.File("back.db");
  const auto [sold, replayed] = RunCli("replay '" + Invoices() + "' --storage " + sqlite);
  ASSERT_EQ(replayed, 0);
  const auto [there, copied] = RunCli("copy " + sqlite + " '" + url_ + "'");
  ASSERT_EQ(copied, 0) << there;
  EXPECT_EQ(there["ok"], true);
  ExpectVerified();
  const auto [again, copied_back] = RunCli("copy '" + url_ + "' " + back);
  ASSERT_EQ(copied_back, 0) << again;
  EXPECT_EQ(again["tables"], there["tables"]);
  EXPECT_GT(there["tables"]["orders"]["rows"], 100);
  std::cout << there["tables"]["log"]["rows"] << " log rows: " << there["seconds"] << " s there, "
            << again["seconds"] << " s back\n";
  // Everything was ordered there already: it is only looked up.
  const auto [looked_up, repeated] = RunCli("replay '" + Invoices() + "' --storage '" + url_ + "'");
  ASSERT_EQ(repeated, 0) << looked_up;
  EXPECT_EQ(looked_up["orders"].value("confirmed", 0), 0) << looked_up;
  EXPECT_GE(looked_up["orders"]["repeated"], sold["orders"]["confirmed"]);
  EXPECT_EQ(RunSql(url_, "SELECT count(*) FROM v_orders").front(),
            there["tables"]["orders"]["rows"].dump());
}

TEST_F(PostgresCli, CopyGoesOnInASchemaThatIsHalfFull) {
  const std::string from = NewShopUrl();
  ASSERT_EQ(RunCli("bench --storage '" + from + "' --in-flight 100 --seconds 0.3").second, 0);
  ASSERT_EQ(RunCli("copy '" + from + "' '" + url_ + "'").second, 0);
  EXPECT_EQ(RunCli("copy '" + from + "' '" + url_ + "'").second, 1);
  // As a run leaves it that was killed in the middle of the log.
  const std::string half =
      RunSql(url_, "SELECT greatest(max(drop_no), max(seq) / 2) FROM orders").front();
  RunSql(url_, "DELETE FROM orders WHERE seq > " + half);
  RunSql(url_, "DELETE FROM events WHERE seq > " + half);
  RunSql(url_,
         "UPDATE log_head SET (seq, hash) = (SELECT seq, hash FROM (SELECT seq, hash FROM orders"
         " UNION ALL SELECT seq, hash FROM events) rows ORDER BY seq DESC LIMIT 1)");
  RunSql(url_, "INSERT INTO meta VALUES('unfinished_copy', '')");
  EXPECT_EQ(RunCli("verify '" + url_ + "'").second, 2);
  const auto [report, code] = RunCli("copy '" + from + "' '" + url_ + "'");
  EXPECT_EQ(code, 0) << report;
  EXPECT_EQ(report["resumed_at"], std::stoull(half));
  ExpectVerified();
}

// --- simulate ------------------------------------------------------------------------------------

class PostgresSimulation : public PostgresCli {
 protected:
  void SetUp() override {
    PostgresCli::SetUp();
    if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
  }
  static std::string Server() { return " --storage '" + SharedServer()->Url() + "'"; }
};

TEST_F(PostgresSimulation, LeavesNothingWrongAndNothingBehind) {
  const auto [report, code] = RunCli("simulate --seeds 12 --seed-base 100" + Server());
  EXPECT_EQ(code, 0) << report;
  EXPECT_EQ(report["seeds"], 12);
  EXPECT_EQ(report["violations"], 0);
  std::cout << report["seeds_per_hour"] << " seeds/hour\n";
  EXPECT_EQ(RunSql(SharedServer()->Url(),
                   "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'livedrops_simulation%'"),
            std::vector<std::string>{"0"});
}

TEST_F(PostgresSimulation, FindsPlantedBugs) {
  if (!std::filesystem::exists(FromEnvironment("LIVEDROPS_BIN_DIR") / "livedrops-mutants")) {
    GTEST_SKIP() << "livedrops-mutants was not built";
  }
  for (const char* mutant :
       {"no_stock_check", "ack_before_commit", "unknown_is_failed", "no_undo"}) {
    const auto [report, code] = RunCli(
        "simulate --seeds 100 --mutant " + std::string(mutant) + Server(), "livedrops-mutants");
    EXPECT_EQ(code, 1) << mutant << ": " << report;
    std::cout << mutant << " after " << report.value("seeds", 0) << " seeds\n";
  }
}

TEST_F(PostgresSimulation, SaysThatNobodyAnswers) {
  EXPECT_EQ(RunCli("simulate --seeds 1 --storage postgresql://127.0.0.1:1/d").second, 2);
  EXPECT_EQ(RunCli("simulate --seeds 1 --storage nonsense").second, 64);
}

}  // namespace
}  // namespace livedrops
