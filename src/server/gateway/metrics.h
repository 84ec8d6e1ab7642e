// Metrics: what the server counts, and the Prometheus text format. A registry of our own because
// everything is known in advance: counters by route are arrays, and counting is one addition.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "livedrops/histogram.h"
#include "livedrops/types.h"
#include "server/auth/routes.h"

namespace livedrops::server {

// Builds a page: each family once, with its help and type, then its samples.
class MetricsText {
 public:
  MetricsText& Family(std::string_view name, std::string_view type, std::string_view help);
  // A sample of the family that was begun last; `labels` as `route="/order",code="2xx"`.
  MetricsText& Sample(double value, std::string_view labels = {}, std::string_view suffix = {});
  // The samples of a histogram: `counts` by bucket, one more than there are bounds. Of the unit of
  // `bounds` and `sum` the family's own has `units_per_base`.
  MetricsText& Histogram(std::span<const std::uint64_t> bounds,
                         std::span<const std::uint64_t> counts, std::uint64_t sum,
                         double units_per_base, std::string_view labels = {});
  // A family with one sample.
  MetricsText& Gauge(std::string_view name, std::string_view help, double value);
  MetricsText& Counter(std::string_view name, std::string_view help, double value);
  std::string Take() { return std::move(text_); }

  // The shortest text that means this number, in every locale.
  static std::string Number(double value);

 private:
  std::string text_;
  std::string name_;
};

// Requests by route and by the first digit of their status, and how long they took.
// Threading: any thread.
class RequestMetrics {
 public:
  RequestMetrics();

  // `route` is null for requests that no route matched.
  void Count(const Route* route, int status, std::chrono::nanoseconds took);
  void Write(MetricsText* text) const;

 private:
  static constexpr auto kBoundsUs = HistogramUs::kBounds;
  struct Row {
    std::array<std::atomic<std::uint64_t>, 6> by_class{};
    std::array<std::atomic<std::uint64_t>, kBoundsUs.size() + 1> buckets{};
    std::atomic<std::uint64_t> sum_us{0};
  };
  static std::string LabelOf(std::size_t row);

  const std::size_t rows_count_;
  const std::unique_ptr<Row[]> rows_;  // By RouteId, and one more for no route.
};

}  // namespace livedrops::server
