#include "server/gateway/watch.h"

#include <chrono>

namespace livedrops::server {
namespace {

constexpr std::chrono::milliseconds kPeriod{100};
// In periods.
constexpr std::uint64_t kPaceEvery = 10;
constexpr std::uint64_t kForgetEvery = 600;

}  // namespace

Watch::Watch(Shared* shared, HttpServer* server)
    : shared_(*shared),
      server_(*server),
      decided_(shared->service.stats().requests),
      thread_([this] { Run(); }) {}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watch::Run() {
  std::unique_lock lock(mutex_);
  for (std::uint64_t period = 1;; ++period) {
    if (changed_.wait_for(lock, kPeriod, [this] { return closing_; })) return;
    lock.unlock();
    LookAtLoops();
    if (period % kPaceEvery == 0) LookAtPace();
    if (period % kForgetEvery == 0) shared_.revocations.Forget(shared_.clock.Now());
    lock.lock();
  }
}

void Watch::LookAtLoops() {
  const double queued = static_cast<double>(shared_.service.stats().queue_depth) /
                        static_cast<double>(shared_.config.orders.queue_max);
  for (int loop = 0; loop < server_.loop_count(); ++loop) {
    if (!shared_.pressure.Measure(loop, queued, MonotonicNow())) continue;
    server_.Post(loop, [&shared = shared_, loop] {
      const MonotonicNs now = MonotonicNow();
      shared.pressure.Answer(loop, now);
      shared.deadlines.Check(loop, now);
    });
  }
}

void Watch::LookAtPace() {
  const std::uint64_t decided = shared_.service.stats().requests;
  shared_.decided_per_second = decided - decided_;
  decided_ = decided;
}

}  // namespace livedrops::server
