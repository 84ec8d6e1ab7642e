// livedrops bench: how fast a drop sells.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/bench_report.h"
#include "cli/commands.h"

namespace livedrops::cli {
namespace {

using nlohmann::json;

// A line on the terminal that is written over again and again.
class ProgressBar {
 public:
  ProgressBar() : visible_(isatty(STDERR_FILENO) == 1) {}
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Show(const BenchSample& now, double part) {
    if (!visible_) return;
    constexpr int kCells = 28;
    const int full = std::clamp(static_cast<int>(part * kCells), 0, kCells);
    std::string bar;
    for (int i = 0; i < kCells; ++i) bar += i < full ? "█" : "░";
    (void)std::fprintf(
        stderr, "\r\x1b[K%s %5.1f s  %10s orders/s  stock %s  refused %s", bar.c_str(), now.second,
        WithCommas(std::llround(now.granted_per_second)).c_str(), WithCommas(now.stock).c_str(),
        WithCommas(static_cast<std::int64_t>(now.refused)).c_str());
  }
  void Clear() const {
    if (visible_) (void)std::fprintf(stderr, "\r\x1b[K");
  }

 private:
  const bool visible_;
};

double Round(double value, double steps) { return std::round(value * steps) / steps; }

json LatencyJson(const Histogram& latencies) {
  return {{"p50", Round(latencies.Milliseconds(0.5), 1000)},
          {"p99", Round(latencies.Milliseconds(0.99), 1000)},
          {"p999", Round(latencies.Milliseconds(0.999), 1000)}};
}

json ToJson(const BenchOptions& options, const BenchResult& result) {
  json out = {{"accepted_per_second", Round(result.accepted_per_second, 10)},
              {"refused_per_second", Round(result.refused_per_second, 10)},
              {"latency_ms", LatencyJson(result.latencies)},
              {"orders_per_commit", Round(result.orders_per_commit, 100)},
              {"in_flight", options.in_flight},
              {"seconds", Round(result.seconds, 1000)},
              {"accepted", result.crowd.granted},
              {"held", result.crowd.held},
              {"repeated", result.crowd.repeated},
              {"failed", result.crowd.failed},
              {"ok", result.ok()}};
  if (result.bare) {
    out["bare_orders_per_second"] = Round(result.bare->orders_per_second, 10);
    out["ratio"] = Round(result.bare->ratio, 1000);
    out["bare_commit_ms"] = LatencyJson(result.bare->commits);
  }
  if (result.cold) {
    out["cold"] = {{"orders_per_second", Round(result.cold->orders_per_second, 10)},
                   {"latency_ms", LatencyJson(result.cold->latencies)}};
  }
  json& checks = out["checks"] = json::array();
  for (const BenchCheck& check : result.checks) {
    checks.push_back({{"what", check.what}, {"found", check.found}, {"ok", check.ok}});
  }
  return out;
}

void PrintLine(const char* name, const std::string& value) {
  (void)std::printf("  %-36s %s\n", name, value.c_str());
}

std::string LatencyText(const Histogram& latencies) {
  char text[96];
  (void)std::snprintf(text, sizeof text, "%.2f / %.2f / %.2f ms", latencies.Milliseconds(0.5),
                      latencies.Milliseconds(0.99), latencies.Milliseconds(0.999));
  return text;
}

std::string PerSecond(double rate) { return WithCommas(std::llround(rate)) + " per second"; }

void PrintTable(const BenchOptions& options, const BenchResult& result) {
  (void)std::printf("%s orders in flight for %.1f s on %s\n\n",
                    WithCommas(options.in_flight).c_str(), result.seconds, options.url.c_str());
  PrintLine("sold, each order durable", PerSecond(result.accepted_per_second));
  if (result.bare) {
    PrintLine("bare SQLite loop, same rows", PerSecond(result.bare->orders_per_second));
    char ratio[32];
    (void)std::snprintf(ratio, sizeof ratio, "%.2f", result.bare->ratio);
    PrintLine("ratio", ratio);
  }
  PrintLine("refused, once sold out", PerSecond(result.refused_per_second));
  PrintLine("latency p50 / p99 / p99.9", LatencyText(result.latencies));
  if (result.cold)
    PrintLine("another drop, p50 / p99 / p99.9", LatencyText(result.cold->latencies));
  PrintLine("orders per commit", WithCommas(std::llround(result.orders_per_commit)));
  PrintLine("duplicates given the first answer",
            WithCommas(static_cast<std::int64_t>(result.crowd.repeated)));
  PrintLine("held and abandoned", WithCommas(static_cast<std::int64_t>(result.crowd.held)));
  (void)std::printf("\n");
  for (const BenchCheck& check : result.checks) {
    (void)std::printf("  %s  %s: %s\n", check.ok ? "ok    " : "BROKEN", check.what.c_str(),
                      check.found.c_str());
  }
}

Status WriteReport(const BenchOptions& options, const BenchResult& result) {
  std::ofstream file(options.report, std::ios::binary);
  file << BenchReport(options, result);
  file.close();
  if (file) return OkStatus();
  return {StatusCode::kUnavailable, "cannot write the report " + options.report};
}

int Fail(const Status& status) {
  (void)std::fprintf(stderr, "livedrops: %s\n", status.ToString().c_str());
  return kCouldNotRun;
}

int Run(const BenchOptions& options, bool as_json) {
  Result<BenchResult> result = Status();
  {
    ProgressBar bar;
    result =
        RunBench(options, [&bar](const BenchSample& now, double part) { bar.Show(now, part); });
  }
  if (!result.ok()) return Fail(result.status());
  if (as_json) {
    (void)std::printf("%s\n", ToJson(options, *result).dump().c_str());
  } else {
    PrintTable(options, *result);
  }
  if (!options.report.empty()) {
    if (Status written = WriteReport(options, *result); !written.ok()) return Fail(written);
    if (!as_json) (void)std::printf("\nreport: %s\n", options.report.c_str());
  }
  return result->ok() ? kDone : kRefused;
}

}  // namespace

void AddBench(CLI::App& app, Context* context) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* bench = app.add_subcommand("bench", "Measure how fast one drop sells to a flash crowd");
  bench->add_option("--storage", options->url, "Where to sell: sqlite:PATH or memory:")->required();
  bench
      ->add_option("--in-flight", options->in_flight, "Orders waiting for their answer at any time")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  bench->add_option("--seconds", options->seconds, "How long the crowd orders")
      ->check(CLI::Range(0.2, 3600.0))
      ->capture_default_str();
  bench->add_option("--users", options->users, "How many users there are")
      ->check(CLI::Range(1u, 1'000'000'000u))
      ->capture_default_str();
  bench->add_option("--duplicates", options->duplicate_percent, "Percent of the orders sent twice")
      ->check(CLI::Range(0, 50))
      ->capture_default_str();
  bench->add_option("--holds", options->hold_percent, "Percent that hold their unit and never pay")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  bench->add_flag("--bare", options->bare,
                  "Also measure a bare SQLite loop that writes the same rows");
  bench->add_flag("--cold", options->cold, "Also let one caller order another drop");
  bench->add_option("--report", options->report, "Write a page with plots to this file");
  bench->add_flag("--json", context->json, "Print one JSON object");
  bench->callback([options, context] { context->exit_code = Run(*options, context->json); });
}

}  // namespace livedrops::cli
