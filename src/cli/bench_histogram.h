// Latencies: counts in buckets that are exact to 3 %, however long a latency is.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace livedrops::cli {

class Histogram {
 public:
  void Add(std::chrono::nanoseconds latency, std::uint64_t times = 1) {
    const auto ns = static_cast<std::uint64_t>(latency.count() < 0 ? 0 : latency.count());
    counts_[BucketOf(ns)] += times;
    total_ += times;
  }
  void Add(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
  }

  std::uint64_t total() const { return total_; }

  // The latency in milliseconds that this share of all stayed within: 0.5 is the median.
  double Milliseconds(double share) const {
    const double wanted = share * static_cast<double>(total_);
    double seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += static_cast<double>(counts_[i]);
      if (counts_[i] != 0 && seen >= wanted) return static_cast<double>(MiddleOf(i)) / 1e6;
    }
    return 0;
  }

 private:
  static constexpr std::uint64_t kSteps = 32;  // Buckets between a power of two and the next.

  static std::size_t BucketOf(std::uint64_t ns) {
    if (ns < kSteps) return ns;
    const auto power = static_cast<std::uint64_t>(std::bit_width(ns)) - 6;
    return (power + 1) * kSteps + (ns >> power) - kSteps;
  }
  static std::uint64_t MiddleOf(std::size_t bucket) {
    if (bucket < kSteps) return bucket;
    const std::uint64_t power = bucket / kSteps - 1;
    return ((bucket % kSteps + kSteps) << power) + (std::uint64_t{1} << power) / 2;
  }

  std::array<std::uint64_t, kSteps * 60> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace livedrops::cli
