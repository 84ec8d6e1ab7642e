// Sequencer: the one ordered writer. Deterministic and without threads: the Service drives it with
// threads, the Engine inline, the simulator step by step.
//
// Requests wait per drop. Decide moves them into the open batch; Take seals it for the storage;
// Finish hears how the commit went. One batch may be in flight while the next is decided; both can
// be undone, newest first. An answer belongs to the batch it was decided in and is released with
// it: when the commit is durable or, if the batch writes nothing, when the storage's head was seen
// unchanged.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/decider.h"
#include "livedrops/histogram.h"
#include "service/ticket.h"

namespace livedrops {

struct SequencerStats {
  std::uint64_t commits = 0;
  std::uint64_t rows = 0;
  std::uint64_t requests = 0;
  std::uint64_t granted = 0;  // Of orders, as is
  std::uint64_t refused = 0;
  std::uint64_t fenced = 0;
  std::uint64_t commit_failures = 0;
  std::uint64_t unknown_outcomes = 0;
  HistogramRows commit_rows;
  std::uint64_t queue_wait_us = 0;  // From submission to decision, summed.
  HistogramUs queue_waits;
};

// What one drop may take while others wait.
struct SequencerLimits {
  int orders_per_drop = 256;  // In a batch; twice as many when no other drop sells.
  std::size_t waiting_per_drop_max = SIZE_MAX;  // An engine's one caller waits for all of them.
};

class Sequencer {
 public:
  Sequencer(Storage* storage, const EngineOptions& options, const SequencerLimits& limits = {});
  ~Sequencer();
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;

  // Loads the shop and checks the end of its chain. Errors: those of the storage; corrupt.
  Status Load();

  // Queues a request that was validated. The ticket lives until it is released.
  void Offer(Ticket* ticket);

  // Decides what waits and what is due, until the open batch is full or nothing is left that may be
  // decided now. False when nothing was decided.
  bool Decide();

  // What the driver should do next.
  bool has_in_flight() const { return in_flight_ != nullptr; }
  bool has_waiting() const { return waiting_ != 0; }
  bool has_open_rows() const { return !open_->batch.empty(); }
  bool has_open_answers() const { return !open_->tickets.empty(); }
  std::size_t open_rows() const { return open_->batch.rows(); }
  bool open_is_full() const;
  // Somebody waits for an answer that is not released yet.
  bool owes_answers() const;
  // The steady clock, for the time that requests waited.
  void set_steady_us(std::uint64_t now_us) { steady_us_ = now_us; }
  // A commit is in doubt: call Resolve until it is not. Nothing is decided meanwhile.
  bool suspect() const { return suspect_ != nullptr; }
  // Another process has written what could not be read yet.
  bool behind() const { return behind_; }
  // Another process wrote a moment ago: commit by CommitLocked.
  bool contended() const;
  std::optional<Time> NextDue() const { return state_.NextDue(); }

  // Seals the open batch for committing. Nothing may be in flight; the open batch must have rows.
  void Take();
  // Commits what was taken. May run on another thread than the other members, alone of all of them.
  Status CommitTaken();
  // Hears the commit's answer; releases or requeues.
  void Finish(const Status& committed);

  // Releases the answers of an open batch without rows, if the storage's head is still ours.
  // Nothing may be in flight.
  void ReleaseChecked();

  // Lock first, catch up, decide, commit: whoever holds the lock makes progress. Nothing may be in
  // flight. Decides at once what waits. Errors: unavailable when the lock was not to be had.
  Status CommitLocked();

  // The same in steps, for a driver with two threads: BeginLocked, TakeLock, CommitLocked with its
  // answer. While one thread is in TakeLock, another may call ReadAhead, which applies what other
  // processes have written so far: the less is left to be read under the lock.
  void BeginLocked();
  Status TakeLock();
  void ReadAhead();
  Status CommitLocked(const Status& locked);

  // Decides and commits until nobody waits, on this thread. Returns early, with requests still
  // waiting, when the storage cannot be read, locked or resolved now.
  void RunInline();

  // Tries to find out about the commit in doubt. Errors: unavailable; try again later.
  Status Resolve();
  // Answers `outcome_unknown` to those whose commit is in doubt, and `unavailable` to those who
  // wait.
  void Abandon();
  // Answers `status` to everybody who waits.
  void RefuseWaiting(const Status& status);

  // Applies what other processes have written. Nothing may be decided and not yet durable.
  Status CatchUp();

  // Tickets whose answers may be told, in order; the caller takes them and calls `done`.
  std::vector<Ticket*>& released() { return released_; }

  const SequencerStats& stats() const { return stats_; }
  const State& state() const { return state_; }
  Storage& storage() { return *storage_; }

 private:
  struct Group {
    Batch batch;
    std::vector<Ticket*> tickets;
    std::size_t decided = 0;
  };
  // The requests that wait for one drop; those for no drop wait together.
  struct Line {
    DropState* drop = nullptr;
    std::deque<Ticket*> tickets;
    bool listed = false;  // In ready_.
    std::uint64_t batch = 0;
    int decided = 0;  // In that batch.
  };
  class ChainSink;
  class LoadSink;
  class TailSink;

  void Open();
  void Begin();
  void Distribute();
  Line* LineOf(const Ticket& ticket);
  void PutBack(Group* older, Group* newer);
  bool EmitDue();
  void DecideLines();
  void DecideLine(Line* line, int limit);
  void CountWait(const Ticket& ticket);
  void DecideTicket(Ticket* ticket);
  void DecideOther(const Request& request, Reply* reply);
  void DecideBarriers();
  // The drop with this id, its orders in memory; null when there is none or it cannot be loaded.
  DropState* ResidentDrop(std::string_view id, Reply* reply);
  DropState* DropOfOrder(const OrderId& id, Reply* reply);
  Status LoadOrdersOf(DropState* drop);
  Status LoadLocked();
  void CheckNothingLost();
  Status CheckSums() const;
  Status CheckTail();
  Status ReadTail();
  void Answer(Ticket* ticket, const Status& status);
  void Release(std::vector<Ticket*>& tickets);
  void Undo(Group* group);
  Result<bool> WasCommitted(const Group& group) const;

  Storage* storage_;
  EngineOptions options_;
  int orders_per_drop_;
  std::size_t waiting_per_drop_max_;
  State state_;
  Decider decider_;
  Head durable_;
  std::uint64_t batches_ = 0;
  std::uint64_t shared_batch_ = 0;  // The last one that two drops waited for; 0: none yet.

  std::unique_ptr<Group> open_;
  std::unique_ptr<Group> in_flight_;
  std::unique_ptr<Group> spare_;
  std::unique_ptr<Group> suspect_;
  bool behind_ = false;  // Others have written what was not applied yet.
  std::optional<Time> contended_until_;
  Status failed_;  // Not ok: writing has stopped for good.

  std::deque<Ticket*> intake_;  // In order of arrival; from a barrier on.
  std::unordered_map<const DropState*, Line> lines_;
  std::deque<Line*> ready_;
  std::size_t waiting_ = 0;
  std::uint64_t steady_us_ = 0;
  std::vector<Ticket*> released_;
  SequencerStats stats_;
};

}  // namespace livedrops
