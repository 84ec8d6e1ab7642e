// Conformance: LoadState and LoadOrders, with which an engine opens.
#include <algorithm>
#include <limits>

#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

using Rows = std::vector<std::string>;

// LoadState must show exactly these rows, in any order, and the head they belong to.
Status Loads(Storage& storage, const Shop& shop, Rows expected) {
  StateNotes state;
  LD_CONFORM_GET(head, storage.LoadState(state));
  LD_CONFORM_SAME(shop.head(), head);
  std::sort(expected.begin(), expected.end());
  LD_CONFORM_ROWS(expected, state.Sorted());
  return OkStatus();
}

Status DropsLoadWithEveryColumn(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  Rows expected{Text(shop.AddDrop("plain"))};
  DropRow& row = shop.AddDrop("full", "some.product", "some:creator");
  row.drop.price = {kMoneyMax, *Currency::Parse("GBP")};
  row.drop.init_stock = 10;
  row.drop.adjust = -3;
  row.drop.current_stock = 4;
  row.drop.held = 2;
  row.drop.low_stock = 5;
  row.drop.max_per_order = 6;
  row.drop.max_per_user = std::numeric_limits<std::int32_t>::max();
  row.drop.confirmation = Confirmation::hold;
  row.drop.hold_seconds = 3600;
  row.drop.start_time = TimeFromMs(0);
  row.drop.end_time = TimeFromMs(253'402'300'799'999);
  row.fingerprint = std::numeric_limits<std::uint64_t>::max();
  row.started = row.ended = true;
  expected.push_back(Text(row));
  DropRow& flags = shop.AddDrop("flags");
  flags.paused = flags.cancelled = true;
  expected.push_back(Text(flags));
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop, expected);
}

Status DropsAreReplaced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  LD_CONFORM(shop.Commit(storage));
  shop.AddOrder("drop", "user", 5, 600);
  shop.batch().drops.back().paused = true;
  const Rows expected{Text(shop.batch().drops.back())};
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop, expected);
}

Status ProductsLoadAndAreReplaced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddProduct("a");
  Rows expected{Text(shop.batch().products.back())};
  shop.AddProduct("b");
  LD_CONFORM(shop.Commit(storage));
  Product& product = shop.AddProduct("b");
  product.name = "\xc3\xa9t\xc3\xa9 'n' \"m\"";
  product.description = std::string(4000, 'd');
  product.price = {kMoneyMax, *Currency::Parse("JPY")};
  product.media_url = "/media/abc";
  product.version = 2;
  product.updated_at = TimeOf(1000);
  shop.batch().products.back().deleted = true;
  expected.push_back(Text(shop.batch().products.back()));
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop, expected);
}

Status CountersLoadAndAreReplaced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  const CreatorRow creators[] = {{CreatorId("c"), 1, 1}, {CreatorId("c"), 70'000'000'000, 5}};
  const UserRow users[] = {{UserId("u"), 1, 2, 3}, {UserId("u"), 4, 5, 60'000'000'000}};
  for (int i = 0; i < 2; ++i) {
    shop.AddEvent(EventType::followed, "creator:c");
    shop.batch().creators.push_back(creators[i]);
    shop.batch().users.push_back(users[i]);
    LD_CONFORM(shop.Commit(storage));
  }
  return Loads(storage, shop, {Text(creators[1]), Text(users[1])});
}

Status FollowsLoadWithoutTheEndedOnes(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddFollow("c", "stays", TimeOf(1));
  shop.AddFollow("c", "goes", TimeOf(2));
  shop.AddFollow("d", "stays", TimeOf(3));
  LD_CONFORM(shop.Commit(storage));
  shop.AddFollow("c", "goes", TimeOf(2), false);
  shop.AddFollow("c", "was.never.there", TimeOf(2), false);
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop,
               {Text(FollowEntry{CreatorId("c"), UserId("stays"), TimeOf(1)}),
                Text(FollowEntry{CreatorId("d"), UserId("stays"), TimeOf(3)})});
}

Status AccountsAndSessionsLoadAndAreReplaced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddAccount("a", "a@example.com");
  shop.AddSession("s", "a");
  LD_CONFORM(shop.Commit(storage));
  Account& account = shop.AddAccount("a", "new@example.com");
  account.role = Role::admin;
  account.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
  account.bio = "\xe2\x82\xac";
  account.birthday = "2000-02-29";
  account.disabled = true;
  Session& session = shop.AddSession("s", "a");
  session.previous_token_hash = "old";
  session.revoked = true;
  const Rows expected{Text(account), Text(session)};
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop, expected);
}

Status EveryRoleLoads(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  Rows expected;
  for (const Role role : {Role::user, Role::creator, Role::service, Role::admin}) {
    Account& account = shop.AddAccount(ToString(role), "");
    account.role = role;
    account.erased = true;
    expected.push_back(Text(account));
  }
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop, expected);
}

Status EveryKeyOfAnEventLoads(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  Rows expected;
  for (int i = 0; i < 6; ++i) {
    EventRow& event = shop.AddEvent(EventType::productUpdated, "creator:c");
    if (i % 2 == 0) event.key = "scope\n" + std::to_string(i);
    event.fingerprint = std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(i);
    if (i % 2 == 0) expected.push_back("key of " + Text(event));
    if (i == 3) LD_CONFORM(shop.Commit(storage));
  }
  LD_CONFORM(shop.Commit(storage));
  return Loads(storage, shop, expected);
}

// --- orders ------------------------------------------------------------------------------------

// Two drops in turns; orders of "a": 3, 5, 7, of "b": 4, 6, 8.
Status WriteOrders(Storage& storage, Shop* shop) {
  shop->AddDrop("a");
  shop->AddDrop("b");
  for (int i = 0; i < 6; ++i) {
    shop->AddOrder(i % 2 == 0 ? "a" : "b", "user", 2 + i, i == 2 ? 600 : 0);
    if (i == 3) LD_CONFORM(shop->Commit(storage));
  }
  return shop->Commit(storage);
}

Status LoadsOrders(Storage& storage, const Shop& shop, std::vector<std::uint64_t> drop_nos,
                   std::uint64_t until, const std::vector<std::uint64_t>& seqs) {
  OrderNotes orders;
  LD_CONFORM(storage.LoadOrders(drop_nos, until, orders));
  Rows expected;
  for (const std::uint64_t seq : seqs) expected.push_back(shop.ExpectedLoaded(seq));
  LD_CONFORM_ROWS(expected, orders.rows);
  return OkStatus();
}

Status OrdersOfTheDropsAskedForLoad(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(LoadsOrders(storage, shop, {1}, 100, {3, 5, 7}));
  LD_CONFORM(LoadsOrders(storage, shop, {2}, 100, {4, 6, 8}));
  LD_CONFORM(LoadsOrders(storage, shop, {}, 100, {}));
  LD_CONFORM(LoadsOrders(storage, shop, {99}, 100, {}));
  return OkStatus();
}

Status OrdersOfManyDropsLoadBySeq(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(LoadsOrders(storage, shop, {1, 2}, 100, {3, 4, 5, 6, 7, 8}));
  LD_CONFORM(LoadsOrders(storage, shop, {2, 1}, 100, {3, 4, 5, 6, 7, 8}));
  return OkStatus();
}

Status OrdersLoadUpToASeq(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(LoadsOrders(storage, shop, {1, 2}, 5, {3, 4, 5}));
  LD_CONFORM(LoadsOrders(storage, shop, {1}, 4, {3}));
  LD_CONFORM(LoadsOrders(storage, shop, {1, 2}, 2, {}));
  return OkStatus();
}

Status OrdersLoadWithTheirPresentState(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  shop.AddChange(3, OrderStatus::cancelled, 2);
  shop.AddChange(4, OrderStatus::confirmed, 1);
  shop.AddChange(5, OrderStatus::held, 3).expires_at = TimeOf(5000);
  shop.AddChange(6, OrderStatus::expired, 5);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(LoadsOrders(storage, shop, {1, 2}, 100, {3, 4, 5, 6, 7, 8}));
  shop.AddChange(5, OrderStatus::confirmed, 2);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(LoadsOrders(storage, shop, {1}, 100, {3, 5, 7}));
  return OkStatus();
}

Status OrderMayChangeInTheBatchThatCreatesIt(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  shop.AddOrder("drop", "user", 3, 600);
  shop.AddChange(2, OrderStatus::confirmed, 2);
  LD_CONFORM(shop.Commit(storage));
  return LoadsOrders(storage, shop, {1}, 100, {2});
}

Status ChangesLeaveTheLogAlone(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  shop.AddChange(5, OrderStatus::expired, 1);
  LD_CONFORM(shop.Commit(storage));
  LogNotes log;
  LD_CONFORM(storage.ReadLog(0, 100, log));
  LD_CONFORM_ROWS(shop.log(), log.rows);
  return OkStatus();
}

}  // namespace

std::vector<ConformanceCase> StateCases() {
  return {LD_CASE(DropsLoadWithEveryColumn),
          LD_CASE(DropsAreReplaced),
          LD_CASE(ProductsLoadAndAreReplaced),
          LD_CASE(CountersLoadAndAreReplaced),
          LD_CASE(FollowsLoadWithoutTheEndedOnes),
          LD_CASE(AccountsAndSessionsLoadAndAreReplaced),
          LD_CASE(EveryRoleLoads),
          LD_CASE(EveryKeyOfAnEventLoads),
          LD_CASE(OrdersOfTheDropsAskedForLoad),
          LD_CASE(OrdersOfManyDropsLoadBySeq),
          LD_CASE(OrdersLoadUpToASeq),
          LD_CASE(OrdersLoadWithTheirPresentState),
          LD_CASE(OrderMayChangeInTheBatchThatCreatesIt),
          LD_CASE(ChangesLeaveTheLogAlone)};
}

}  // namespace livedrops::conformance
