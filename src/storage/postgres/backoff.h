// Backoff: when a server that could not be reached may be asked again. Many threads ask; while it
// is away they are answered at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

#include "livedrops/status.h"

namespace livedrops::postgres {

// Threading: any thread.
class Backoff {
 public:
  // ok: try now. Else the error of the last try, for as long as it is too early for another.
  Status MayTry() {
    const std::lock_guard guard(mutex_);
    return Steady::now() < next_ ? last_error_ : OkStatus();
  }
  void Succeeded() {
    const std::lock_guard guard(mutex_);
    wait_ = kFirst;
    next_ = {};
  }
  void Failed(const Status& error) {
    const std::lock_guard guard(mutex_);
    last_error_ = error;
    next_ = Steady::now() + wait_;
    wait_ = std::min(2 * wait_, kLast);
  }

 private:
  using Steady = std::chrono::steady_clock;
  // A restart takes a second or two; a hundred processes must not storm the server that comes back.
  static constexpr std::chrono::milliseconds kFirst{20};
  static constexpr std::chrono::milliseconds kLast{1'000};

  std::mutex mutex_;
  std::chrono::milliseconds wait_ = kFirst;
  Steady::time_point next_;
  Status last_error_;
};

}  // namespace livedrops::postgres
