// The views for checkers (CONTRACT.md, section 8), read as an outsider does.
#include "livedrops/spi/log_text.h"
#include "testing/conformance_kit.h"
#include "tests/unit/storage/sqlite/sqlite_kit.h"

namespace livedrops {
namespace {

using conformance::Shop;
using conformance::TimeOf;
using Rows = std::vector<std::string>;

// 1 drop; orders 2 (confirmed, by a service), 3 (held, then confirmed in part), 4 (held,
// cancelled); 5 and 6 their changes; 7 a restock; 8 a product; 9 a follow.
class SqliteViews : public testing::Test {
 protected:
  SqliteViews() {
    shop_.AddDrop("d", "p", "c");
    OwnedOrder& order = shop_.AddOrder("d", "ann", 2);
    order.actor = "host";
    order.key = "k&=%ey";
    shop_.AddOrder("d", "ben", 4, 600);
    shop_.AddOrder("d", "ben", 1, 60);
    Confirm(3, OrderStatus::confirmed, 3, 1);
    Confirm(4, OrderStatus::cancelled, 1, 1);
    EventRow& restock = shop_.AddEvent(EventType::restocked, "drop:d");
    restock.delta = 5;
    restock.balance = 99'999;
    shop_.AddProduct("p", "c");
    shop_.AddFollow("c", "ann", TimeOf(9));
    storage_ = OpenOrDie(path_);
    const Status status = shop_.Commit(*storage_);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  void Confirm(std::uint64_t seq, OrderStatus status, std::int32_t quantity, std::int32_t delta) {
    shop_.AddChange(seq, status, quantity);
    shop_.batch().events.back().delta = delta;
    shop_.batch().events.back().balance = 99'994;
  }

  Rows Select(const std::string& sql) { return RunSql(path_, sql); }
  std::string OrderIdOf(std::uint64_t seq) { return shop_.ExpectedOrder(seq).id.str(); }

  TempDirectory directory_;
  const std::string path_ = directory_.File("shop.db");
  Shop shop_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(SqliteViews, HaveTheColumnsOfTheContract) {
  const std::pair<const char*, const char*> views[] = {
      {"v_drops",
       "drop_id,creator_id,prod_id,init_stock,adjust,current_stock,low_stock,start_ms,end_ms,"
       "status,"
       "unit_price,currency"},
      {"v_orders",
       "order_id,user_id,drop_id,prod_id,qty,amount,currency,status,idem_key,request_fp,created_"
       "ms"},
      {"v_ledger", "seq,drop_id,order_id,delta,balance_after"},
      {"v_events", "event_id,agg_type,agg_id,agg_seq,type,drop_id,order_id,created_ms"},
      {"v_notifications", "id,user_id,event_id"},
      {"v_follows", "creator_id,user_id,since_ms,shard"},
      {"v_audit", "seq,ts_ms,actor,action,subject,body,prev_hash,hash"}};
  for (const auto& [view, columns] : views) {
    EXPECT_EQ(
        Select("SELECT group_concat(name) FROM pragma_table_info('" + std::string(view) + "')"),
        Rows{columns});
  }
}

TEST_F(SqliteViews, OrdersShowTheirPresentState) {
  EXPECT_EQ(Select("SELECT order_id, user_id, drop_id, prod_id, qty, amount, currency, status,"
                   " idem_key, request_fp, created_ms FROM v_orders ORDER BY created_ms"),
            (Rows{OrderIdOf(2) + "|ann|d|p|2|500|USD|confirmed|k&=%ey|p:2:0:0|1700000002000",
                  OrderIdOf(3) + "|ben|d|p|3|750|USD|confirmed|key-3|p:4:1:600|1700000003000",
                  OrderIdOf(4) + "|ben|d|p|1|250|USD|cancelled|key-4|p:1:1:60|1700000004000"}));
}

TEST_F(SqliteViews, LedgerHasOrdersReturnsAndRestocks) {
  EXPECT_EQ(Select("SELECT * FROM v_ledger ORDER BY seq"),
            (Rows{"2|d|" + OrderIdOf(2) + "|-2|99998", "3|d|" + OrderIdOf(3) + "|-4|99994",
                  "4|d|" + OrderIdOf(4) + "|-1|99993", "5|d|" + OrderIdOf(3) + "|1|99994",
                  "6|d|" + OrderIdOf(4) + "|1|99994", "7|d|NULL|5|99999"}));
}

TEST_F(SqliteViews, EventsNameAggregateDropAndOrder) {
  const Rows events = Select(
      "SELECT event_id, agg_type, agg_id, agg_seq, type, drop_id, order_id FROM v_events"
      " ORDER BY event_id");
  ASSERT_EQ(events.size(), 9u);
  EXPECT_EQ(events[0], "1|drop|d|1|dropScheduled|d|NULL");
  EXPECT_EQ(events[1], "2|drop|d|2|orderConfirmed|d|" + OrderIdOf(2));
  EXPECT_EQ(events[2], "3|drop|d|3|orderHeld|d|" + OrderIdOf(3));
  EXPECT_EQ(events[4], "5|drop|d|5|orderConfirmed|d|" + OrderIdOf(3));
  EXPECT_EQ(events[7], "8|creator|c|1|productCreated|NULL|NULL");
}

TEST_F(SqliteViews, DropsFollowsAndNotifications) {
  EXPECT_EQ(Select("SELECT drop_id, low_stock, status, unit_price FROM v_drops"),
            Rows{"d|0|live|250"});
  EXPECT_EQ(Select("SELECT * FROM v_follows"), Rows{"c|ann|1700000009000|0"});
  EXPECT_EQ(Select("SELECT id, user_id FROM v_notifications ORDER BY id"),
            (Rows{"2|ann", "3|ben", "4|ben", "5|ben", "6|ben"}));
}

// Body and chain exactly as the engine hashes them.
TEST_F(SqliteViews, AuditIsTheWholeLogToTheByte) {
  std::string previous = "0";
  for (std::uint64_t seq = 1; seq <= shop_.head().seq; ++seq) {
    const Event event = shop_.ExpectedEvent(seq);
    const std::string hash = conformance::Text(event.hash);
    const std::string ms = std::to_string(ToMs(event.at));
    std::string expected = std::to_string(seq);
    for (const std::string& column : {ms, event.actor, std::string(ToString(event.type)),
                                      event.subject, event.body, previous, hash}) {
      expected.append("|").append(column);
    }
    EXPECT_EQ(Select("SELECT * FROM (SELECT * FROM v_audit) WHERE seq = " + std::to_string(seq)),
              Rows{expected});
    previous = hash;
  }
  EXPECT_EQ(shop_.ExpectedEvent(2).body,
            "drop=d&quantity=2&amount=500&balance=99998&ttl=0&user=ann&key=k&=%ey");
}

// The status is that of the last commit: nobody asks for the time.
TEST_F(SqliteViews, StatusOfADropFollowsItsRow) {
  const std::pair<void (*)(DropRow*), const char*> states[] = {
      {[](DropRow* row) { row->paused = true; }, "paused"},
      {[](DropRow* row) {
         row->paused = false;
         row->drop.current_stock = row->drop.held = 0;
       },
       "sold_out"},
      {[](DropRow* row) { row->drop.start_time = TimeOf(1000); }, "scheduled"},
      {[](DropRow* row) { row->drop.end_time = row->changed_at; }, "ended"},
      {[](DropRow* row) { row->cancelled = true; }, "cancelled"}};
  for (const auto& [change, expected] : states) {
    shop_.AddEvent(EventType::dropUpdated, "drop:d");
    change(&shop_.batch().drops.back());
    ASSERT_TRUE(shop_.Commit(*storage_).ok());
    EXPECT_EQ(Select("SELECT status FROM v_drops"), Rows{expected});
  }
}

}  // namespace
}  // namespace livedrops
