#include "simulation/verify.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "edited_shop.h"

namespace livedrops {
namespace {

// Breaks one promise by editing rows. `reseal`: the chain is made right again afterwards, as if a
// buggy engine had written the rows; else they were damaged later.
struct Breakage {
  const char* invariant;
  bool reseal;
  std::function<void(ShopRows&)> edit;
};

void Turn(EventRow* event, EventType type) {
  event->type = type;
  event->body.clear();
}

// Log rows that no engine would have written.
const std::vector<Breakage> kWrongRows = {
    {"amount", true, [](ShopRows& shop) { shop.OrderAt(0).row.amount += 1; }},
    {"amount", true,
     [](ShopRows& shop) {
       EventRow& event = shop.EventAt(EventType::orderConfirmed);
       event.body.replace(event.body.find("amount=500"), 10, "amount=501");
     }},
    {"window", true, [](ShopRows& shop) { shop.OrderAt(0).row.at -= std::chrono::hours(1); }},
    {"time-order", true, [](ShopRows& shop) { shop.OrderAt(1).row.at -= Duration(1'500); }},
    {"aggregate-gapless", true, [](ShopRows& shop) { ++shop.OrderAt(2).row.aggregate_seq; }},
    {"ledger-balance", true, [](ShopRows& shop) { ++shop.OrderAt(0).row.balance; }},
    {"ledger-sum-of-order", true,
     [](ShopRows& shop) { ++shop.EventAt(EventType::orderCancelled).delta; }},
    {"conservation", true, [](ShopRows& shop) { ++shop.EventAt(EventType::orderExpired).delta; }},
    {"stock-range", true, [](ShopRows& shop) { shop.OrderAt(0).row.quantity = 9; }},
    {"no-oversell", true, [](ShopRows& shop) { shop.OrderAt(0).row.quantity = 9; }},
    {"per-order-limit", true, [](ShopRows& shop) { shop.OrderAt(1).row.quantity = 3; }},
    {"per-user-limit", true, [](ShopRows& shop) { shop.OrderAt(1).user = "ann"; }},
    {"one-order-per-key", true, [](ShopRows& shop) { shop.OrderAt(2).user = "bob"; }},
    {"unique-order-id", true,
     [](ShopRows& shop) { shop.OrderAt(1).row.order_id = shop.OrderAt(0).row.order_id; }},
    {"drop-state", true,
     [](ShopRows& shop) { Turn(&shop.EventAt(EventType::lowStock), EventType::dropPaused); }},
    {"hold-expiry", true,
     [](ShopRows& shop) { shop.EventAt(EventType::orderExpired).at -= Duration(30'000); }},
    {"hold-expiry", true,
     [](ShopRows& shop) { shop.EventAt(EventType::orderConfirmed).at += Duration(90'000); }},
    {"one-creating-event", true,
     [](ShopRows& shop) { --shop.EventAt(EventType::orderExpired).order_seq; }},
    {"one-event-per-change", true,
     [](ShopRows& shop) {
       shop.EventAt(EventType::orderConfirmed).type = EventType::orderExtended;
       shop.EventAt(EventType::orderExpired).type = EventType::refundDue;
     }},
    {"low-stock-once-per-crossing", true,
     [](ShopRows& shop) { Turn(&shop.EventAt(EventType::lowStock), EventType::dropUpdated); }},
    {"sold-out-once-per-crossing", true,
     [](ShopRows& shop) { Turn(&shop.EventAt(EventType::soldOut), EventType::dropUpdated); }},
    {"sold-out-once-per-crossing", true,
     [](ShopRows& shop) { Turn(&shop.EventAt(EventType::restocked), EventType::soldOut); }},
    {"known-drop", true, [](ShopRows& shop) { shop.OrderAt(0).row.drop_no = 999; }},
    {"one-command-per-key", true,
     [](ShopRows& shop) {
       shop.EventAt(EventType::restocked).key = shop.EventAt(EventType::orderCancelled).key;
     }},
};

// Rows that were damaged or edited after they had been written.
const std::vector<Breakage> kDamage = {
    {"chain", false, [](ShopRows& shop) { shop.OrderAt(1).key = "K1"; }},
    {"chain", false, [](ShopRows& shop) { shop.EventAt(EventType::restocked).hash[5] ^= 4; }},
    {"chain", false, [](ShopRows& shop) { shop.head.hash[0] ^= 1; }},
    {"seq-contiguous", false, [](ShopRows& shop) { shop.log.erase(shop.log.begin() + 6); }},
    {"seq-contiguous", false, [](ShopRows& shop) { shop.log.pop_back(); }},
    {"readable", false, [](ShopRows& shop) { shop.readable_rows = 7; }},
    {"ledger-balance", false, [](ShopRows& shop) { ++shop.DropNamed("d1").drop.current_stock; }},
    {"drops-equal-log", false, [](ShopRows& shop) { ++shop.DropNamed("d2").drop.held; }},
    {"drops-equal-log", false, [](ShopRows& shop) { shop.DropNamed("d2").paused = true; }},
    {"orders-equal-log", false,
     [](ShopRows& shop) { shop.PresentOf(shop.OrderAt(1)).quantity = 1; }},
    {"orders-equal-log", false, [](ShopRows& shop) { shop.present.pop_back(); }},
    {"orders-listed", false, [](ShopRows& shop) { shop.unlisted = shop.OrderAt(1).row.seq; }},
    {"one-event-per-change", false,
     [](ShopRows& shop) { shop.PresentOf(shop.OrderAt(0)).status = OrderStatus::cancelled; }},
    {"follower-totals", false, [](ShopRows& shop) { ++shop.creators[0].followers; }},
    {"creators-equal-log", false, [](ShopRows& shop) { ++shop.creators[0].aggregate_seq; }},
    {"following-totals", false, [](ShopRows& shop) { ++shop.users[0].following; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::restocked).key.clear(); }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::followed).aggregate = "creator:c2"; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::dropScheduled).creator = "c2"; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::soldOut).creator.clear(); }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::restocked).creator = "c1"; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::productCreated).creator = "c2"; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::restocked).user = "eve"; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { ++shop.EventAt(EventType::restocked).delta; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { ++shop.EventAt(EventType::orderCancelled).delta; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { ++shop.EventAt(EventType::orderConfirmed).delta; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { ++shop.EventAt(EventType::orderExpired).delta; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::dropScheduled).delta = 1; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::soldOut).balance = 1; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::followed).delta = 1; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::accountCreated).balance = 1; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::accountCreated).drop_no = 2; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::followed).order_seq = 3; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::followed).fingerprint = 3; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { ++shop.EventAt(EventType::restocked).fingerprint; }},
    {"columns-equal-body", false,
     [](ShopRows& shop) { shop.EventAt(EventType::dropScheduled).order_seq = 3; }},
    {"users-equal-log", false, [](ShopRows& shop) { shop.users[0].read_up_to = 9; }},
    {"users-equal-log", false, [](ShopRows& shop) { ++shop.users[0].aggregate_seq; }},
    {"follows-equal-log", false, [](ShopRows& shop) { shop.follows.clear(); }},
    {"follows-equal-log", false, [](ShopRows& shop) { shop.follows[0].since += Duration(1); }},
    {"products-equal-log", false, [](ShopRows& shop) { shop.products[0].product.name = "x"; }},
    {"products-equal-log", false, [](ShopRows& shop) { shop.products.clear(); }},
    {"accounts-equal-log", false, [](ShopRows& shop) { shop.accounts[0].disabled = true; }},
    {"sessions-equal-log", false, [](ShopRows& shop) { shop.sessions[0].revoked = true; }},
    {"keys-equal-log", false, [](ShopRows& shop) { shop.keys.pop_back(); }},
};

VerifyReport Check(const ShopRows& rows) {
  EditedStorage storage(&rows);
  Result<VerifyReport> report = Verify(storage);
  EXPECT_TRUE(report.ok()) << report.status().ToString();
  return report.ok() ? std::move(*report) : VerifyReport();
}

std::string Text(const VerifyReport& report) {
  std::string text;
  for (const Violation& violation : report.violations) {
    text += violation.invariant + " | " + violation.subject + " | " + violation.detail + "\n";
  }
  return text;
}

bool Names(const VerifyReport& report, const std::string& invariant) {
  return std::ranges::any_of(report.violations, [&](const Violation& violation) {
    return violation.invariant == invariant;
  });
}

void ExpectFound(const std::vector<Breakage>& breakages) {
  const GoodShop good;
  for (const Breakage& breakage : breakages) {
    ShopRows rows = good.Rows();
    breakage.edit(rows);
    if (breakage.reseal) rows.Reseal();
    const VerifyReport report = Check(rows);
    EXPECT_FALSE(report.ok);
    EXPECT_TRUE(Names(report, breakage.invariant)) << breakage.invariant << "\n" << Text(report);
    EXPECT_TRUE(!breakage.reseal || !Names(report, "chain")) << Text(report);
  }
}

TEST(Verify, FindsNothingInAGoodShop) {
  const VerifyReport report = Check(GoodShop().Rows());
  EXPECT_TRUE(report.ok) << Text(report);
  EXPECT_EQ(report.violations_found, 0);
  EXPECT_EQ(report.checked.at("drops"), 2);
  EXPECT_EQ(report.checked.at("orders"), 6);
  EXPECT_EQ(report.checked.at("follows"), 1);
}

TEST(Verify, FindsNothingInAnEmptyShop) {
  const auto storage = NewMemoryStorage(1);
  const auto report = Verify(*storage);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->ok);
}

TEST(Verify, NamesEachPromiseThatALogRowBreaks) { ExpectFound(kWrongRows); }
TEST(Verify, NamesEachPromiseThatDamageBreaks) { ExpectFound(kDamage); }

TEST(Verify, HasATestForEachInvariant) {
  std::set<std::string> tested;
  for (const auto* breakages : {&kWrongRows, &kDamage}) {
    for (const Breakage& breakage : *breakages) tested.insert(breakage.invariant);
  }
  const std::vector<std::string> names = InvariantNames();
  EXPECT_EQ(tested, std::set<std::string>(names.begin(), names.end()));
}

TEST(Verify, NamesTheFirstDamagedRow) {
  ShopRows rows = GoodShop().Rows();
  rows.EventAt(EventType::orderCancelled).body += "0";
  const VerifyReport report = Check(rows);
  ASSERT_FALSE(report.ok);
  EXPECT_EQ(report.violations[0].invariant, "chain");
  EXPECT_EQ(report.violations[0].subject,
            "seq " + std::to_string(rows.EventAt(EventType::orderCancelled).seq));
}

TEST(Verify, SaysWhatItReadOfALogThatEndsInTheMiddle) {
  ShopRows rows = GoodShop().Rows();
  rows.readable_rows = 7;
  const VerifyReport report = Check(rows);
  ASSERT_EQ(report.violations.size(), 1u) << Text(report);
  EXPECT_EQ(report.violations[0].subject, "seq 8");
  EXPECT_EQ(report.checked.at("log_rows"), 7);
}

TEST(Verify, GivesAStatusWhenTheStorageCannotBeRead) {
  ShopRows rows = GoodShop().Rows();
  rows.readable_rows = 7;
  rows.read_failure = StatusCode::kUnavailable;
  EditedStorage storage(&rows);
  EXPECT_EQ(Verify(storage).status().code(), StatusCode::kUnavailable);
}

// The tables are those of a head; rows that another process writes meanwhile are left out.
TEST(Verify, LeavesLaterRowsOfALiveShopOut) {
  ShopRows rows = GoodShop().Rows();
  rows.Reseal();
  const Head head = rows.head;
  const OwnedOrder& order = rows.OrderAt(0);
  EventRow later = rows.EventAt(EventType::orderCancelled);
  later.seq = head.seq + 1;
  later.order_seq = order.row.seq;
  rows.log.emplace_back(later);
  rows.PresentOf(order).status = OrderStatus::cancelled;
  const VerifyReport report = Check(rows);
  EXPECT_TRUE(report.ok) << Text(report);
  EXPECT_EQ(report.head, head);
}

TEST(Verify, TellsItsProgress) {
  const ShopRows rows = GoodShop().Rows();
  EditedStorage storage(&rows);
  std::uint64_t last = 0;
  const auto report = Verify(storage, [&](std::uint64_t done, std::uint64_t total) {
    last = done;
    EXPECT_EQ(total, rows.head.seq);
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(last, rows.head.seq);
}

}  // namespace
}  // namespace livedrops
