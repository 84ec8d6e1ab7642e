// Crowd: many users who want one drop at once. A few threads submit for all of them; each keeps its
// share of the orders in flight until every answer is there, then asks again.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/bench_histogram.h"
#include "livedrops/service.h"

namespace livedrops::cli {

struct CrowdOptions {
  DropId drop;
  int in_flight = 1000;
  std::uint32_t users = 1'000'000;
  int duplicate_percent = 0;  // Orders sent twice, half of them at once, half after the answer.
  int hold_percent = 0;       // Orders that only hold their unit; nobody ever confirms them.
  std::uint64_t seed = 1;     // Two crowds with different seeds never use the same key.
};

// What the answers said.
struct CrowdCounts {
  std::uint64_t granted = 0;
  std::uint64_t held = 0;  // Among the granted.
  std::uint64_t repeated = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;         // The call could not do its job.
  std::uint64_t wrong_repeats = 0;  // A repeat that was not given the first answer.
  std::uint64_t units = 0;
  std::uint64_t seq_sum = 0;  // Of the granted orders' log positions, modulo 2^64.

  CrowdCounts& operator+=(const CrowdCounts& other);
};

class Crowd {
 public:
  Crowd(Service* service, const CrowdOptions& options);
  ~Crowd();

  // Lets everybody order for this long; Wait returns when the last answer is there.
  void Start(std::chrono::nanoseconds duration);
  // How long it took.
  std::chrono::duration<double> Wait();

  // Asks again and again with the windows that are there already: for refusals, so that making
  // requests is not what is measured.
  void SendSameAgain(bool same) { same_again_ = same; }

  // Granted and refused so far, while it runs. Threading: any thread.
  std::uint64_t granted_now() const { return granted_now_.load(std::memory_order_relaxed); }
  std::uint64_t refused_now() const { return refused_now_.load(std::memory_order_relaxed); }

  // Between two runs.
  CrowdCounts counts() const;
  Histogram latencies() const;
  void ForgetLatencies();

 private:
  class Caller;

  std::atomic<std::uint64_t> granted_now_{0};
  std::atomic<std::uint64_t> refused_now_{0};
  std::atomic<bool> stop_{false};
  bool same_again_ = false;
  std::chrono::steady_clock::time_point started_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::vector<std::thread> threads_;
};

}  // namespace livedrops::cli
