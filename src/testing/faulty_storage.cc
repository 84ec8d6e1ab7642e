#include "livedrops/testing/faulty_storage.h"

#include <random>
#include <utility>

#include "testing/owned_batch.h"

namespace livedrops {
namespace {

Status Unavailable() { return {StatusCode::kUnavailable, "injected fault: unavailable"}; }
Status Unknown() { return {StatusCode::kOutcomeUnknown, "injected fault: the answer is lost"}; }

// Thresholds on one dice: the first fault whose share of the 1000 faces was thrown.
struct Share {
  Fault fault;
  int permille;
};

Fault Throw(std::mt19937_64* random, std::initializer_list<Share> shares) {
  auto face = static_cast<int>((*random)() % 1000);
  for (const Share& share : shares) {
    if (face < share.permille) return share.fault;
    face -= share.permille;
  }
  return Fault::none;
}

Fault ThrowFor(StorageCall call, const FaultRates& rates, std::mt19937_64* random) {
  switch (call) {
    case StorageCall::commit:
      return Throw(random, {{Fault::before, rates.commit_before_permille},
                            {Fault::after, rates.commit_after_permille},
                            {Fault::lost, rates.commit_lost_permille},
                            {Fault::late, rates.commit_late_permille}});
    case StorageCall::resolve:
      return Throw(random, {{Fault::before, rates.resolve_before_permille},
                            {Fault::after, rates.resolve_after_permille}});
    // The rows of a read that fails in its middle have been seen: half of them fail so.
    case StorageCall::read_log:
      return Throw(random, {{Fault::before, rates.read_log_permille / 2},
                            {Fault::after, (rates.read_log_permille + 1) / 2}});
    case StorageCall::load:
      return Throw(random, {{Fault::before, rates.load_permille / 2},
                            {Fault::after, (rates.load_permille + 1) / 2}});
    case StorageCall::lock:
      return Throw(random, {{Fault::before, rates.lock_permille}});
    case StorageCall::read_head:
      return Throw(random, {{Fault::before, rates.read_head_permille}});
    case StorageCall::read:
      return Throw(random, {{Fault::before, rates.read_permille}});
  }
  return Fault::none;
}

}  // namespace

FaultPlan FailFirst(StorageCall call, Fault fault, std::uint64_t count) {
  return [=](StorageCall called, std::uint64_t nth) {
    return called == call && nth <= count ? fault : Fault::none;
  };
}

// --- the injector ------------------------------------------------------------------------------

struct FaultInjector::LateCommit {
  OwnedBatch batch;
  Head expected;
};

FaultInjector::FaultInjector(FaultPlan plan, LandingPlan lands)
    : plan_(std::move(plan)), lands_(std::move(lands)) {}

FaultInjector::FaultInjector(std::uint64_t seed, const FaultRates& rates) {
  const auto random = std::make_shared<std::mt19937_64>(seed);
  plan_ = [=](StorageCall call, std::uint64_t) { return ThrowFor(call, rates, random.get()); };
  lands_ = [=](StorageCall) {
    return Throw(random.get(), {{Fault::late, rates.landing_permille}}) == Fault::late;
  };
}

FaultInjector::~FaultInjector() = default;

void FaultInjector::SetPlan(FaultPlan plan) {
  const std::lock_guard guard(mutex_);
  plan_ = std::move(plan);
}

std::uint64_t FaultInjector::calls(StorageCall call) const {
  const std::lock_guard guard(mutex_);
  return calls_[static_cast<std::size_t>(call)];
}

std::uint64_t FaultInjector::faults(Fault fault) const {
  const std::lock_guard guard(mutex_);
  return faults_[static_cast<std::size_t>(fault)];
}

bool FaultInjector::HasCommitUnderWay() const {
  const std::lock_guard guard(mutex_);
  return late_ != nullptr;
}

bool FaultInjector::Land(Storage& storage) {
  const std::lock_guard guard(mutex_);
  return LandLocked(storage);
}

// The storage's own fence decides whether the log went on without it.
bool FaultInjector::LandLocked(Storage& storage) {
  if (late_ == nullptr) return false;
  std::vector<OrderRow> views;
  const Status status = storage.Commit(late_->batch.View(&views), late_->expected);
  if (status.code() != StatusCode::kUnavailable) late_ = nullptr;
  return status.ok();
}

void FaultInjector::Forget() {
  const std::lock_guard guard(mutex_);
  late_ = nullptr;
}

void FaultInjector::Keep(const CommitBatch& batch, const Head& expected) {
  const std::lock_guard guard(mutex_);
  late_ = std::make_unique<LateCommit>(LateCommit{OwnedBatch(batch), expected});
}

void FaultInjector::LandIfDue(StorageCall call, Storage& storage) {
  const std::lock_guard guard(mutex_);
  if (late_ != nullptr && lands_ && lands_(call)) LandLocked(storage);
}

Fault FaultInjector::Next(StorageCall call) {
  const std::lock_guard guard(mutex_);
  const std::uint64_t nth = ++calls_[static_cast<std::size_t>(call)];
  Fault fault = plan_ ? plan_(call, nth) : Fault::none;
  const bool commit_only = fault == Fault::lost || fault == Fault::late;
  if (commit_only && call != StorageCall::commit) fault = Fault::before;
  ++faults_[static_cast<std::size_t>(fault)];
  return fault;
}

// --- the decorator -----------------------------------------------------------------------------

class FaultyStorage : public Storage, private Catalog {
 public:
  FaultyStorage(std::unique_ptr<Storage> inner, std::shared_ptr<FaultInjector> faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  const ShopInfo& info() const override { return inner_->info(); }
  Result<Head> ReadHead() override {
    return Read(StorageCall::read_head, [&] { return inner_->ReadHead(); });
  }
  Status Commit(const CommitBatch& batch, const Head& expected) override;
  Status Lock(Duration deadline) override;
  void Unlock() override;
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) override;
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override {
    return Read(StorageCall::read_log, [&] { return inner_->ReadLog(after_seq, limit, sink); });
  }
  Result<Head> LoadState(StateSink& sink) override {
    return Read(StorageCall::load, [&] { return inner_->LoadState(sink); });
  }
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override {
    return Read(StorageCall::load, [&] { return inner_->LoadOrders(drop_nos, until_seq, sink); });
  }
  Result<Order> GetOrder(std::uint64_t seq) override {
    return Read([&] { return inner_->GetOrder(seq); });
  }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    return Read([&] { return inner_->ListOrders(query, out); });
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    return Read([&] { return inner_->ListEvents(query, out); });
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    return Read([&] { return inner_->ReadChannel(query, out); });
  }
  Catalog& catalog() override { return *this; }
  Status Close() override;

 private:
  Result<DropRow> GetDrop(const DropId& id) override {
    return Read([&] { return inner_->catalog().GetDrop(id); });
  }
  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override {
    return Read([&] { return inner_->catalog().ListDrops(query, out); });
  }
  Result<Product> GetProduct(const ProductId& id) override {
    return Read([&] { return inner_->catalog().GetProduct(id); });
  }
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override {
    return Read([&] { return inner_->catalog().ListProducts(filter, now); });
  }
  Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) override {
    return Read([&] { return inner_->catalog().GetFollow(creator, user); });
  }
  Status ListFollows(const FollowQuery& query, FollowPage* out) override {
    return Read([&] { return inner_->catalog().ListFollows(query, out); });
  }
  Result<UserRow> GetUser(const UserId& id) override {
    return Read([&] { return inner_->catalog().GetUser(id); });
  }
  Result<Account> GetAccount(const UserId& id) override {
    return Read([&] { return inner_->catalog().GetAccount(id); });
  }
  Result<Account> FindAccount(const std::string& folded_email) override {
    return Read([&] { return inner_->catalog().FindAccount(folded_email); });
  }
  Result<Session> GetSession(const std::string& id) override {
    return Read([&] { return inner_->catalog().GetSession(id); });
  }
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override {
    return Read([&] { return inner_->catalog().ListSessions(query, out); });
  }

  Fault Next(StorageCall call);
  template <class Step>
  auto Read(StorageCall call, Step step) -> decltype(step());
  template <class Step>
  auto Read(Step step) -> decltype(step()) {
    return Read(StorageCall::read, step);
  }

  std::unique_ptr<Storage> inner_;
  std::shared_ptr<FaultInjector> faults_;
  // Held while `inner_` writes: a commit lands inside a reader's call too. Taken before the
  // injector's.
  std::mutex writing_;
  bool locked_ = false;  // This process has the write lock. Guarded by writing_.
};

// Nothing can land while this process has the write lock.
Fault FaultyStorage::Next(StorageCall call) {
  if (const std::unique_lock writing(writing_, std::try_to_lock); writing && !locked_) {
    faults_->LandIfDue(call, *inner_);
  }
  return faults_->Next(call);
}

template <class Step>
auto FaultyStorage::Read(StorageCall call, Step step) -> decltype(step()) {
  const Fault fault = Next(call);
  if (fault == Fault::before) return Unavailable();
  auto answer = step();
  if (fault == Fault::after) return Unavailable();
  return answer;
}

Status FaultyStorage::Commit(const CommitBatch& batch, const Head& expected) {
  const Fault fault = Next(StorageCall::commit);
  const std::lock_guard writing(writing_);
  locked_ = false;  // A commit releases the write lock, however it ends.
  if (fault == Fault::none || fault == Fault::after) {
    Status status = inner_->Commit(batch, expected);
    return status.ok() && fault == Fault::after ? Unknown() : status;
  }
  inner_->Unlock();
  if (fault == Fault::before) return Unavailable();
  if (fault == Fault::late) faults_->Keep(batch, expected);
  return Unknown();
}

Status FaultyStorage::Lock(Duration deadline) {
  const Fault fault = Next(StorageCall::lock);
  if (fault != Fault::none) return Unavailable();
  const std::lock_guard writing(writing_);
  Status status = inner_->Lock(deadline);
  if (status.ok()) locked_ = true;
  return status;
}

void FaultyStorage::Unlock() {
  const std::lock_guard writing(writing_);
  inner_->Unlock();
  locked_ = false;
}

// A commit under way that did not land until now never will: the barrier takes its place.
Result<Head> FaultyStorage::Resolve(const std::function<EventRow(const Head& found)>& chain) {
  const Fault fault = Next(StorageCall::resolve);
  if (fault == Fault::before) return Unavailable();
  const std::lock_guard writing(writing_);
  locked_ = false;
  Result<Head> found = inner_->Resolve(chain);
  if (found.ok()) faults_->Forget();
  if (found.ok() && fault == Fault::after) return Unknown();
  return found;
}

Status FaultyStorage::Close() {
  const std::lock_guard writing(writing_);
  locked_ = false;
  return inner_->Close();
}

std::unique_ptr<Storage> NewFaultyStorage(std::unique_ptr<Storage> inner,
                                          std::shared_ptr<FaultInjector> faults) {
  return std::make_unique<FaultyStorage>(std::move(inner), std::move(faults));
}

}  // namespace livedrops
