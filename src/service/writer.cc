#include "service/writer.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

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
// Who was just told often asks again at once: so long, at most, others wait for him.
constexpr std::uint64_t kReturnUs = 60;
// After a wait in vain so many commits go without, twice as many each time.
constexpr int kNoWaitMax = 256;
// Transitions by time are committed this soon when nobody calls.
constexpr std::chrono::milliseconds kTimerPeriod{50};
// How often a process that waits for its turn reads what others have written. With large batches a
// turn takes 3 to 6 ms: each commit is read once. Whoever waits less than that does not read ahead.
constexpr std::chrono::milliseconds kReadAheadPeriod{3};
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
  pthread_setname_np(pthread_self(), "ld-commit");
  for (;;) {
    commit_work_.Wait([this] {
      return commit_.load() == CommitState::kTaken || reads_ahead_ || commit_stopping_;
    });
    if (commit_.load() != CommitState::kTaken) {
      if (commit_stopping_) return;
      ReadAhead();
      continue;
    }
    const std::uint64_t start_us = SteadyUs();
    committed_ = sequencer_.CommitTaken();
    commit_took_us_ = SteadyUs() - start_us;
    commit_.store(CommitState::kDone);
    TakeNext();
    work_.Signal();
  }
}

// Others sell too: what they write is read and applied while one waits for his turn, so that under
// the lock only the last commit is left.
Status Writer::CommitLocked() {
  sequencer_.BeginLocked();
  reads_ahead_ = lock_wait_ >= kReadAheadPeriod;
  if (reads_ahead_) commit_work_.Signal();
  const auto start = Steady::now();
  const Status locked = sequencer_.TakeLock();
  lock_wait_ = Steady::now() - start;
  reads_ahead_ = false;
  const std::lock_guard reading(reading_);  // Nobody reads any more.
  return sequencer_.CommitLocked(locked);
}

// On the committing thread, which has nothing to commit meanwhile.
void Writer::ReadAhead() {
  while (!commit_work_.WaitFor([this] { return !reads_ahead_; }, kReadAheadPeriod)) {
    const std::lock_guard reading(reading_);
    if (reads_ahead_) sequencer_.ReadAhead();
  }
}

// Marks who works with the sequencer: what its callbacks call back must not wait for it.
class Writer::Turn {
 public:
  Turn(Writer* writer, std::unique_lock<std::mutex> lock)
      : writer_(writer), lock_(std::move(lock)) {
    if (lock_) writer_->at_work_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  ~Turn() {
    if (lock_) writer_->at_work_.store(std::thread::id(), std::memory_order_relaxed);
  }
  bool mine() const { return lock_.owns_lock(); }

 private:
  Writer* writer_;
  std::unique_lock<std::mutex> lock_;
};

// While the deciding thread rests, the next batch is decided already: it is taken here, without a
// hop to that thread and back. Whose answers are ready is left to it.
void Writer::TakeNext() {
  const Turn turn(this, std::unique_lock(turn_, std::try_to_lock));
  const bool heard_already = commit_.load() != CommitState::kDone;
  if (!turn.mine() || heard_already) return;
  FinishCommit();
  Publish();
  left_over_ = true;
}

bool Writer::RunHere(Ticket* ticket) {
  if (IsWriterThread()) return false;
  const Turn turn(this, std::unique_lock(turn_, std::try_to_lock));
  const bool busy = !turn.mine() || stopping_ || !queue_.empty() || sequencer_.has_in_flight() ||
                    sequencer_.owes_answers() || sequencer_.suspect() || sequencer_.contended();
  if (busy) return false;
  ticket->submitted_us = SteadyUs();
  if (queue_.Push(ticket, 1) != OrderQueue::Pushed::kYes) return false;
  Step();
  // What one round did not finish, and who came meanwhile, is for the deciding thread.
  const bool unfinished = !sequencer_.has_in_flight() && sequencer_.owes_answers();
  if (unfinished) left_over_ = true;
  if (unfinished || !queue_.empty()) work_.Signal();
  return true;
}

void Writer::DecideLoop() {
  pthread_setname_np(pthread_self(), "ld-decide");
  for (;;) {
    Rest rest;
    {
      const Turn turn(this, std::unique_lock(turn_));
      left_over_ = false;
      AwaitReturning();
      if (Step()) continue;
      const bool done = !sequencer_.has_in_flight() && !sequencer_.owes_answers() && queue_.empty();
      if (stopping_ && done) break;
      rest = PlanRest();
    }
    Sleep(rest);
  }
  const Turn turn(this, std::unique_lock(turn_));
  // Who came between the last look and the end of the queue.
  Offer(queue_.CloseAndTakeAll());
  sequencer_.RunInline();
  sequencer_.Abandon();
  Tell();
  commit_stopping_ = true;
  commit_work_.Signal();
}

// After a small commit with others waiting: a moment's wait for those who were told makes one
// commit of two.
void Writer::AwaitReturning() {
  const int expected = std::exchange(returning_, 0);
  if (expected == 0) return;
  if (no_wait_ > 0) {
    --no_wait_;
    return;
  }
  const std::uint64_t until = SteadyUs() + std::min(kReturnUs, last_inline_us_ / 2);
  while (queue_.depth() < expected) {
    if (SteadyUs() >= until) {
      waits_in_vain_ = std::min(2 * waits_in_vain_ + 1, kNoWaitMax);
      no_wait_ = waits_in_vain_;
      return;
    }
    std::this_thread::yield();
  }
  waits_in_vain_ = 0;
}

// One round. True when something was done.
bool Writer::Step() {
  Offer(queue_.TakeAll());
  sequencer_.set_steady_us(SteadyUs());
  if (sequencer_.has_in_flight()) {
    if (HearCommit()) return true;
  } else if (sequencer_.suspect() || sequencer_.contended()) {
    Tell();  // An earlier commit's, before what may take seconds.
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

bool Writer::HearCommit() {
  if (commit_.load() != CommitState::kDone) return false;
  FinishCommit();
  Tell();
  Publish();
  return true;
}

// Hands over the next batch first: the storage works while the callers of this one are told.
void Writer::FinishCommit() {
  CountCommit(commit_took_us_);
  sequencer_.Finish(committed_);
  commit_.store(CommitState::kIdle);
  if (!sequencer_.suspect() && sequencer_.open_rows() >= kNextBatchRows) HandOver();
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

void Writer::CountCommit(std::uint64_t took_us) {
  commit_us_ += took_us;
  commit_times_.Count(took_us);
}

void Writer::CommitInline() {
  sequencer_.Take();
  const std::uint64_t start_us = SteadyUs();
  const Status committed = sequencer_.CommitTaken();
  last_inline_us_ = SteadyUs() - start_us;
  CountCommit(last_inline_us_);
  sequencer_.Finish(committed);
  const auto told = static_cast<int>(sequencer_.released().size());
  Tell();
  const int waiting = queue_.depth();
  returning_ = waiting == 0 ? 0 : waiting + told;
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
  const std::uint64_t start_us = SteadyUs();
  const std::uint64_t commits = sequencer_.stats().commits;
  const Status done = sequencer_.suspect() ? sequencer_.Resolve() : CommitLocked();
  if (sequencer_.stats().commits != commits) CountCommit(SteadyUs() - start_us);
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

Writer::Rest Writer::PlanRest() const {
  const bool trouble = trouble_since_.has_value() || sequencer_.suspect() || sequencer_.behind();
  const bool in_flight = sequencer_.has_in_flight();
  const bool go_on = sequencer_.has_waiting() && !in_flight && !trouble;
  return {go_on ? std::chrono::milliseconds(0) : trouble ? kRetryPeriod : kTimerPeriod, in_flight};
}

// Another thread may work with the sequencer meanwhile: only what is atomic is looked at.
void Writer::Sleep(const Rest& rest) {
  const auto ready = [this, &rest] {
    return commit_.load() == CommitState::kDone || !queue_.empty() || left_over_ ||
           (stopping_ && !rest.in_flight);
  };
  if (rest.period.count() != 0) work_.WaitFor(ready, rest.period);
}

void Writer::Publish() {
  const SequencerStats& now = sequencer_.stats();
  durable_time_ms_.store(ToMs(sequencer_.state().time()), std::memory_order_relaxed);
  const std::lock_guard lock(stats_mutex_);
  stats_.commits = now.commits;
  stats_.rows_committed = now.rows;
  stats_.granted = now.granted;
  stats_.refused = now.refused;
  stats_.requests = now.requests;
  stats_.fenced = now.fenced;
  stats_.commit_failures = now.commit_failures;
  stats_.unknown_outcomes = now.unknown_outcomes;
  stats_.commit_us_sum = commit_us_;
  stats_.commit_times = commit_times_;
  stats_.commit_rows = now.commit_rows;
  stats_.queue_wait_us_sum = now.queue_wait_us;
  stats_.queue_waits = now.queue_waits;
}

ServiceStats Writer::stats() const {
  const std::lock_guard lock(stats_mutex_);
  ServiceStats stats = stats_;
  stats.queue_depth = static_cast<std::uint64_t>(queue_.depth());
  return stats;
}

}  // namespace livedrops
