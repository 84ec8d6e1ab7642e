#include "simulation/repair.h"

#include "edited_shop.h"
#include "simulation/verify.h"

namespace livedrops {
namespace {

class RepairTest : public testing::Test {
 protected:
  RepairTest() : storage_(OpenMemoryStorage(good_.database())), rows_(good_.Rows()) {}

  // Writes table rows beside the log, as a bug or a person with an SQL prompt would.
  void Write(CommitBatch batch) {
    batch.head = rows_.head;
    const Status written = storage_->Commit(batch, rows_.head);
    ASSERT_TRUE(written.ok()) << written.ToString();
  }
  void BreakDrop() {
    DropRow& row = rows_.DropNamed("d1");
    --row.drop.current_stock;
    row.paused = true;
    CommitBatch batch;
    batch.drops = {&row, 1};
    Write(batch);
  }
  void BreakTheRest() {
    OrderChange& change = rows_.PresentOf(rows_.OrderAt(1));
    change.status = OrderStatus::expired;
    ++rows_.creators[0].followers;
    ++rows_.users[0].following;
    FollowRow follow{CreatorId("c1"), UserId("eve"), TimeFromMs(5), true};
    CommitBatch batch;
    batch.order_changes = {&change, 1};
    batch.creators = {rows_.creators.data(), 1};
    batch.users = {rows_.users.data(), 1};
    batch.follows = {&follow, 1};
    Write(batch);
  }
  void BreakProductsAndPeople() {
    ProductRow product = rows_.products[0];
    product.product.name = "another";
    product.deleted = true;
    Account account = rows_.accounts[0];
    account.disabled = true;
    Session session = rows_.sessions[0];
    session.revoked = true;
    CreatorRow creator{CreatorId("nobody"), 7, 3};
    CommitBatch batch;
    batch.products = {&product, 1};
    batch.accounts = {&account, 1};
    batch.sessions = {&session, 1};
    batch.creators = {&creator, 1};
    Write(batch);
  }
  bool IsGood() {
    const auto report = Verify(*storage_);
    return report.ok() && report->ok;
  }

  GoodShop good_;
  std::unique_ptr<Storage> storage_;
  ShopRows rows_;
};

TEST_F(RepairTest, HasNothingToDoInAGoodShop) {
  const auto report = Repair(*storage_, true);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->corrections.empty());
  EXPECT_FALSE(report->applied);
}

TEST_F(RepairTest, ExplainsEachCorrectionAndWritesNothingByDefault) {
  BreakDrop();
  const auto report = Repair(*storage_, false);
  ASSERT_TRUE(report.ok());
  std::vector<std::string> texts;
  for (const Correction& correction : report->corrections) texts.push_back(ToString(correction));
  EXPECT_EQ(texts, (std::vector<std::string>{
                       "drop d1: current_stock 0 -> 1: the ledger ends at 1",
                       "drop d1: paused 1 -> 0: the log says 0",
                   }));
  EXPECT_FALSE(report->applied);
  EXPECT_FALSE(IsGood());
}

TEST_F(RepairTest, RebuildsTheTablesFromTheLog) {
  BreakDrop();
  BreakTheRest();
  EXPECT_FALSE(IsGood());
  const auto report = Repair(*storage_, true);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_TRUE(report->applied);
  EXPECT_EQ(report->corrections.size(), 6u);
  EXPECT_TRUE(IsGood());
  EXPECT_EQ(*storage_->ReadHead(), rows_.head);
}

TEST_F(RepairTest, RebuildsProductsAndTheStatesOfAccountsAndSessions) {
  BreakProductsAndPeople();
  EXPECT_FALSE(IsGood());
  const auto report = Repair(*storage_, true);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->corrections.size(), 6u);
  EXPECT_TRUE(report->remaining.empty());
  EXPECT_TRUE(IsGood());
}

// Whether it is asked or told to write: an account that the log does not know cannot be explained.
TEST_F(RepairTest, ListsWhatItCannotCorrect) {
  BreakDrop();
  Account stranger = rows_.accounts[0];
  stranger.id = UserId("eve");
  stranger.email = "eve@example.com";
  CommitBatch batch;
  batch.accounts = {&stranger, 1};
  Write(batch);
  for (const bool apply : {false, true}) {
    const auto report = Repair(*storage_, apply);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_EQ(report->corrections.size(), 2u);
    ASSERT_EQ(report->remaining.size(), 1u);
    EXPECT_EQ(report->remaining[0].invariant, "accounts-equal-log");
    EXPECT_EQ(report->remaining[0].subject, "account eve");
  }
}

// The hashed body says how many units came back: the column beside it must not make the stock.
TEST_F(RepairTest, RefusesALogWhoseColumnsContradictIt) {
  EventRow& cancelled = rows_.EventAt(EventType::orderCancelled);
  ++cancelled.delta;
  ++cancelled.balance;
  EditedStorage storage(&rows_);
  const auto report = Repair(storage, true);
  ASSERT_EQ(report.status().code(), StatusCode::kCorrupt);
  EXPECT_NE(report.status().message().find("columns-equal-body"), std::string::npos)
      << report.status().message();
}

TEST_F(RepairTest, RefusesADamagedLog) {
  rows_.OrderAt(0).key = "other";
  ++rows_.DropNamed("d1").drop.current_stock;
  EditedStorage storage(&rows_);
  const auto report = Repair(storage, true);
  ASSERT_EQ(report.status().code(), StatusCode::kCorrupt);
  const std::string row = std::to_string(rows_.OrderAt(0).row.seq);
  EXPECT_NE(report.status().message().find("chain at seq " + row), std::string::npos)
      << report.status().message();
}

}  // namespace
}  // namespace livedrops
