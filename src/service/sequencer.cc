#include "service/sequencer.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutant.h"
#include "livedrops/spi/log_text.h"

namespace livedrops {
namespace {

// Expiries and other due rows per batch: a storm must not stall the orders of other drops.
constexpr int kDueRowsPerBatch = 1'000;
// Refusals cost no write but must be released some time; 8,192 tickets stay in the caches.
constexpr std::size_t kAnswersPerBatch = 8'192;
// The batch as a whole, when many drops sell: 4,096 rows of 130 bytes commit in about 5 ms.
constexpr std::size_t kRowsPerBatch = 4'096;
// For so many batches after two drops waited at once, the next such meeting is expected.
constexpr std::uint64_t kSharedBatches = 64;
// After a fence, or a turn in which others had written, the lock is taken first for this long: they
// are selling too.
constexpr Duration kContentionTime{1'000};
constexpr Duration kLockDeadline{2'000};
// Opening beside others that sell: they wait meanwhile, as short as the shop loads.
constexpr Duration kLoadLockDeadline{10'000};
// Rows that are applied at once when another process has written.
constexpr std::uint64_t kTailPage = 4'096;
// How much of the chain's end is checked when the shop is opened; `verify` checks all of it.
constexpr std::uint64_t kCheckedTail = 1'000;

// Requests that others may depend on by names of their own, a drop that is created say: whoever
// comes behind them waits until they are decided.
bool IsBarrier(const Ticket& ticket) {
  if (ticket.request.order != nullptr) return false;
  return std::visit(
      [](const auto& command) {
        using T = std::decay_t<decltype(command)>;
        return std::is_same_v<T, CreateProduct> || std::is_same_v<T, UpdateProduct> ||
               std::is_same_v<T, DeleteProduct> || std::is_same_v<T, CreateDrop> ||
               std::is_same_v<T, CreateAccount> || std::is_same_v<T, UpdateAccount> ||
               std::is_same_v<T, ChangeAccount> || std::is_same_v<T, OpenSession> ||
               std::is_same_v<T, RotateSession> || std::is_same_v<T, RevokeSession>;
      },
      *ticket.request.other);
}

Status WritingStopped(const char* broken) {
  return {StatusCode::kBrokenInvariant, std::string("writing stopped: ") + broken};
}

// The id of the drop that a request names, or an empty text.
std::string_view NamedDrop(const Ticket& ticket) {
  if (ticket.request.order != nullptr) return ticket.request.order->drop.view();
  const Request& request = *ticket.request.other;
  if (const auto* place = std::get_if<PlaceOrder>(&request)) return place->drop.view();
  if (const auto* update = std::get_if<UpdateDrop>(&request)) return update->id.view();
  if (const auto* change = std::get_if<ChangeDrop>(&request)) return change->id.view();
  if (const auto* restock = std::get_if<Restock>(&request)) return restock->id.view();
  return {};
}

std::string Shown(const UnitsGiven& units) {
  return std::to_string(units.held) + " held and " + std::to_string(units.confirmed) +
         " confirmed units";
}

std::optional<OrderId> NamedOrder(const Ticket& ticket) {
  if (ticket.request.order != nullptr) return std::nullopt;
  const Request& request = *ticket.request.other;
  if (const auto* confirm = std::get_if<ConfirmOrder>(&request)) return confirm->order;
  if (const auto* extend = std::get_if<ExtendOrder>(&request)) return extend->order;
  if (const auto* cancel = std::get_if<CancelOrder>(&request)) return cancel->order;
  return std::nullopt;
}

}  // namespace

class Sequencer::LoadSink : public StateSink, public OrderSink {
 public:
  explicit LoadSink(State* state, bool late = false) : state_(state), late_(late) {}
  void OnDrop(const DropRow& row) override { state_->Restore(row); }
  void OnProduct(const ProductRow&) override {}
  void OnCreator(const CreatorRow& row) override { state_->Restore(row); }
  void OnUser(const UserRow& row) override { state_->Restore(row); }
  void OnFollow(const FollowRow& row) override { state_->Restore(row); }
  void OnAccount(const Account&) override {}
  void OnSession(const Session&) override {}
  void OnKey(const EventRow& row) override { state_->RestoreKey(row); }
  void OnOrder(const OrderRow& row, const OrderChange& present) override {
    // A damaged file is not a bug: it must not reach the assertions of the state.
    if (status_.ok() && (row.seq <= last_seq_ || state_->FindDropNo(row.drop_no) == nullptr)) {
      status_ = {StatusCode::kCorrupt, "order row " + std::to_string(row.seq) + " is out of place"};
    }
    if (!status_.ok()) return;
    last_seq_ = row.seq;
    State::LoadedOrder& place = ahead_[read_++ % kAhead];
    if (read_ > kAhead) state_->Restore(place, late_);
    place = state_->Read(row, present);
  }
  // After the last order. Errors: corrupt, when the rows contradict each other.
  Status Finish() {
    for (std::size_t i = read_ > kAhead ? read_ - kAhead : 0; i < read_; ++i) {
      state_->Restore(ahead_[i % kAhead], late_);
    }
    read_ = 0;
    return status_;
  }

 private:
  static constexpr std::size_t kAhead = 16;
  State* state_;
  bool late_;
  std::array<State::LoadedOrder, kAhead> ahead_;
  std::size_t read_ = 0;
  std::uint64_t last_seq_ = 0;
  Status status_;
};

// Applies the rows of other processes.
class Sequencer::TailSink : public LogSink {
 public:
  explicit TailSink(State* state) : state_(state) {}
  void OnOrder(const OrderRow& row) override { Apply(row); }
  void OnEvent(const EventRow& row) override { Apply(row); }
  const Status& status() const { return status_; }

 private:
  template <class Row>
  void Apply(const Row& row) {
    if (status_.ok()) status_ = state_->ApplyForeign(row);
  }
  State* state_;
  Status status_;
};

// Checks that each row's hash follows from the row before it.
class Sequencer::ChainSink : public LogSink {
 public:
  ChainSink(State* state, bool from_the_start) : state_(state), anchored_(from_the_start) {}
  void OnOrder(const OrderRow& row) override {
    const DropState* drop = state_->FindDropNo(row.drop_no);
    const std::string_view id = drop == nullptr ? "" : drop->row.drop.id.view();
    Check(row, anchored_ ? state_->ChainHash(row, id, TypeOf(row), head_) : row.hash);
  }
  void OnEvent(const EventRow& row) override {
    Check(row, anchored_ ? state_->ChainHash(row, head_) : row.hash);
  }
  const Status& status() const { return status_; }
  Time time() const { return time_; }

 private:
  template <class Row>
  void Check(const Row& row, const Hash& expected) {
    if (row.hash != expected && status_.ok()) {
      status_ = {StatusCode::kCorrupt,
                 "log row " + std::to_string(row.seq) + " breaks the hash chain"};
    }
    anchored_ = true;
    head_ = {row.seq, row.hash};
    time_ = std::max(time_, row.at);
  }
  State* state_;
  bool anchored_;
  Head head_;
  Time time_{};
  Status status_;
};

Sequencer::Sequencer(Storage* storage, const EngineOptions& options, const SequencerLimits& limits)
    : storage_(storage),
      options_(options),
      orders_per_drop_(limits.orders_per_drop),
      waiting_per_drop_max_(limits.waiting_per_drop_max),
      state_(storage->info()),
      decider_(&state_, options),
      open_(std::make_unique<Group>()),
      spare_(std::make_unique<Group>()) {}

Sequencer::~Sequencer() = default;

// Under the write lock: the orders' present state must belong to the same head as the drops'.
Status Sequencer::Load() {
  if (Status locked = storage_->Lock(kLoadLockDeadline); !locked.ok()) return locked;
  Status loaded = LoadLocked();
  storage_->Unlock();
  if (!loaded.ok()) return loaded;
  Open();
  return CatchUp();
}

Status Sequencer::LoadLocked() {
  LoadSink sink(&state_);
  const Result<Head> head = storage_->LoadState(sink);
  if (!head.ok()) return head.status();
  std::vector<std::uint64_t> resident;
  for (const auto& drop : state_.drops()) {
    if (drop->resident) resident.push_back(drop->row.drop_no);
  }
  std::ranges::sort(resident);
  if (!resident.empty()) {
    if (Status loaded = storage_->LoadOrders(resident, head->seq, sink); !loaded.ok()) {
      return loaded;
    }
    if (Status finished = sink.Finish(); !finished.ok()) return finished;
    if (Status sums = CheckSums(); !sums.ok()) return sums;
  }
  state_.RestoreHead(*head, Time{});
  durable_ = *head;
  return CheckTail();
}

// An order that a damaged list leaves out could be placed a second time: nothing is sold before the
// orders that were loaded add up to what their drops say.
Status Sequencer::CheckSums() const {
  for (const auto& drop : state_.drops()) {
    if (!drop->resident) continue;
    const UnitsGiven said = drop->UnitsSaid();
    const UnitsGiven ordered = drop->SumOrders();
    if (ordered == said) continue;
    return {StatusCode::kCorrupt, "drop " + drop->row.drop.id.str() + " counts " + Shown(said) +
                                      ", its orders add up to " + Shown(ordered) +
                                      ": `livedrops repair` says what can be corrected"};
  }
  return OkStatus();
}

// Verifies the chain of the newest rows. Without a row before them the first one is only the
// anchor.
Status Sequencer::CheckTail() {
  const std::uint64_t from = durable_.seq > kCheckedTail ? durable_.seq - kCheckedTail : 0;
  ChainSink sink(&state_, from == 0);
  const auto rows = static_cast<std::int64_t>(durable_.seq - from);
  const Status read = storage_->ReadLog(from, rows, sink);
  state_.RestoreHead(durable_, sink.time());
  return read.ok() ? sink.status() : read;
}

void Sequencer::Open() {
  if (open_ == nullptr) open_ = spare_ ? std::move(spare_) : std::make_unique<Group>();
  open_->batch.Reset(++batches_, state_.head());
  open_->tickets.clear();
  open_->decided = 0;
  state_.Record(open_->batch.number, &open_->batch.undo, &open_->batch.touched);
}

void Sequencer::Begin() { decider_.Begin(&open_->batch, options_.clock->Now()); }

void Sequencer::Offer(Ticket* ticket) {
  if (ticket->request.order == nullptr &&
      std::holds_alternative<PlaceOrder>(*ticket->request.other)) {
    ticket->request.order = &std::get<PlaceOrder>(*ticket->request.other);
  }
  if (const PlaceOrder* order = ticket->request.order) {
    ticket->hashes = state_.HashesOf(order->user.view(), order->key.view());
  }
  ++waiting_;
  intake_.push_back(ticket);
}

// Sorts arrivals into their drops' lines, up to the first barrier, which lets nobody pass.
void Sequencer::Distribute() {
  while (!intake_.empty() && !IsBarrier(*intake_.front())) {
    Ticket* ticket = intake_.front();
    intake_.pop_front();
    Line* line = LineOf(*ticket);
    if (line->drop != nullptr && ticket->request.order != nullptr)
      line->drop->Prefetch(ticket->hashes);
    if (line->tickets.size() >= waiting_per_drop_max_ && ready_.size() > 1) {
      --waiting_;
      Answer(ticket, {StatusCode::kOverloaded, "too many requests wait for this drop"});
      continue;
    }
    line->tickets.push_back(ticket);
    if (!line->listed) {
      line->listed = true;
      ready_.push_back(line);
    }
  }
}

Sequencer::Line* Sequencer::LineOf(const Ticket& ticket) {
  DropState* drop = nullptr;
  if (const std::string_view id = NamedDrop(ticket); !id.empty()) {
    drop = state_.FindDrop(id);
  } else if (const auto order = NamedOrder(ticket)) {
    drop = state_.FindDropOfOrder(SeqOf(*order));
  }
  Line& line = lines_[drop];
  line.drop = drop;
  return &line;
}

// Everybody back to the arrivals, first those of the older batch: what was undone may have taken
// drops away, and with them the lines.
void Sequencer::PutBack(Group* older, Group* newer) {
  std::deque<Ticket*> again;
  for (Group* group : {older, newer}) {
    if (group == nullptr) continue;
    for (Ticket* ticket : group->tickets) {
      *ticket->reply = Reply();
      again.push_back(ticket);
    }
    waiting_ += group->tickets.size();
    group->tickets.clear();
  }
  for (const Line* line : ready_)
    again.insert(again.end(), line->tickets.begin(), line->tickets.end());
  ready_.clear();
  lines_.clear();
  again.insert(again.end(), intake_.begin(), intake_.end());
  intake_ = std::move(again);
}

bool Sequencer::open_is_full() const {
  return open_->batch.rows() >= kRowsPerBatch || open_->tickets.size() >= kAnswersPerBatch;
}

bool Sequencer::owes_answers() const {
  const auto owes = [](const std::unique_ptr<Group>& group) {
    return group != nullptr && !group->tickets.empty();
  };
  return waiting_ != 0 || owes(open_) || owes(in_flight_) || owes(suspect_);
}

bool Sequencer::contended() const {
  return contended_until_ && options_.clock->Now() < *contended_until_;
}

bool Sequencer::Decide() {
  if (suspect_ != nullptr) return false;
  if (behind_ && (in_flight_ != nullptr || !CatchUp().ok())) return false;
  if (const char* broken = BrokenInvariant(); broken != nullptr && failed_.ok()) {
    failed_ = WritingStopped(broken);
  }
  if (!failed_.ok()) {
    RefuseWaiting(failed_);
    return false;
  }
  if (open_is_full()) return false;
  Begin();
  const std::size_t before = open_->tickets.size() + open_->batch.rows();
  if (EmitDue()) {
    DecideBarriers();
    DecideLines();
  }
  return open_->tickets.size() + open_->batch.rows() != before;
}

// A turn for each drop, so that a hot one cannot starve the others.
void Sequencer::DecideLines() {
  if (ready_.size() > 1) shared_batch_ = batches_;
  const bool shared = shared_batch_ != 0 && batches_ - shared_batch_ < kSharedBatches;
  const int limit = shared ? orders_per_drop_ : 2 * orders_per_drop_;
  for (std::size_t lines = ready_.size(); lines > 0 && !open_is_full(); --lines) {
    Line* line = ready_.front();
    ready_.pop_front();
    DecideLine(line, limit);
    line->listed = !line->tickets.empty();
    if (line->listed) ready_.push_back(line);
  }
}

// False when more is due than one batch takes.
bool Sequencer::EmitDue() {
  int budget = kDueRowsPerBatch - static_cast<int>(open_->batch.events.size());
  while (DropState* drop = state_.NextDueDrop(decider_.now())) {
    if (budget <= 0 || !decider_.EmitDue(drop, &budget)) return false;
    // What is due for the decider only later (a planted bug) must not be asked for again and again.
    if (drop->planned && *drop->planned <= decider_.now()) break;
  }
  return true;
}

void Sequencer::DecideLine(Line* line, int limit) {
  if (line->batch != open_->batch.number) {
    line->batch = open_->batch.number;
    line->decided = 0;
  }
  while (!line->tickets.empty() && line->decided < limit && !open_is_full()) {
    Ticket* ticket = line->tickets.front();
    line->tickets.pop_front();
    --waiting_;
    const std::size_t rows = open_->batch.rows();
    CountWait(*ticket);
    DecideTicket(ticket);
    const bool early = LD_MUTANT(refusal_before_commit) && open_->batch.rows() == rows;
    (early ? released_ : open_->tickets).push_back(ticket);
    // Refusals write nothing and do not count: a sold-out drop is answered as fast as it asks.
    if (open_->batch.rows() != rows) ++line->decided;
  }
}

void Sequencer::CountWait(const Ticket& ticket) {
  if (ticket.submitted_us == 0) return;
  const std::uint64_t wait_us = steady_us_ - ticket.submitted_us;
  stats_.queue_wait_us += wait_us;
  stats_.queue_waits.Count(wait_us);
}

void Sequencer::DecideTicket(Ticket* ticket) {
  Reply* reply = ticket->reply;
  if (const PlaceOrder* order = ticket->request.order) {
    DropState* drop = ResidentDrop(order->drop.view(), reply);
    if (reply->status.ok()) decider_.Place(*order, ticket->hashes, drop, reply);
    return;
  }
  DecideOther(*ticket->request.other, reply);
}

void Sequencer::DecideOther(const Request& request, Reply* reply) {
  std::visit(
      [&](const auto& command) {
        using T = std::decay_t<decltype(command)>;
        if constexpr (std::is_same_v<T, ConfirmOrder> || std::is_same_v<T, ExtendOrder> ||
                      std::is_same_v<T, CancelOrder>) {
          DropState* drop = DropOfOrder(command.order, reply);
          if (reply->status.ok()) decider_.Decide(command, drop, reply);
        } else if constexpr (std::is_same_v<T, UpdateDrop> || std::is_same_v<T, ChangeDrop> ||
                             std::is_same_v<T, Restock>) {
          DropState* drop = ResidentDrop(command.id.view(), reply);
          if (reply->status.ok()) decider_.Decide(command, drop, reply);
        } else if constexpr (std::is_same_v<T, FollowCreator> || std::is_same_v<T, MarkRead>) {
          decider_.Decide(command, reply);
        } else if constexpr (!std::is_same_v<T, PlaceOrder>) {
          const Batch* in_flight = in_flight_ == nullptr ? nullptr : &in_flight_->batch;
          const PendingTables tables(&storage_->catalog(), &open_->batch, in_flight);
          decider_.Decide(command, tables, reply);
        }
      },
      request);
}

// A barrier at the head of the arrivals is decided when all lines are empty: who stands there came
// before it.
void Sequencer::DecideBarriers() {
  for (Distribute(); !intake_.empty() && ready_.empty() && !open_is_full(); Distribute()) {
    Ticket* ticket = intake_.front();
    intake_.pop_front();
    --waiting_;
    CountWait(*ticket);
    DecideTicket(ticket);
    open_->tickets.push_back(ticket);
  }
}

DropState* Sequencer::ResidentDrop(std::string_view id, Reply* reply) {
  DropState* drop = state_.FindDrop(id);
  if (drop == nullptr || drop->resident) return drop;
  reply->status = LoadOrdersOf(drop);
  return drop;
}

DropState* Sequencer::DropOfOrder(const OrderId& id, Reply* reply) {
  if (DropState* drop = state_.FindDropOfOrder(SeqOf(id))) return drop;
  const Result<Order> order = storage_->GetOrder(SeqOf(id));
  if (!order.ok()) {
    if (order.status().code() != StatusCode::kNotFound) reply->status = order.status();
    return nullptr;
  }
  return ResidentDrop(order->drop.view(), reply);
}

Status Sequencer::LoadOrdersOf(DropState* drop) {
  LoadSink sink(&state_, true);
  const std::uint64_t drop_no = drop->row.drop_no;
  drop->resident = true;
  Status loaded = storage_->LoadOrders(std::span(&drop_no, 1), state_.head().seq, sink);
  const Status finished = sink.Finish();
  if (loaded.ok()) loaded = finished;
  if (!loaded.ok()) {
    while (drop->orders.size() != 0) drop->RemoveLast();
    drop->resident = false;
  }
  return loaded;
}

void Sequencer::Answer(Ticket* ticket, const Status& status) {
  *ticket->reply = Reply();
  ticket->reply->status = status;
  released_.push_back(ticket);
}

void Sequencer::Release(std::vector<Ticket*>& tickets) {
  stats_.requests += tickets.size();
  for (const Ticket* ticket : tickets) {
    const Outcome outcome = ticket->reply->outcome;
    if (ticket->request.order == nullptr || outcome == Outcome::repeated) continue;
    ++(Granted(outcome) ? stats_.granted : stats_.refused);
  }
  released_.insert(released_.end(), tickets.begin(), tickets.end());
  tickets.clear();
}

void Sequencer::Take() {
  LD_ASSERT(in_flight_ == nullptr);
  open_->batch.Seal(state_);
  in_flight_ = std::move(open_);
  if (LD_MUTANT(ack_before_commit)) Release(in_flight_->tickets);
  Open();
}

// What an assertion stopped must not be written, even when it was decided already.
Status Sequencer::CommitTaken() {
  if (const char* broken = BrokenInvariant(); broken != nullptr) return WritingStopped(broken);
  return storage_->Commit(in_flight_->batch.View(), in_flight_->batch.before);
}

void Sequencer::Undo(Group* group) {
  if (!LD_MUTANT(no_undo)) group->batch.undo.Rollback();
}

void Sequencer::Finish(const Status& committed) {
  LD_ASSERT(in_flight_ != nullptr);
  StatusCode code = committed.code();
  const bool denied = LD_MUTANT(unknown_is_failed) && code == StatusCode::kOutcomeUnknown;
  if (denied) code = StatusCode::kUnavailable;
  if (code == StatusCode::kOk) {
    ++stats_.commits;
    stats_.rows += in_flight_->batch.rows();
    stats_.commit_rows.Count(in_flight_->batch.rows());
    durable_ = in_flight_->batch.after;
    Release(in_flight_->tickets);
    spare_ = std::move(in_flight_);
    return;
  }
  Undo(open_.get());
  Undo(in_flight_.get());
  std::unique_ptr<Group> failed = std::move(in_flight_);
  const bool fenced = code == StatusCode::kFenced;
  PutBack(fenced && !LD_MUTANT(fenced_forgotten) ? failed.get() : nullptr, open_.get());
  if (fenced) {
    ++stats_.fenced;
    behind_ = true;
    contended_until_ = options_.clock->Now() + kContentionTime;
  } else if (code == StatusCode::kOutcomeUnknown) {
    ++stats_.unknown_outcomes;
    suspect_ = std::move(failed);
  } else {
    ++stats_.commit_failures;
    const Status told = denied ? Status(StatusCode::kUnavailable, "denied") : committed;
    for (Ticket* ticket : failed->tickets) Answer(ticket, told);
    if (!committed.retryable()) failed_ = committed;
  }
  Open();
}

void Sequencer::ReleaseChecked() {
  LD_ASSERT(in_flight_ == nullptr && open_->batch.empty());
  const Result<Head> head = storage_->ReadHead();
  if (head.ok() && (*head == durable_ || LD_MUTANT(stale_refusal))) {
    Release(open_->tickets);
  } else if (head.ok()) {
    ++stats_.fenced;
    PutBack(nullptr, open_.get());
    behind_ = true;
  } else {
    for (Ticket* ticket : open_->tickets) Answer(ticket, head.status());
    open_->tickets.clear();
  }
  Open();
}

Status Sequencer::CommitLocked() {
  BeginLocked();
  return CommitLocked(TakeLock());
}

void Sequencer::BeginLocked() {
  LD_ASSERT(in_flight_ == nullptr);
  Undo(open_.get());
  PutBack(nullptr, open_.get());
  Open();
  state_.Record(0, nullptr, nullptr);
}

Status Sequencer::TakeLock() { return storage_->Lock(kLockDeadline); }

// What goes wrong here goes wrong again under the lock, and is told there.
void Sequencer::ReadAhead() { static_cast<void>(ReadTail()); }

Status Sequencer::CommitLocked(const Status& locked) {
  if (!locked.ok()) {
    durable_ = state_.head();
    Open();
    return locked;
  }
  const Head known = durable_;
  if (Status caught_up = CatchUp(); !caught_up.ok()) {
    storage_->Unlock();
    return caught_up;
  }
  // A commit without the lock would only be fenced again.
  if (durable_ != known) contended_until_ = options_.clock->Now() + kContentionTime;
  Decide();
  if (open_->batch.empty()) {
    storage_->Unlock();
    Release(open_->tickets);  // The head was seen under the lock.
    Open();
    return OkStatus();
  }
  Take();
  Finish(CommitTaken());
  return OkStatus();
}

Status Sequencer::ReadTail() {
  for (;;) {
    const std::uint64_t before = state_.head().seq;
    TailSink sink(&state_);
    Status status = storage_->ReadLog(before, static_cast<std::int64_t>(kTailPage), sink);
    if (status.ok()) status = sink.status();
    // A page that is not full was the last one: another look costs a round trip, under the lock.
    if (!status.ok() || state_.head().seq < before + kTailPage) return status;
  }
}

Status Sequencer::CatchUp() {
  LD_ASSERT(in_flight_ == nullptr && open_->batch.empty());
  state_.Record(0, nullptr, nullptr);
  // Without a line: a drop that somebody else made may be waited for by now.
  PutBack(nullptr, nullptr);
  const std::uint64_t known = state_.head().seq;
  Status status = ReadTail();
  if (status.ok() && behind_ && state_.head().seq == known) CheckNothingLost();
  durable_ = state_.head();
  behind_ = !status.ok();
  if (status.code() == StatusCode::kCorrupt) failed_ = status;
  Open();
  return status;
}

// Somebody wrote, but nothing behind our rows: the database has another history. So it is after a
// standby that had not all of it was promoted, or a backup restored. To go on would give ids and
// positions twice.
void Sequencer::CheckNothingLost() {
  const Result<Head> head = storage_->ReadHead();
  if (!head.ok() || *head == state_.head() || head->seq > state_.head().seq) return;
  failed_ = {StatusCode::kCorrupt, "the log ends at row " + std::to_string(head->seq) +
                                       ", but row " + std::to_string(state_.head().seq) +
                                       " was committed: the database lost commits"};
}

// Whether the log holds the batch's last row. Not to know is not "no": the requests would be
// decided again, and those without a key done twice.
Result<bool> Sequencer::WasCommitted(const Group& group) const {
  class Finder : public LogSink {
   public:
    void OnOrder(const OrderRow& row) override { hash = row.hash; }
    void OnEvent(const EventRow& row) override { hash = row.hash; }
    Hash hash{};
  };
  Finder finder;
  const std::uint64_t last = group.batch.after.seq;
  if (Status read = storage_->ReadLog(last - 1, 1, finder); !read.ok()) return read;
  return finder.hash == group.batch.after.hash;
}

Status Sequencer::Resolve() {
  LD_ASSERT(suspect_ != nullptr);
  const Time now = options_.clock->Now();
  if (LD_MUTANT(resolve_by_reading)) {
    const Result<Head> head = storage_->ReadHead();
    if (!head.ok()) return head.status();
  } else {
    const Result<Head> found = storage_->Resolve([&](const Head& head) {
      EventRow row = decider_.BarrierRow(head, now);
      row.hash = state_.ChainHash(row, head);
      return row;
    });
    if (!found.ok()) return found.status();
  }
  if (Status caught_up = CatchUp(); !caught_up.ok()) return caught_up;
  const Result<bool> was_committed = WasCommitted(*suspect_);
  if (!was_committed.ok()) return was_committed.status();
  std::unique_ptr<Group> resolved = std::move(suspect_);
  if (*was_committed) {
    // Who changed nothing is decided again: it may have been another process that wrote these very
    // rows, and before he asked.
    std::vector<Ticket*> changed;
    std::erase_if(resolved->tickets, [&](Ticket* ticket) {
      const bool wrote =
          ticket->reply->seq > resolved->batch.before.seq && !ticket->reply->repeated;
      if (wrote) changed.push_back(ticket);
      return wrote;
    });
    Release(changed);
  }
  PutBack(resolved.get(), nullptr);
  spare_ = std::move(resolved);
  return OkStatus();
}

void Sequencer::Abandon() {
  if (suspect_ != nullptr) {
    for (Ticket* ticket : suspect_->tickets) {
      Answer(ticket,
             {StatusCode::kOutcomeUnknown, "the commit is in doubt: retry with the same key"});
    }
    suspect_->tickets.clear();
  }
  RefuseWaiting({StatusCode::kUnavailable, "the storage is being recovered: nothing was done"});
}

void Sequencer::RunInline() {
  while (owes_answers() || has_open_rows()) {
    if (suspect()) {
      if (!Resolve().ok()) return;
    } else if (contended()) {
      if (const Status locked = CommitLocked(); !locked.ok()) return;
    } else {
      Decide();
      if (has_open_rows()) {
        Take();
        Finish(CommitTaken());
      } else if (has_open_answers()) {
        ReleaseChecked();
      } else if (behind_) {
        return;
      }
    }
  }
}

void Sequencer::RefuseWaiting(const Status& status) {
  for (Ticket* ticket : intake_) Answer(ticket, status);
  intake_.clear();
  for (Line* line : ready_) {
    for (Ticket* ticket : line->tickets) Answer(ticket, status);
    line->tickets.clear();
    line->listed = false;
  }
  ready_.clear();
  waiting_ = 0;
}

}  // namespace livedrops
