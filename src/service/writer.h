// Writer: the threads around the sequencer. One decides; a second one commits, so that the next
// batch is decided meanwhile, but only when the batch is big: small ones commit at once on the
// first, and a lone request on its caller's thread.
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
  // A lone request, decided and committed on its caller's thread: no hop to another thread and
  // back. False when others are at work; then nothing was done.
  bool RunHere(Ticket* ticket);
  bool IsWriterThread() const {
    return std::this_thread::get_id() == at_work_.load(std::memory_order_relaxed);
  }
  ServiceStats stats() const;
  // Engine time of what is durable.
  Time durable_time() const { return TimeFromMs(durable_time_ms_.load(std::memory_order_relaxed)); }

 private:
  class Turn;

  void DecideLoop();
  void CommitLoop();
  bool Step();
  // How long to sleep, seen while it was our turn.
  struct Rest {
    std::chrono::milliseconds period{};
    bool in_flight = false;
  };
  Rest PlanRest() const;
  void Sleep(const Rest& rest);
  void AwaitReturning();
  void Offer(Ticket* arrivals);
  bool HearCommit();
  void TakeNext();
  void FinishCommit();
  bool StartCommit(bool decided);
  void CountCommit(std::uint64_t took_us);
  void CommitInline();
  void HandOver();
  bool RecoverStep();
  Status CommitLocked();
  void ReadAhead();
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
  Status committed_;  // Written by the committing thread before kDone, as is
  std::uint64_t commit_took_us_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> commit_stopping_{false};
  std::atomic<bool> reads_ahead_{false};
  std::mutex reading_;  // Held by the committing thread while it reads ahead.
  std::chrono::steady_clock::duration lock_wait_{};  // Of the last turn.
  std::optional<std::chrono::steady_clock::time_point> trouble_since_;

  std::uint64_t last_inline_us_ = 0;
  int returning_ = 0;      // So many will wait when those who were told ask again; 0: do not wait.
  int no_wait_ = 0;        // So many commits go without a wait.
  int waits_in_vain_ = 0;  // How many were last skipped for a wait in vain.

  std::atomic<std::int64_t> durable_time_ms_{0};
  mutable std::mutex stats_mutex_;
  ServiceStats stats_;
  std::uint64_t commit_us_ = 0;
  HistogramUs commit_times_;

  // Whoever holds it works with the sequencer: the deciding thread, or a lone caller.
  std::mutex turn_;
  std::atomic<std::thread::id> at_work_{};
  std::atomic<bool> left_over_{false};  // By others who had the turn, for the deciding thread.

  std::thread decide_thread_;
  std::thread commit_thread_;
};

}  // namespace livedrops
