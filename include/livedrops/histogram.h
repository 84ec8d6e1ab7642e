// Histogram: how often something was how large, for a host's metrics page.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace livedrops {

// `counts[i]`: how often it was at most kBounds[i] and above the bound before; the last: above all
// bounds. Threading: one thread at a time.
template <std::uint64_t... kUpper>
struct Histogram {
  static constexpr std::array<std::uint64_t, sizeof...(kUpper)> kBounds{kUpper...};

  std::array<std::uint64_t, sizeof...(kUpper) + 1> counts{};

  // Small values, which are the usual ones, are the cheapest to count.
  void Count(std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && value > kBounds[bucket]) ++bucket;
    ++counts[bucket];
  }
};

// From 100 µs, where a request is as fast as it can be, to the 5 s after which it is given up.
using HistogramUs = Histogram<100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000,
                              250'000, 500'000, 1'000'000, 5'000'000>;
// From a lone row to the largest batch.
using HistogramRows = Histogram<1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024>;

}  // namespace livedrops
