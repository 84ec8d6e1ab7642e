// Conformance: one commit is atomic, durable and fenced; rows come back as they were written.
#include <limits>

#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

Status EmptyDatabaseHasTheEmptyHead(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  LD_CONFORM_GET(head, storage.ReadHead());
  LD_CONFORM_SAME(Head(), head);
  LD_CONFORM_GET(found, Dump(storage));
  LD_CONFORM_ROWS((std::vector<std::string>{Text(Head()), Text(Head())}), found);
  return OkStatus();
}

Status CommitMovesTheHead(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  shop.AddOrder("drop", "user");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(head, storage.ReadHead());
  LD_CONFORM_SAME(shop.head(), head);
  return OkStatus();
}

Status RowsReadBackIdentically(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  shop.AddOrder("drop", "user", 3, 600).actor = "somebody.else";
  EventRow& event = shop.AddEvent(EventType::restocked, "drop:drop");
  event.body = "quantity=5&note=a 'quoted' \"text\"; DROP TABLE orders; \xc3\xa4\xe2\x82\xac%00\n";
  event.key = "adjustment:1";
  event.fingerprint = std::numeric_limits<std::uint64_t>::max();
  event.delta = -5;
  event.balance = 7;
  event.creator = "creator";
  event.user = "user";
  LD_CONFORM(shop.Commit(storage));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status LargestValuesReadBackIdentically(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  const std::string id(64, 'z');
  std::string key;
  while (key.size() < 255) key += static_cast<char>('!' + key.size() % 94);
  DropRow drop = shop.AddDrop(id, id, id);
  drop.drop.init_stock = drop.drop.current_stock = std::numeric_limits<std::int32_t>::max();
  drop.drop.price.minor_units = kMoneyMax;
  drop.drop.end_time = TimeFromMs(253'402'300'799'999);  // The last millisecond of the year 9999.
  shop.batch().drops.back() = drop;
  OwnedOrder& order = shop.AddOrder(id, id);
  order.row.quantity = order.row.balance = std::numeric_limits<std::int32_t>::max();
  order.row.amount = kMoneyMax;
  order.row.ttl_seconds = 3600;
  order.row.at = TimeFromMs(0);
  order.row.order_id.fill(0xff);
  order.key = key;
  order.actor = id;
  EventRow& event = shop.AddEvent(EventType::dropUpdated, "drop:" + id);
  event.body = std::string(4000, 'b');
  event.delta = std::numeric_limits<std::int32_t>::min();
  event.balance = std::numeric_limits<std::int32_t>::max();
  LD_CONFORM(shop.Commit(storage));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status EveryEventTypeReadsBack(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
#define X(name) shop.AddEvent(EventType::name, "shop:1");
  LIVEDROPS_EVENT_TYPES(X)
#undef X
  LD_CONFORM(shop.Commit(storage));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status BatchMayChangeAfterItsCommit(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  shop.AddOrder("drop", "user").actor = "actor";
  OwnedBatch batch = shop.batch();
  std::vector<OrderRow> views;
  LD_CONFORM(storage.Commit(batch.View(&views), Head()));
  OwnedOrder& order = batch.orders.front();
  for (std::string* text : {&order.user, &order.actor, &order.key, &batch.events.front().body}) {
    text->assign(text->size(), '?');
  }
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100, log));
  Result<Order> found = storage.GetOrder(2);
  LD_CONFORM(found.status());
  LD_CONFORM_SAME("user", found->user.view());
  LD_CONFORM_SAME("key-2", found->key.view());
  return OkStatus();
}

// The head must agree in both: a log that was replaced by another one of the same length is no
// match.
Status OtherHeadIsFenced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(before, Dump(storage));
  const Head& head = shop.head();
  Hash other_hash = head.hash;
  other_hash.back() ^= 1;
  const Head wrong[] = {
      {head.seq, other_hash}, {head.seq - 1, head.hash}, {head.seq + 1, head.hash}, Head()};
  for (const Head& expected : wrong) {
    Shop attempt = shop;
    attempt.AddOrder("drop", "user");
    LD_CONFORM_CODE(kFenced, attempt.CommitOn(storage, expected));
  }
  LD_CONFORM_GET(after, Dump(storage));
  LD_CONFORM_ROWS(before, after);
  return OkStatus();
}

Status SecondCommitOnTheSameHeadIsFenced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  Shop rival = shop;
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_CODE(kFenced, rival.Commit(storage));
  LD_CONFORM_GET(head, storage.ReadHead());
  LD_CONFORM_SAME(shop.head(), head);
  return OkStatus();
}

// Commits what `spoil` makes of a good batch with rows of many kinds: it must be refused whole.
template <class Spoil>
Status RefusesWhole(StorageFactory& factory, Spoil spoil) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  const std::uint64_t order = shop.NextSeq();
  shop.AddOrder("drop", "user", 4, 600);
  shop.AddAccount("first", "first@example.com");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(before, Dump(storage));

  shop.AddProduct("product");
  shop.AddFollow("creator", "user", TimeOf(1));
  shop.AddAccount("second", "second@example.com");
  shop.AddSession("session", "second");
  shop.AddChange(order, OrderStatus::confirmed, 2);
  shop.AddOrder("drop", "user");
  shop.batch().creators.push_back({CreatorId("creator"), 1, 1});
  shop.batch().users.push_back({UserId("user"), 1, 1, 0});
  Shop spoiled = shop;
  spoil(spoiled.batch());
  LD_CONFORM(IsRefused(spoiled.Commit(storage)));
  LD_CONFORM_GET(after, Dump(storage));
  LD_CONFORM_ROWS(before, after);

  // The refusal leaves nothing behind that would hurt the next commit.
  LD_CONFORM(shop.Commit(storage));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status GapInTheRowsIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory,
                      [](OwnedBatch& batch) { batch.events.erase(batch.events.begin() + 1); });
}

Status GapBeforeTheRowsIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { batch.events.erase(batch.events.begin()); });
}

Status SameSeqTwiceIsRefused(StorageFactory& factory) {
  return RefusesWhole(
      factory, [](OwnedBatch& batch) { batch.orders.front().row.seq = batch.events[0].seq; });
}

Status RowsInWrongOrderAreRefused(StorageFactory& factory) {
  return RefusesWhole(factory,
                      [](OwnedBatch& batch) { std::swap(batch.events[0], batch.events[1]); });
}

Status HeadBeyondTheRowsIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { ++batch.head.seq; });
}

Status HeadWithAnotherHashIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { batch.head.hash[0] ^= 1; });
}

Status NegativeStockIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { batch.drops[0].drop.current_stock = -1; });
}

Status NegativeHeldIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { batch.drops[0].drop.held = -1; });
}

Status NegativeBalanceIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { batch.orders[0].row.balance = -1; });
}

Status QuantityZeroIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory, [](OwnedBatch& batch) { batch.orders[0].row.quantity = 0; });
}

Status EmailOfTwoAccountsIsRefused(StorageFactory& factory) {
  return RefusesWhole(factory,
                      [](OwnedBatch& batch) { batch.accounts[0].email = "first@example.com"; });
}

Status LargeBatchIsOneCommit(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  for (int i = 0; i < 3000; ++i) {
    shop.AddOrder("drop", "user" + std::to_string(i % 700), 1 + i % 3, i % 5 == 0 ? 60 : 0);
    if (i % 10 == 0) shop.AddEvent(EventType::lowStock, "drop:drop");
  }
  LD_CONFORM(shop.Commit(storage));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 10'000, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

Status ManySmallCommitsFollowEachOther(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  for (int i = 0; i < 100; ++i) {
    LD_CONFORM(shop.Commit(storage));
    LD_CONFORM_GET(head, storage.ReadHead());
    LD_CONFORM_SAME(shop.head(), head);
    shop.AddOrder("drop", "user");
  }
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 1000, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

}  // namespace

std::vector<ConformanceCase> CommitCases() {
  return {LD_CASE(EmptyDatabaseHasTheEmptyHead),
          LD_CASE(CommitMovesTheHead),
          LD_CASE(RowsReadBackIdentically),
          LD_CASE(LargestValuesReadBackIdentically),
          LD_CASE(EveryEventTypeReadsBack),
          LD_CASE(BatchMayChangeAfterItsCommit),
          LD_CASE(OtherHeadIsFenced),
          LD_CASE(SecondCommitOnTheSameHeadIsFenced),
          LD_CASE(GapInTheRowsIsRefused),
          LD_CASE(GapBeforeTheRowsIsRefused),
          LD_CASE(SameSeqTwiceIsRefused),
          LD_CASE(RowsInWrongOrderAreRefused),
          LD_CASE(HeadBeyondTheRowsIsRefused),
          LD_CASE(HeadWithAnotherHashIsRefused),
          LD_CASE(NegativeStockIsRefused),
          LD_CASE(NegativeHeldIsRefused),
          LD_CASE(NegativeBalanceIsRefused),
          LD_CASE(QuantityZeroIsRefused),
          LD_CASE(EmailOfTwoAccountsIsRefused),
          LD_CASE(LargeBatchIsOneCommit),
          LD_CASE(ManySmallCommitsFollowEachOther)};
}

}  // namespace livedrops::conformance
