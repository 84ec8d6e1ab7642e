#include "cli/bench_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "cli/bench_chart.h"
#include "cli/bench_machine.h"
#include "cli/output.h"

namespace livedrops::cli {
namespace {

constexpr char kHead[] = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>livedrops bench</title>
<style>
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #15181e; --soft: #5d6675;
  --rule: #e4e7ec; --first: #2456e6; --second: #d1580b; --good: #12805c; --bad: #c62424; }
@media (prefers-color-scheme: dark) { :root { --page: #101319; --card: #181d26; --ink: #e9ecf2;
  --soft: #98a2b3; --rule: #2a3140; --first: #7aa2ff; --second: #ff9d5c; --good: #4cc79a;
  --bad: #ff7b7b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 Inter, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 40px 20px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0; letter-spacing: -0.02em; }
h2 { font-size: 18px; margin: 0 0 4px; }
p { margin: 0 0 14px; color: var(--soft); }
h1 + p { margin: 8px 0 28px; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 14px;
  padding: 22px 24px; margin-top: 18px; }
.cards { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 14px;
  padding: 16px 18px; }
.card b { display: block; font-size: 28px; line-height: 1.2; letter-spacing: -0.02em;
  font-variant-numeric: tabular-nums; }
.card span { display: block; color: var(--soft); font-size: 14px; }
svg { display: block; width: 100%; height: auto; font: 13px Inter, system-ui, sans-serif; }
svg .rule { stroke: var(--rule); fill: none; }
svg .tick { fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .title { fill: var(--soft); }
svg .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
svg .area { stroke: none; opacity: 0.14; }
.line.first { stroke: var(--first); } .area.first, .key.first { fill: var(--first); }
.line.second { stroke: var(--second); } .area.second, .key.second { fill: var(--second); }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin: 0 6px 0 0; }
.key.first { background: var(--first); } .key.second { background: var(--second); }
.legend span { margin-right: 18px; white-space: nowrap; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 8px 10px 8px 0; border-top: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: anywhere; }
tr:first-child td, tr:first-child th { border-top: 0; }
th { font-weight: 500; color: var(--soft); }
td { font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
code { font: 14px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
</style></head><body><main>
)html";

// The plot of percentiles goes on until a share that is still many orders.
constexpr double kOrdersPerNineMin = 10;

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Rounded(double value) { return Grouped(std::llround(value)); }

std::string Card(const std::string& number, const std::string& label) {
  return "<div class=\"card\"><b>" + number + "</b><span>" + label + "</span></div>";
}

std::string Cards(const BenchResult& result) {
  std::string html = "<div class=\"cards\">";
  html += Card(Rounded(result.accepted_per_second), "orders sold per second, each durable");
  if (result.bare) {
    html += Card(Fixed(result.bare->ratio, 2),
                 "of a bare SQLite loop (" + Rounded(result.bare->orders_per_second) + " rows/s)");
  }
  html +=
      Card(Fixed(result.latencies.Milliseconds(0.5), 2) + " ms", "median, submission to answer");
  html += Card(Fixed(result.latencies.Milliseconds(0.99), 2) + " ms", "99 of 100 within");
  html += Card(Rounded(result.refused_per_second), "refusals per second once sold out");
  html += Card(Fixed(result.orders_per_commit, 0), "orders per commit");
  return html + "</div>";
}

// 0.9 stands at 1, 0.99 at 2, 0.999 at 3.
ChartLine PercentileLine(const Histogram& histogram, const char* style, double nines) {
  ChartLine line;
  line.style = style;
  for (double x = 0; x <= nines + 1e-9; x += 0.02) {
    line.points.emplace_back(x, histogram.Milliseconds(1 - std::pow(10, -x)));
  }
  return line;
}

double NinesOf(const Histogram& histogram) {
  const double count = static_cast<double>(std::max<std::uint64_t>(histogram.total(), 1));
  return std::clamp(std::floor(std::log10(count / kOrdersPerNineMin)), 1.0, 6.0);
}

std::string LatencySection(const BenchResult& result) {
  Chart chart;
  chart.label = "Latency by percentile";
  chart.x_title = "share of the orders answered within";
  chart.y_title = "milliseconds (log)";
  chart.log_y = true;
  chart.height = 320;
  chart.x_max = NinesOf(result.latencies);
  chart.lines.push_back(PercentileLine(result.latencies, "first", chart.x_max));
  std::string legend = "<span><i class=\"key first\"></i>the crowd</span>";
  if (result.cold) {
    const double nines = std::min(chart.x_max, NinesOf(result.cold->latencies));
    chart.lines.push_back(PercentileLine(result.cold->latencies, "second", nines));
    legend += "<span><i class=\"key second\"></i>one caller on another drop</span>";
  }
  double low = 1e9;
  double high = 1e-6;
  for (const ChartLine& line : chart.lines) {
    low = std::min(low, line.points.front().second);
    high = std::max(high, line.points.back().second);
  }
  chart.y_min = std::pow(10, std::floor(std::log10(std::max(low, 1e-3))));
  chart.y_max = std::pow(10, std::ceil(std::log10(high)));
  for (double y = chart.y_min; y <= chart.y_max * 1.01; y *= 10) {
    chart.y_ticks.emplace_back(y,
                               Fixed(y, y < 1 ? static_cast<int>(std::lround(-std::log10(y))) : 0));
  }
  chart.x_ticks.emplace_back(0, "0 %");
  for (int nines = 1; nines <= static_cast<int>(chart.x_max); ++nines) {
    chart.x_ticks.emplace_back(nines,
                               Fixed(100 - std::pow(10, 2 - nines), std::max(0, nines - 2)) + " %");
  }
  return "<section><h2>How long an order takes</h2><p>From submission to the durable answer. Each "
         "step "
         "to the right is ten times rarer.</p><p class=\"legend\">" +
         legend + "</p>" + DrawChart(chart) + "</section>";
}

std::string TimeSection(const BenchResult& result) {
  ChartLine rate{"first", true, {}};
  ChartLine stock{"second", true, {{0, static_cast<double>(result.stock)}}};
  double fastest = 1;
  for (const BenchSample& sample : result.samples) {
    rate.points.emplace_back(sample.second, sample.granted_per_second);
    stock.points.emplace_back(sample.second, static_cast<double>(sample.stock));
    fastest = std::max(fastest, sample.granted_per_second);
  }
  Chart chart;
  chart.x_title = "seconds";
  chart.x_max = std::max(result.seconds, 0.1);
  chart.x_ticks = RoundTicks(chart.x_max, 10, " s");
  chart.height = 240;
  chart.label = "Orders per second over time";
  chart.y_title = "orders / s";
  chart.y_max = fastest * 1.1;
  chart.y_ticks = RoundTicks(chart.y_max, 5);
  chart.lines = {rate};
  std::string html =
      "<section><h2>Rate and stock</h2><p>What the crowd bought each tenth of a second, "
      "and what was left of the drop.</p>" +
      DrawChart(chart);
  chart.label = "Stock over time";
  chart.y_title = "units left";
  chart.y_max = static_cast<double>(result.stock) * 1.05;
  chart.y_ticks = RoundTicks(chart.y_max, 5);
  chart.lines = {stock};
  return html + DrawChart(chart) + "</section>";
}

std::string Row(const std::string& name, const std::string& value) {
  return "<tr><th>" + name + "</th><td>" + value + "</td></tr>";
}

std::string CheckSection(const BenchResult& result) {
  std::string html =
      "<section><h2>What must hold whatever happens</h2><p>Read back from the log after "
      "the run and compared with every answer.</p><table>";
  for (const BenchCheck& check : result.checks) {
    html += "<tr><td>" +
            std::string(check.ok ? "<span class=\"good\">holds</span>"
                                 : "<span class=\"bad\">BROKEN</span>") +
            "</td><td>" + Escape(check.what) + "</td><td>" + Escape(check.found) + "</td></tr>";
  }
  return html + "</table></section>";
}

std::string CrowdSection(const BenchResult& result) {
  const CrowdCounts& crowd = result.crowd;
  const auto number = [](std::uint64_t count) { return Grouped(static_cast<std::int64_t>(count)); };
  std::string html = "<section><h2>What the crowd was told</h2><table>";
  html += Row("Granted", number(crowd.granted));
  html += Row("of them held and abandoned", number(crowd.held));
  html += Row("Duplicates and retries, given the first answer", number(crowd.repeated));
  html += Row("Refused", number(crowd.refused));
  html += Row("Failed calls", number(crowd.failed));
  if (result.cold) {
    const Histogram& cold = result.cold->latencies;
    html += Row("One caller on another drop, p50 / p99 / p99.9",
                Fixed(cold.Milliseconds(0.5), 2) + " / " + Fixed(cold.Milliseconds(0.99), 2) +
                    " / " + Fixed(cold.Milliseconds(0.999), 2) + " ms");
  }
  return html + "</table></section>";
}

std::string MachineSection(const BenchOptions& options) {
  std::string html = "<section><h2>Machine and command</h2><table>";
  const std::string path = options.url.substr(options.url.find(':') + 1);
  std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) directory = ".";
  for (const auto& [name, value] : MachineFacts(directory.string()))
    html += Row(name, Escape(value));
  std::string command = "livedrops bench --storage " + options.url + " --in-flight " +
                        std::to_string(options.in_flight) + " --seconds " +
                        Fixed(options.seconds, 0) + " --users " + std::to_string(options.users) +
                        " --duplicates " + std::to_string(options.duplicate_percent) + " --holds " +
                        std::to_string(options.hold_percent);
  if (options.bare) command += " --bare";
  if (options.cold) command += " --cold";
  return html + Row("Command", "<code>" + Escape(command) + "</code>") + "</table></section>";
}

}  // namespace

std::string BenchReport(const BenchOptions& options, const BenchResult& result) {
  std::string html = kHead;
  html += "<h1>A flash crowd of " + Grouped(options.users) + " users</h1><p>" +
          Grouped(options.in_flight) + " orders in flight on one drop for " +
          Fixed(result.seconds, 1) + " seconds: " + Grouped(result.units) + " units sold and held" +
          (result.ok() ? ", none twice.</p>" : ". Something is BROKEN, see below.</p>");
  html += Cards(result) + LatencySection(result) + TimeSection(result) + CheckSection(result) +
          CrowdSection(result) + MachineSection(options);
  return html + "</main></body></html>\n";
}

}  // namespace livedrops::cli
