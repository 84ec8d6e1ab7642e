#include "livedrops/testing/faulty_storage.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/memory/memory_storage.h"

namespace livedrops {
namespace {

EventRow RowAfter(const Head& head, std::uint8_t salt) {
  EventRow row;
  row.seq = head.seq + 1;
  row.aggregate = "shop:" + std::to_string(row.seq);
  row.aggregate_seq = 1;
  row.hash.fill(static_cast<std::uint8_t>(row.seq));
  row.hash[0] = salt;
  return row;
}

EventRow Barrier(const Head& head) { return RowAfter(head, 200); }

// Commits one row after `head`.
Status CommitRow(Storage& storage, const Head& head, std::uint8_t salt = 1) {
  const EventRow row = RowAfter(head, salt);
  CommitBatch batch;
  batch.events = {&row, 1};
  batch.head = {row.seq, row.hash};
  return storage.Commit(batch, head);
}

Head HeadWith(std::uint8_t salt) {
  const EventRow row = RowAfter(Head(), salt);
  return {row.seq, row.hash};
}

class FaultyStorageTest : public testing::Test {
 protected:
  std::unique_ptr<Storage> OpenClean() { return OpenMemoryStorage(database_); }
  std::unique_ptr<Storage> OpenFaulty() { return NewFaultyStorage(OpenClean(), faults_); }
  void FailCommit(Fault fault) { faults_->SetPlan(FailFirst(StorageCall::commit, fault, 1)); }
  Head DurableHead() { return *OpenClean()->ReadHead(); }

  std::shared_ptr<MemoryDatabase> database_ =
      NewMemoryDatabase({.seed = 1, .wait_for_lock = false});
  std::shared_ptr<FaultInjector> faults_ = std::make_shared<FaultInjector>();
  std::unique_ptr<Storage> storage_ = OpenFaulty();
};

TEST_F(FaultyStorageTest, FailsBeforeTheCommitAndWritesNothing) {
  FailCommit(Fault::before);
  EXPECT_EQ(CommitRow(*storage_, Head()).code(), StatusCode::kUnavailable);
  EXPECT_EQ(DurableHead(), Head());
  EXPECT_TRUE(CommitRow(*storage_, Head()).ok());
}

TEST_F(FaultyStorageTest, LosesTheAnswerOfADurableCommit) {
  FailCommit(Fault::after);
  EXPECT_EQ(CommitRow(*storage_, Head()).code(), StatusCode::kOutcomeUnknown);
  EXPECT_EQ(DurableHead(), HeadWith(1));
  EXPECT_EQ(*storage_->Resolve(Barrier), HeadWith(1));
}

TEST_F(FaultyStorageTest, KeepsTheStatusOfACommitThatFailedByItself) {
  FailCommit(Fault::after);
  EXPECT_EQ(CommitRow(*storage_, HeadWith(9)).code(), StatusCode::kFenced);
}

TEST_F(FaultyStorageTest, LosesACommit) {
  FailCommit(Fault::lost);
  EXPECT_EQ(CommitRow(*storage_, Head()).code(), StatusCode::kOutcomeUnknown);
  EXPECT_FALSE(faults_->HasCommitUnderWay());
  EXPECT_EQ(*storage_->Resolve(Barrier), Head());
}

TEST_F(FaultyStorageTest, LetsACommitLandLater) {
  FailCommit(Fault::late);
  EXPECT_EQ(CommitRow(*storage_, Head()).code(), StatusCode::kOutcomeUnknown);
  EXPECT_TRUE(faults_->HasCommitUnderWay());
  EXPECT_EQ(*storage_->ReadHead(), Head()) << "a read does not see it";
  EXPECT_TRUE(faults_->Land(*OpenClean()));
  EXPECT_EQ(*storage_->ReadHead(), HeadWith(1)) << "and it is there afterwards";
}

TEST_F(FaultyStorageTest, LandsAfterItsProcessDied) {
  FailCommit(Fault::late);
  EXPECT_FALSE(CommitRow(*storage_, Head()).ok());
  storage_ = nullptr;
  EXPECT_TRUE(faults_->Land(*OpenClean()));
  EXPECT_EQ(DurableHead(), HeadWith(1));
}

TEST_F(FaultyStorageTest, LandsWhatTheCallerHasFreed) {
  FailCommit(Fault::late);
  {
    OrderRow order;
    std::string text = "user";
    EventRow scheduled = RowAfter(Head(), 1);
    scheduled.drop_no = 1;
    DropRow drop;
    drop.drop_no = 1;
    drop.drop.id = DropId("drop");
    drop.drop.init_stock = 2;
    drop.drop.current_stock = 1;
    order.seq = 2;
    order.drop_no = 1;
    order.user = order.key = text;
    order.quantity = order.balance = 1;
    CommitBatch batch;
    batch.events = {&scheduled, 1};
    batch.orders = {&order, 1};
    batch.drops = {&drop, 1};
    batch.head = {2, order.hash};
    EXPECT_EQ(storage_->Commit(batch, Head()).code(), StatusCode::kOutcomeUnknown);
    text = "????";
  }
  EXPECT_TRUE(faults_->Land(*OpenClean()));
  EXPECT_EQ(storage_->GetOrder(2)->user, UserId("user"));
}

TEST_F(FaultyStorageTest, NeverLandsAfterABarrier) {
  FailCommit(Fault::late);
  EXPECT_FALSE(CommitRow(*storage_, Head()).ok());
  EXPECT_EQ(*storage_->Resolve(Barrier), Head());
  EXPECT_FALSE(faults_->HasCommitUnderWay());
  EXPECT_FALSE(faults_->Land(*OpenClean()));
  EXPECT_EQ(DurableHead(), HeadWith(200));
}

TEST_F(FaultyStorageTest, NeverLandsAfterTheCommitOfAnother) {
  FailCommit(Fault::late);
  EXPECT_FALSE(CommitRow(*storage_, Head()).ok());
  EXPECT_TRUE(CommitRow(*OpenClean(), Head(), 7).ok());
  EXPECT_FALSE(faults_->Land(*OpenClean()));
  EXPECT_FALSE(faults_->HasCommitUnderWay());
  EXPECT_EQ(DurableHead(), HeadWith(7));
}

TEST_F(FaultyStorageTest, LandsBeforeTheBarrierWhenItIsDue) {
  faults_ = std::make_shared<FaultInjector>(
      FailFirst(StorageCall::commit, Fault::late, 1),
      [](StorageCall call) { return call == StorageCall::resolve; });
  storage_ = OpenFaulty();
  EXPECT_FALSE(CommitRow(*storage_, Head()).ok());
  EXPECT_EQ(*storage_->ReadHead(), Head());
  EXPECT_EQ(*storage_->Resolve(Barrier), HeadWith(1));
}

TEST_F(FaultyStorageTest, WaitsWithLandingWhileSomebodyHasTheLock) {
  faults_ = std::make_shared<FaultInjector>(FailFirst(StorageCall::commit, Fault::late, 1),
                                            [](StorageCall) { return true; });
  storage_ = OpenFaulty();
  EXPECT_FALSE(CommitRow(*storage_, Head()).ok());
  const std::unique_ptr<Storage> other = OpenClean();
  ASSERT_TRUE(other->Lock(Duration(0)).ok());
  EXPECT_EQ(*storage_->ReadHead(), Head());
  EXPECT_TRUE(faults_->HasCommitUnderWay());
  other->Unlock();
  EXPECT_EQ(*storage_->ReadHead(), HeadWith(1));
}

TEST_F(FaultyStorageTest, NeverUsesTheProcessesOwnLockToLand) {
  bool lands = false;
  faults_ = std::make_shared<FaultInjector>(FailFirst(StorageCall::commit, Fault::late, 1),
                                            [&](StorageCall) { return lands; });
  storage_ = OpenFaulty();
  EXPECT_FALSE(CommitRow(*storage_, Head()).ok());
  ASSERT_TRUE(storage_->Lock(Duration(0)).ok());
  lands = true;
  EXPECT_EQ(*storage_->ReadHead(), Head());
  EXPECT_EQ(OpenClean()->Lock(Duration(0)).code(), StatusCode::kUnavailable) << "lock is kept";
  EXPECT_TRUE(CommitRow(*storage_, Head(), 3).ok());
  EXPECT_EQ(DurableHead(), HeadWith(3));
}

TEST_F(FaultyStorageTest, ReleasesTheLockWithAFailedCommit) {
  for (const Fault fault : {Fault::before, Fault::after, Fault::lost, Fault::late}) {
    faults_ = std::make_shared<FaultInjector>(FailFirst(StorageCall::commit, fault, 1));
    storage_ = OpenFaulty();
    const std::unique_ptr<Storage> other = OpenClean();
    ASSERT_TRUE(storage_->Lock(Duration(0)).ok());
    EXPECT_FALSE(CommitRow(*storage_, DurableHead()).ok());
    EXPECT_TRUE(other->Lock(Duration(0)).ok());
  }
}

TEST_F(FaultyStorageTest, FailsToResolveAsOftenAsPlanned) {
  faults_->SetPlan([](StorageCall call, std::uint64_t nth) {
    if (call != StorageCall::resolve) return Fault::none;
    return nth <= 2 ? Fault::before : nth == 3 ? Fault::after : Fault::none;
  });
  EXPECT_EQ(storage_->Resolve(Barrier).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(storage_->Resolve(Barrier).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(DurableHead(), Head());
  EXPECT_EQ(storage_->Resolve(Barrier).status().code(), StatusCode::kOutcomeUnknown);
  EXPECT_EQ(*storage_->Resolve(Barrier), HeadWith(200))
      << "finds the barrier whose answer was lost";
  EXPECT_EQ(faults_->calls(StorageCall::resolve), 4u);
  EXPECT_EQ(faults_->faults(Fault::before), 2u);
  EXPECT_EQ(faults_->faults(Fault::after), 1u);
}

struct CountingSink : LogSink {
  void OnOrder(const OrderRow&) override { ++rows; }
  void OnEvent(const EventRow&) override { ++rows; }
  int rows = 0;
};

TEST_F(FaultyStorageTest, FailsReadsBeforeAndAfterTheirRows) {
  ASSERT_TRUE(CommitRow(*storage_, Head()).ok());
  CountingSink sink;
  faults_->SetPlan([](StorageCall call, std::uint64_t nth) {
    return call != StorageCall::read_log ? Fault::none : nth == 1 ? Fault::before : Fault::after;
  });
  EXPECT_EQ(storage_->ReadLog(0, 10, sink).code(), StatusCode::kUnavailable);
  EXPECT_EQ(sink.rows, 0);
  EXPECT_EQ(storage_->ReadLog(0, 10, sink).code(), StatusCode::kUnavailable);
  EXPECT_EQ(sink.rows, 1);
}

TEST_F(FaultyStorageTest, FailsEveryKindOfRead) {
  faults_->SetPlan([](StorageCall call, std::uint64_t) {
    return call == StorageCall::commit ? Fault::none : Fault::before;
  });
  std::vector<Event> events;
  EXPECT_EQ(storage_->ReadHead().status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(storage_->GetOrder(1).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(storage_->ListEvents({}, &events).code(), StatusCode::kUnavailable);
  EXPECT_EQ(storage_->catalog().GetDrop(DropId("d")).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(storage_->Lock(Duration(0)).code(), StatusCode::kUnavailable);
  EXPECT_TRUE(CommitRow(*storage_, Head()).ok());
}

// What 2,000 calls do under random faults, as text.
std::string RandomRun(std::uint64_t seed) {
  const auto database = NewMemoryDatabase({.seed = 1, .wait_for_lock = false});
  FaultRates rates;
  rates.commit_before_permille = rates.commit_after_permille = 100;
  rates.commit_lost_permille = rates.commit_late_permille = 100;
  rates.resolve_before_permille = rates.resolve_after_permille = 200;
  rates.read_head_permille = rates.read_log_permille = 100;
  const auto faults = std::make_shared<FaultInjector>(seed, rates);
  const auto storage = NewFaultyStorage(OpenMemoryStorage(database), faults);
  const auto clean = OpenMemoryStorage(database);
  std::string told;
  for (int i = 0; i < 1000; ++i) {
    Status status = CommitRow(*storage, *clean->ReadHead());
    told += std::to_string(static_cast<int>(status.code())) + " ";
    while (status.code() == StatusCode::kOutcomeUnknown) {
      const Result<Head> found = storage->Resolve(Barrier);
      told += found.ok() ? "resolved " : "again ";
      if (found.ok()) status = OkStatus();
    }
    EXPECT_FALSE(faults->HasCommitUnderWay());
  }
  for (int fault = 0; fault < static_cast<int>(kFaults); ++fault) {
    const std::uint64_t count = faults->faults(static_cast<Fault>(fault));
    EXPECT_GT(count, 0u) << fault;
    told += std::to_string(count) + " ";
  }
  return told + std::to_string(clean->ReadHead()->seq);
}

TEST(FaultInjector, FailsTheSameCallsForTheSameSeed) {
  EXPECT_EQ(RandomRun(1), RandomRun(1));
  EXPECT_NE(RandomRun(1), RandomRun(2));
}

TEST(FaultInjector, ForgetsOnRequest) {
  FaultInjector faults;
  EXPECT_FALSE(faults.HasCommitUnderWay());
  faults.Forget();
  const std::unique_ptr<Storage> storage = NewMemoryStorage(1);
  EXPECT_FALSE(faults.Land(*storage));
}

}  // namespace
}  // namespace livedrops
