// EventCount: lets a thread sleep until a condition that others make true. Signalling costs one
// load when nobody sleeps; there is no lock around the condition.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace livedrops {

class EventCount {
 public:
  // After the condition was made true.
  void Signal() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_relaxed) == 0) return;
    epoch_.fetch_add(1);
    syscall(SYS_futex, Word(), FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
  }

  // Returns when `ready()` holds or the time is over; true when it holds.
  template <class Ready>
  bool WaitFor(Ready ready, std::chrono::microseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (!ready()) {
      const std::uint32_t epoch = epoch_.load();
      sleepers_.fetch_add(1);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      const bool early = ready();
      if (!early) Sleep(epoch, end - std::chrono::steady_clock::now());
      sleepers_.fetch_sub(1);
      if (early) return true;
      if (std::chrono::steady_clock::now() >= end) return ready();
    }
    return true;
  }
  template <class Ready>
  void Wait(Ready ready) {
    while (!WaitFor(ready, std::chrono::seconds(3600))) {
    }
  }

 private:
  std::uint32_t* Word() { return reinterpret_cast<std::uint32_t*>(&epoch_); }
  void Sleep(std::uint32_t epoch, std::chrono::nanoseconds left) {
    if (left.count() <= 0) return;
    timespec time{};
    time.tv_sec = left.count() / 1'000'000'000;
    time.tv_nsec = left.count() % 1'000'000'000;
    syscall(SYS_futex, Word(), FUTEX_WAIT_PRIVATE, epoch, &time, nullptr, 0);
  }

  std::atomic<std::uint32_t> epoch_{0};
  std::atomic<std::uint32_t> sleepers_{0};
};

}  // namespace livedrops
