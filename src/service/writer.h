// Writer: the threads around the sequencer. One decides; a second one commits, so that the next
// batch is decided meanwhile, but only when the batch is big: a lone order commits at once on the
// first.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/event_count.h"
#include "livedrops/service.h"
#include "service/order_queue.h"
#include "service/sequencer.h"

namespace livedrops {

class Writer {
 public:
  Writer(Storage* storage, const ServiceOptions& options);
  ~Writer();

  Status Load() { return sequencer_.Load(); }
  void Start();
  // Decides and commits what is queued, answers everybody, ends the threads.
  void Stop();

  // Threading: any thread. The tickets are linked by `next`; all are queued or none. Errors:
  // overloaded, closed.
  Status Push(Ticket* first, int count);
  bool IsWriterThread() const { return std::this_thread::get_id() == decide_thread_.get_id(); }
  ServiceStats stats() const;
  // Engine time of what is durable.
  Time durable_time() const { return TimeFromMs(durable_time_ms_.load(std::memory_order_relaxed)); }

 private:
  void DecideLoop();
  void CommitLoop();
  bool Step();
  void Sleep();
  void Offer(Ticket* arrivals);
  bool HearCommit();
  bool StartCommit(bool decided);
  void CommitInline();
  void HandOver();
  bool RecoverStep();
  void Tell();
  void GiveUpLate();
  void Publish();

  ServiceOptions options_;
  Sequencer sequencer_;
  OrderQueue queue_;
  EventCount work_;         // For the deciding thread.
  EventCount commit_work_;  // For the committing thread.
  enum class CommitState { kIdle, kTaken, kDone };
  std::atomic<CommitState> commit_{CommitState::kIdle};
  Status committed_;  // Written by the committing thread before kDone.
  std::atomic<bool> stopping_{false};
  std::atomic<bool> commit_stopping_{false};
  std::optional<std::chrono::steady_clock::time_point> trouble_since_;

  std::atomic<std::int64_t> durable_time_ms_{0};
  mutable std::mutex stats_mutex_;
  ServiceStats stats_;
  std::atomic<std::uint64_t> commit_us_{0};  // Both threads commit.

  std::thread decide_thread_;
  std::thread commit_thread_;
};

}  // namespace livedrops
