#include "service/writer.h"

namespace livedrops {
namespace {

using Steady = std::chrono::steady_clock;

// Up to this many rows a commit takes hardly longer than the hop to another thread and back: 64
// callers get 1.8 times more done without the hop (benchmarks/README.md).
constexpr std::size_t kInlineRowsMax = 128;
// A batch this big is handed over although more requests wait.
constexpr std::size_t kHandOverRows = 64;
// With a commit just finished, a smaller open batch than this waits for more.
constexpr std::size_t kNextBatchRows = 32;
// Transitions by time are committed this soon when nobody calls.
constexpr std::chrono::milliseconds kTimerPeriod{50};
// How often a storage in trouble is asked again.
constexpr std::chrono::milliseconds kRetryPeriod{10};

std::uint64_t SteadyUs() {
  const auto since_boot = Steady::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count());
}

}  // namespace

Writer::Writer(Storage* storage, const ServiceOptions& options)
    : options_(options),
      // No drop may own more than half of the queue.
      sequencer_(storage, options,
                 {options.orders_per_drop_and_commit_max,
                  static_cast<std::size_t>(options.queue_max + 1) / 2}),
      queue_(options.queue_max) {}

Writer::~Writer() { Stop(); }

void Writer::Start() {
  Publish();
  decide_thread_ = std::thread([this] { DecideLoop(); });
  commit_thread_ = std::thread([this] { CommitLoop(); });
}

void Writer::Stop() {
  if (!decide_thread_.joinable()) return;
  stopping_ = true;
  work_.Signal();
  decide_thread_.join();
  if (commit_thread_.joinable()) commit_thread_.join();  // Not when none was to be had.
}

Status Writer::Push(Ticket* first, int count) {
  const std::uint64_t now_us = SteadyUs();
  for (Ticket* ticket = first; ticket != nullptr; ticket = ticket->next)
    ticket->submitted_us = now_us;
  switch (queue_.Push(first, count)) {
    case OrderQueue::Pushed::kYes:
      break;
    case OrderQueue::Pushed::kClosed:
      return {StatusCode::kClosed, "the service is closed"};
    case OrderQueue::Pushed::kFull:
      return {StatusCode::kOverloaded,
              "the queue is full: " + std::to_string(options_.queue_max) + " requests wait"};
  }
  work_.Signal();
  return OkStatus();
}

void Writer::CommitLoop() {
  for (;;) {
    commit_work_.Wait([this] { return commit_.load() == CommitState::kTaken || commit_stopping_; });
    if (commit_.load() != CommitState::kTaken) return;
    const std::uint64_t start_us = SteadyUs();
    committed_ = sequencer_.CommitTaken();
    commit_us_ += SteadyUs() - start_us;
    commit_.store(CommitState::kDone);
    work_.Signal();
  }
}

void Writer::DecideLoop() {
  for (;;) {
    if (Step()) continue;
    const bool done = !sequencer_.has_in_flight() && !sequencer_.owes_answers() && queue_.empty();
    if (stopping_ && done) break;
    Sleep();
  }
  // Who came between the last look and the end of the queue.
  Offer(queue_.CloseAndTakeAll());
  sequencer_.RunInline();
  sequencer_.Abandon();
  Tell();
  commit_stopping_ = true;
  commit_work_.Signal();
}

// One round. True when something was done.
bool Writer::Step() {
  Offer(queue_.TakeAll());
  sequencer_.set_steady_us(SteadyUs());
  if (sequencer_.has_in_flight()) {
    if (HearCommit()) return true;
  } else if (sequencer_.suspect() || sequencer_.contended()) {
    return RecoverStep();
  }
  const bool decided = sequencer_.Decide();
  if (!sequencer_.released().empty()) Tell();
  if (!sequencer_.has_in_flight() && StartCommit(decided)) return true;
  GiveUpLate();
  return decided;
}

void Writer::Offer(Ticket* arrivals) {
  while (arrivals != nullptr) {
    Ticket* next = arrivals->next;
    sequencer_.Offer(arrivals);
    arrivals = next;
  }
}

// Hands over the next batch first: the storage works while the callers of this one are told.
bool Writer::HearCommit() {
  if (commit_.load() != CommitState::kDone) return false;
  sequencer_.Finish(committed_);
  commit_.store(CommitState::kIdle);
  if (!sequencer_.suspect() && sequencer_.open_rows() >= kNextBatchRows) HandOver();
  Tell();
  Publish();
  return true;
}

bool Writer::StartCommit(bool decided) {
  // Only what can still go into this batch counts: a drop may have had its turn, or something may
  // wait for this very commit.
  const bool more = decided && (sequencer_.has_waiting() || !queue_.empty());
  if (sequencer_.has_open_rows()) {
    if (!more && sequencer_.open_rows() <= kInlineRowsMax) {
      CommitInline();
    } else if (!more || sequencer_.open_rows() >= kHandOverRows || sequencer_.open_is_full()) {
      HandOver();
    } else {
      return false;
    }
    return true;
  }
  if (!sequencer_.has_open_answers() || (more && !sequencer_.open_is_full())) return false;
  sequencer_.ReleaseChecked();
  Tell();
  Publish();
  return true;
}

void Writer::CommitInline() {
  sequencer_.Take();
  const std::uint64_t start_us = SteadyUs();
  const Status committed = sequencer_.CommitTaken();
  commit_us_ += SteadyUs() - start_us;
  sequencer_.Finish(committed);
  Tell();
  Publish();
}

void Writer::HandOver() {
  sequencer_.Take();
  commit_.store(CommitState::kTaken);
  commit_work_.Signal();
}

// The storage is in doubt, or shared with other writers just now.
bool Writer::RecoverStep() {
  const bool anything = sequencer_.suspect() || sequencer_.has_waiting() ||
                        sequencer_.has_open_answers() || sequencer_.has_open_rows() ||
                        (sequencer_.NextDue() && *sequencer_.NextDue() <= options_.clock->Now());
  if (!anything) return false;
  const Status done = sequencer_.suspect() ? sequencer_.Resolve() : sequencer_.CommitLocked();
  if (done.ok()) {
    trouble_since_.reset();
  } else {
    if (!trouble_since_) trouble_since_ = Steady::now();
    GiveUpLate();
  }
  Tell();
  Publish();
  return done.ok();
}

void Writer::GiveUpLate() {
  const bool stuck = !sequencer_.has_in_flight() && sequencer_.has_waiting() &&
                     (sequencer_.suspect() || sequencer_.behind());
  if (!stuck && !sequencer_.suspect()) {
    if (!sequencer_.behind()) trouble_since_.reset();
    return;
  }
  if (!trouble_since_) trouble_since_ = Steady::now();
  if (Steady::now() - *trouble_since_ < options_.unknown_deadline) return;
  sequencer_.Abandon();
  Tell();
}

void Writer::Tell() {
  std::vector<Ticket*>& released = sequencer_.released();
  if (released.empty()) return;
  const int count = static_cast<int>(released.size());
  durable_time_ms_.store(ToMs(sequencer_.state().time()), std::memory_order_relaxed);
  for (Ticket* ticket : released) ticket->done(ticket);
  released.clear();
  queue_.Answered(count);
}

void Writer::Sleep() {
  const auto ready = [this] {
    return commit_.load() == CommitState::kDone || (!queue_.empty()) ||
           (stopping_ && !sequencer_.has_in_flight());
  };
  const bool trouble = trouble_since_.has_value() || sequencer_.suspect() || sequencer_.behind();
  const auto period = trouble ? kRetryPeriod : kTimerPeriod;
  if (sequencer_.has_waiting() && !sequencer_.has_in_flight() && !trouble) return;
  work_.WaitFor(ready, period);
}

void Writer::Publish() {
  const SequencerStats& now = sequencer_.stats();
  durable_time_ms_.store(ToMs(sequencer_.state().time()), std::memory_order_relaxed);
  const std::lock_guard lock(stats_mutex_);
  stats_.commits = now.commits;
  stats_.rows_committed = now.rows;
  stats_.granted = now.granted;
  stats_.refused = now.refused;
  stats_.requests = now.granted + now.refused;
  stats_.fenced = now.fenced;
  stats_.commit_failures = now.commit_failures;
  stats_.unknown_outcomes = now.unknown_outcomes;
  stats_.commit_us_sum = commit_us_;
  stats_.queue_wait_us_sum = now.queue_wait_us;
}

ServiceStats Writer::stats() const {
  const std::lock_guard lock(stats_mutex_);
  ServiceStats stats = stats_;
  stats.queue_depth = static_cast<std::uint64_t>(queue_.depth());
  return stats;
}

}  // namespace livedrops
