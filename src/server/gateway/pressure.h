// Pressure: how much this process is behind, and what it refuses because of that. Lists go first,
// because they cost most and nobody loses by them; then other reads; orders are taken until their
// queue is full.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "server/auth/routes.h"
#include "server/limits/rate_limiter.h"

namespace livedrops::server {

// What is refused from when on.
struct PressureLimits {
  // Part of the order queue that waits. One drop may fill half of the queue: reads go before its
  // orders do.
  double lists_queue = 0.12;
  double reads_queue = 0.25;
  // Time that a loop needs for one turn, smoothed over about a second, so that a process that was
  // not scheduled for a moment refuses nobody.
  MonotonicNs lists_lag_ns = 500'000'000;
  MonotonicNs reads_lag_ns = 2'000'000'000;
};

// Measured by a probe for each loop: a task that says how long it waited for its turn.
// Threading: Measure by one thread, Answer by the loops, Sheds by any.
class Pressure {
 public:
  explicit Pressure(int loops, const PressureLimits& limits = {})
      : limits_(limits), loops_(static_cast<std::size_t>(loops)) {}

  // Ten times a second. `queue_share`: of the order queue, 0 to 1. True when a probe is to be sent
  // to the loop now: none is under way.
  bool Measure(int loop, double queue_share, MonotonicNs now);
  // The probe, on its loop.
  void Answer(int loop, MonotonicNs now);

  // Whether requests of this route are refused on this loop.
  bool Sheds(int loop, const Route& route) const;

 private:
  enum Level : std::uint8_t { kNothing, kLists, kReads };
  struct Loop {
    std::atomic<MonotonicNs> sent{0};  // The probe under way; 0: none.
    std::atomic<MonotonicNs> lag{0};   // Of the last one that came back.
    MonotonicNs smoothed = 0;
    std::atomic<Level> level{kNothing};
  };

  const PressureLimits limits_;
  std::vector<Loop> loops_;
};

}  // namespace livedrops::server
