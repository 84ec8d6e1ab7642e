// A full disk, failing syncs, locks: what a commit answers, and that writing goes on afterwards.
#include <sys/wait.h>
#include <unistd.h>

#include "testing/conformance_kit.h"
#include "tests/unit/storage/sqlite/fault_vfs.h"
#include "tests/unit/storage/sqlite/sqlite_kit.h"

namespace livedrops {
namespace {

using conformance::MakeHash;
using conformance::Shop;

EventRow Barrier(const Head& found) {
  EventRow row;
  row.seq = found.seq + 1;
  row.aggregate = "shop:" + std::to_string(row.seq);
  row.aggregate_seq = 1;
  row.hash = MakeHash(row.seq, 99);
  return row;
}

class SqliteFaults : public testing::Test {
 protected:
  SqliteFaults() {
    options_.vfs = FaultVfs::name();
    options_.busy_deadline = Duration(20);
    StartAnew("shop.db");
  }
  void StartAnew(const std::string& file) {
    path_ = directory_.File(file);
    storage_ = OpenOrDie(path_, options_);
    shop_ = Shop();
    shop_.AddDrop("drop");
    EXPECT_TRUE(shop_.Commit(*storage_).ok());
  }
  // Orders enough for many pages.
  Shop WithOrders(int count) const {
    Shop shop = shop_;
    for (int i = 0; i < count; ++i) shop.AddOrder("drop", "user" + std::to_string(i));
    return shop;
  }
  std::uint64_t HeadSeq() {
    const Result<Head> head = storage_->ReadHead();
    EXPECT_TRUE(head.ok()) << head.status().ToString();
    return head.ok() ? head->seq : 0;
  }
  void ExpectSameEverywhere() {
    EXPECT_EQ(RunSql(path_, "PRAGMA integrity_check"), std::vector<std::string>{"ok"});
    const auto here = conformance::Dump(*storage_);
    storage_ = OpenOrDie(path_, options_);
    const auto reopened = conformance::Dump(*storage_);
    ASSERT_TRUE(here.ok() && reopened.ok());
    EXPECT_EQ(*here, *reopened);
  }

  FaultVfs faults_;
  TempDirectory directory_;
  std::string path_;
  SqliteOptions options_;
  std::unique_ptr<Storage> storage_;
  Shop shop_;
};

TEST_F(SqliteFaults, AFullDiskIsDefiniteAndPassesWithoutReopening) {
  int failures = 0;
  for (int nth = 1; nth <= 40; ++nth) {
    const std::uint64_t before = HeadSeq();
    Shop attempt = WithOrders(60);
    faults_.FailWrites(nth, SQLITE_FULL);
    const Status status = attempt.Commit(*storage_);
    faults_.Heal();
    if (status.ok()) {
      shop_ = attempt;
      continue;  // Only the checkpoint after it met the fault.
    }
    ++failures;
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
    EXPECT_EQ(status.message(), "shop.db: database or disk is full");
    EXPECT_EQ(HeadSeq(), before);
    Shop again = WithOrders(60);
    const Status healed = again.Commit(*storage_);
    EXPECT_TRUE(healed.ok()) << healed.ToString();
    shop_ = again;
  }
  EXPECT_GE(failures, 5);
  ExpectSameEverywhere();
}

TEST_F(SqliteFaults, AFailedSyncIsUnknownUntilABarrierIsWritten) {
  Shop attempt = WithOrders(3);
  faults_.FailSyncs(1, SQLITE_IOERR_FSYNC, 1);
  EXPECT_EQ(attempt.Commit(*storage_).code(), StatusCode::kOutcomeUnknown);
  // Suspect: nothing is written, though the disk is well again.
  Shop other = WithOrders(1);
  EXPECT_EQ(other.Commit(*storage_).code(), StatusCode::kUnavailable);
  EXPECT_EQ(storage_->Lock(Duration(0)).code(), StatusCode::kUnavailable);
  const Result<Head> found = storage_->Resolve(Barrier);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_TRUE(*found == shop_.head() || *found == attempt.head());
  EXPECT_EQ(HeadSeq(), found->seq + 1);
  // The commit in doubt can never come now.
  EXPECT_EQ(WithOrders(3).Commit(*storage_).code(), StatusCode::kFenced);
  ExpectSameEverywhere();
}

// Every write and every sync of a commit fails in turn: afterwards nothing contradicts what was
// said.
TEST_F(SqliteFaults, EveryStepOfACommitMayFail) {
  for (int step = 1; step <= 24; ++step) {
    const bool sync = step > 12;
    const int nth = sync ? step - 12 : step;
    Shop attempt = WithOrders(20);
    const Head before = shop_.head();
    sync ? faults_.FailSyncs(nth, SQLITE_IOERR_FSYNC) : faults_.FailWrites(nth, SQLITE_IOERR_WRITE);
    const Status status = attempt.Commit(*storage_);
    if (status.code() == StatusCode::kOutcomeUnknown) {
      EXPECT_FALSE(storage_->Resolve(Barrier).ok());  // Still failing: still suspect.
      faults_.Heal();
      const Result<Head> found = storage_->Resolve(Barrier);
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      EXPECT_GE(found->seq, before.seq);
    }
    faults_.Heal();
    if (status.code() == StatusCode::kUnavailable) {
      EXPECT_EQ(HeadSeq(), before.seq);
    }
    ExpectSameEverywhere();
    StartAnew("shop" + std::to_string(step) + ".db");
  }
}

TEST_F(SqliteFaults, ALockOfSomebodyElseIsWaitedForAndThenUnavailable) {
  const std::unique_ptr<Storage> other = OpenOrDie(path_, options_);
  ASSERT_TRUE(other->Lock(Duration(0)).ok());
  Shop attempt = WithOrders(1);
  const Status status = attempt.Commit(*storage_);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "shop.db: database is locked");
  EXPECT_EQ(storage_->Resolve(Barrier).status().code(), StatusCode::kUnavailable);
  other->Unlock();
  EXPECT_TRUE(storage_->Resolve(Barrier).ok());
}

TEST_F(SqliteFaults, AFileDamagedUnderneathIsCorrupt) {
  RunSql(path_, "DROP VIEW v_orders; DROP TABLE sessions");
  shop_.AddSession("session", "user");
  EXPECT_EQ(shop_.Commit(*storage_).code(), StatusCode::kCorrupt);
}

TEST_F(SqliteFaults, NothingBehindAnUnreadableRowIsRead) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(storage_->Resolve(Barrier).ok());
  const auto head = storage_->ReadHead();
  ASSERT_TRUE(head.ok());
  RunSql(path_,
         "PRAGMA ignore_check_constraints = ON; UPDATE events SET hash = x'00' WHERE seq = " +
             std::to_string(head->seq - 1));
  class Counter : public LogSink {
   public:
    void OnOrder(const OrderRow& row) override { last = row.seq; }
    void OnEvent(const EventRow& row) override { last = row.seq; }
    std::uint64_t last = 0;
  };
  Counter counter;
  const Status read = storage_->ReadLog(0, 100, counter);
  EXPECT_EQ(read.code(), StatusCode::kCorrupt);
  EXPECT_EQ(read.message(), "shop.db: unreadable row in the log");
  EXPECT_EQ(counter.last, head->seq - 2);
}

// --- processes
// -------------------------------------------------------------------------------------

// What a process does: decides under the lock until it has committed `count` times.
bool CommitTimes(const std::string& path, std::uint8_t salt, int count) {
  const auto storage = OpenOrDie(path, SqliteOptions{});
  for (int i = 0; i < count; ++i) {
    if (!storage->Lock(Duration(10'000)).ok()) return false;
    const Result<Head> head = storage->ReadHead();
    if (!head.ok()) return false;
    EventRow row = Barrier(*head);
    row.hash = MakeHash(row.seq, salt);
    CommitBatch batch;
    batch.events = {&row, 1};
    batch.head = {row.seq, row.hash};
    if (!storage->Commit(batch, *head).ok()) return false;
  }
  return true;
}

TEST(SqliteProcesses, FourMakeProgressOnOneFile) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  OpenOrDie(path, SqliteOptions{});
  std::vector<pid_t> children;
  for (std::uint8_t salt = 1; salt <= 4; ++salt) {
    const pid_t child = fork();
    if (child == 0) _exit(CommitTimes(path, salt, 100) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(RunSql(path, "SELECT count(*), max(seq) FROM events"),
            std::vector<std::string>{"400|400"});
}

}  // namespace
}  // namespace livedrops
