#include "server/gateway/metrics.h"

#include <algorithm>
#include <charconv>

namespace livedrops::server {
namespace {

constexpr double kUsPerSecond = 1e6;

}  // namespace

std::string MetricsText::Number(double value) {
  std::array<char, 400> buffer;  // The largest double has 309 digits.
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end};
}

MetricsText& MetricsText::Family(std::string_view name, std::string_view type,
                                 std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  return *this;
}

MetricsText& MetricsText::Sample(double value, std::string_view labels, std::string_view suffix) {
  text_.append(name_).append(suffix);
  if (!labels.empty()) text_.append("{").append(labels).append("}");
  text_.append(" ").append(Number(value)).append("\n");
  return *this;
}

MetricsText& MetricsText::Gauge(std::string_view name, std::string_view help, double value) {
  return Family(name, "gauge", help).Sample(value);
}

MetricsText& MetricsText::Counter(std::string_view name, std::string_view help, double value) {
  return Family(name, "counter", help).Sample(value);
}

MetricsText& MetricsText::Histogram(std::span<const std::uint64_t> bounds,
                                    std::span<const std::uint64_t> counts, std::uint64_t sum,
                                    double units_per_base, std::string_view labels) {
  const std::string prefix = labels.empty() ? "le=\"" : std::string(labels) + ",le=\"";
  double below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += static_cast<double>(counts[i]);
    const std::string bound =
        i < bounds.size() ? Number(static_cast<double>(bounds[i]) / units_per_base) : "+Inf";
    Sample(below, prefix + bound + "\"", "_bucket");
  }
  Sample(static_cast<double>(sum) / units_per_base, labels, "_sum");
  return Sample(below, labels, "_count");
}

RequestMetrics::RequestMetrics()
    : rows_count_(AllRoutes().size() + 1), rows_(std::make_unique<Row[]>(rows_count_)) {}

void RequestMetrics::Count(const Route* route, int status, std::chrono::nanoseconds took) {
  Row& row = rows_[route == nullptr ? rows_count_ - 1 : static_cast<std::size_t>(route->id)];
  const auto us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  const auto status_class = static_cast<std::size_t>(status / 100);
  row.by_class[status_class < row.by_class.size() ? status_class : 5]++;
  std::size_t bucket = 0;
  while (bucket < kBoundsUs.size() && us > kBoundsUs[bucket]) ++bucket;
  row.buckets[bucket]++;
  row.sum_us += us;
}

std::string RequestMetrics::LabelOf(std::size_t row) {
  if (row >= AllRoutes().size()) return "route=\"none\",method=\"none\"";
  const Route& route = AllRoutes()[row];
  return "route=\"" + std::string(route.path) + "\",method=\"" +
         std::string(ToString(route.method)) + "\"";
}

void RequestMetrics::Write(MetricsText* text) const {
  text->Family("livedrops_http_requests_total", "counter", "Requests answered.");
  for (std::size_t i = 0; i < rows_count_; ++i) {
    for (std::size_t digit = 1; digit < rows_[i].by_class.size(); ++digit) {
      const std::uint64_t count = rows_[i].by_class[digit];
      if (count == 0) continue;
      text->Sample(static_cast<double>(count),
                   LabelOf(i) + ",code=\"" + std::to_string(digit) + "xx\"");
    }
  }
  text->Family("livedrops_http_request_seconds", "histogram",
               "From the complete request to its answer.");
  for (std::size_t i = 0; i < rows_count_; ++i) {
    std::array<std::uint64_t, kBoundsUs.size() + 1> counts{};
    std::ranges::copy(rows_[i].buckets, counts.begin());
    if (std::ranges::count(counts, 0U) == std::ssize(counts)) continue;
    text->Histogram(kBoundsUs, counts, rows_[i].sum_us, kUsPerSecond, LabelOf(i));
  }
}

}  // namespace livedrops::server
