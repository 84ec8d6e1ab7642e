// Random: the simulator's only source of chance. The same seed draws the same world on every
// machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace livedrops::simulation {

// splitmix64: eight instructions a draw, and good for any seed, 0 included.
// https://prng.di.unimi.it/splitmix64.c
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 to n-1; 0 when n is not positive.
  std::int64_t Below(std::int64_t n) {
    return n <= 0 ? 0 : static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(n));
  }
  // Both ends included.
  std::int64_t Between(std::int64_t low, std::int64_t high) { return low + Below(high - low + 1); }
  int Int(int low, int high) { return static_cast<int>(Between(low, high)); }
  bool Chance(int permille) { return Below(1000) < permille; }
  template <class T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(Below(std::ssize(from)))];
  }
  // The index of one of the weights, each as likely as its share of the sum.
  std::size_t Weighted(std::span<const int> weights) {
    std::int64_t sum = 0;
    for (const int weight : weights) sum += weight;
    std::int64_t left = Below(sum);
    std::size_t index = 0;
    while (index + 1 < weights.size() && left >= weights[index]) left -= weights[index++];
    return index;
  }
  // A stream of its own, so that drawing more here does not change what is drawn there.
  Random Fork() { return Random(Next()); }

 private:
  std::uint64_t state_;
};

}  // namespace livedrops::simulation
