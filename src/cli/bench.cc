// livedrops bench: how fast a drop sells.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>

#include "cli/bench_report.h"
#include "cli/output.h"
#include "cli/shop.h"

namespace livedrops::cli {
namespace {

// A line on the terminal that is written over again and again.
class CrowdBar {
 public:
  CrowdBar() : visible_(isatty(STDERR_FILENO) == 1) {}
  ~CrowdBar() { Clear(); }
  CrowdBar(const CrowdBar&) = delete;
  CrowdBar& operator=(const CrowdBar&) = delete;

  void Show(const BenchSample& now, double part) {
    if (!visible_) return;
    constexpr int kCells = 28;
    const int full = std::clamp(static_cast<int>(part * kCells), 0, kCells);
    std::string bar;
    for (int i = 0; i < kCells; ++i) bar += i < full ? "█" : "░";
    (void)std::fprintf(
        stderr, "\r\x1b[K%s %5.1f s  %10s orders/s  stock %s  refused %s", bar.c_str(), now.second,
        Grouped(std::llround(now.granted_per_second)).c_str(), Grouped(now.stock).c_str(),
        Grouped(static_cast<std::int64_t>(now.refused)).c_str());
  }
  void Clear() const {
    if (visible_) (void)std::fprintf(stderr, "\r\x1b[K");
  }

 private:
  const bool visible_;
};

double Round(double value, double steps) { return std::round(value * steps) / steps; }

Json LatencyJson(const Histogram& latencies) {
  return {{"p50", Round(latencies.Milliseconds(0.5), 1000)},
          {"p99", Round(latencies.Milliseconds(0.99), 1000)},
          {"p999", Round(latencies.Milliseconds(0.999), 1000)}};
}

Json ToJson(const BenchOptions& options, const BenchResult& result) {
  Json out = {{"accepted_per_second", Round(result.accepted_per_second, 10)},
              {"refused_per_second", Round(result.refused_per_second, 10)},
              {"latency_ms", LatencyJson(result.latencies)},
              {"orders_per_commit", Round(result.orders_per_commit, 100)}};
  if (result.bare) {
    out["bare_orders_per_second"] = Round(result.bare->orders_per_second, 10);
    out["ratio"] = Round(result.bare->ratio, 1000);
    out["bare_commit_ms"] = LatencyJson(result.bare->commits);
  }
  if (result.cold) {
    out["cold"] = {{"orders_per_second", Round(result.cold->orders_per_second, 10)},
                   {"latency_ms", LatencyJson(result.cold->latencies)}};
  }
  out["in_flight"] = options.in_flight;
  out["seconds"] = Round(result.seconds, 1000);
  out["accepted"] = result.crowd.granted;
  out["held"] = result.crowd.held;
  out["repeated"] = result.crowd.repeated;
  out["failed"] = result.crowd.failed;
  out["ok"] = result.ok();
  Json& checks = out["checks"] = Json::array();
  for (const BenchCheck& check : result.checks) {
    checks.push_back({{"what", check.what}, {"found", check.found}, {"ok", check.ok}});
  }
  return out;
}

std::string LatencyText(const Histogram& latencies) {
  return Fixed(latencies.Milliseconds(0.5), 2) + " / " + Fixed(latencies.Milliseconds(0.99), 2) +
         " / " + Fixed(latencies.Milliseconds(0.999), 2) + " ms";
}

std::string PerSecond(double rate) { return Grouped(std::llround(rate)) + " per second"; }

void PrintForPeople(const BenchOptions& options, const BenchResult& result) {
  std::vector<std::pair<std::string, std::string>> facts = {
      {"in flight", Grouped(options.in_flight) + " orders for " + Fixed(result.seconds, 1) + " s"},
      {"sold, each durable", PerSecond(result.accepted_per_second)}};
  if (result.bare) {
    facts.emplace_back("bare SQLite loop", PerSecond(result.bare->orders_per_second));
    facts.emplace_back("ratio to it", Fixed(result.bare->ratio, 2));
  }
  facts.emplace_back("refused, once sold out", PerSecond(result.refused_per_second));
  facts.emplace_back("latency p50 / p99 / p99.9", LatencyText(result.latencies));
  if (result.cold) {
    facts.emplace_back("another drop, the same", LatencyText(result.cold->latencies));
  }
  facts.emplace_back("orders per commit", Fixed(result.orders_per_commit, 1));
  facts.emplace_back("duplicates answered as before",
                     Grouped(static_cast<std::int64_t>(result.crowd.repeated)));
  facts.emplace_back("held and abandoned", Grouped(static_cast<std::int64_t>(result.crowd.held)));
  PrintFacts(facts);
  std::vector<std::vector<std::string>> checks;
  checks.reserve(result.checks.size());
  for (const BenchCheck& check : result.checks) {
    checks.push_back({check.ok ? "holds" : "BROKEN", check.what, check.found});
  }
  (void)std::printf("\n");
  PrintTable({"CHECK", "WHAT", "FOUND"}, checks);
}

Status WriteReport(const BenchOptions& options, const BenchResult& result) {
  std::ofstream file(options.report, std::ios::binary);
  file << BenchReport(options, result);
  file.close();
  if (file) return OkStatus();
  return {StatusCode::kUnavailable, "cannot write the report " + options.report};
}

void Run(const BenchOptions& options, Context* context) {
  Result<BenchResult> result = Status();
  {
    CrowdBar bar;
    result =
        RunBench(options, [&bar](const BenchSample& now, double part) { bar.Show(now, part); });
  }
  if (!result.ok()) return Fail(context, result.status());
  if (!result->ok()) context->exit_code = kRefused;
  if (context->json) {
    PrintLine(ToJson(options, *result));
  } else {
    PrintForPeople(options, *result);
  }
  if (options.report.empty()) return;
  if (const Status written = WriteReport(options, *result); !written.ok()) {
    return Fail(context, written);
  }
  if (!context->json) (void)std::printf("\nreport: %s\n", options.report.c_str());
}

}  // namespace

void AddBench(CLI::App& app, Context* context) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* bench = app.add_subcommand("bench", "measure how fast one drop sells to a flash crowd");
  AddStorageOption(bench, &options->url);
  bench
      ->add_option("--in-flight", options->in_flight, "orders waiting for their answer at any time")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  bench->add_option("--seconds", options->seconds, "how long the crowd orders")
      ->check(CLI::Range(0.2, 3600.0))
      ->capture_default_str();
  bench->add_option("--users", options->users, "how many users there are")
      ->check(CLI::Range(1u, 1'000'000'000u))
      ->capture_default_str();
  bench->add_option("--duplicates", options->duplicate_percent, "percent of the orders sent twice")
      ->check(CLI::Range(0, 50))
      ->capture_default_str();
  bench->add_option("--holds", options->hold_percent, "percent that hold their unit and never pay")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  bench->add_flag("--bare", options->bare,
                  "also measure a bare SQLite loop that writes the same rows");
  bench->add_flag("--cold", options->cold, "also let one caller order another drop");
  bench->add_option("--report", options->report, "write a page with plots to this file");
  bench->callback([options, context] { Run(*options, context); });
}

}  // namespace livedrops::cli
