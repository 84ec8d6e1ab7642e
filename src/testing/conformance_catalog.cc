// Conformance: the tables that a shop browses.
#include <limits>

#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

std::vector<std::string> Ids(const std::vector<DropRow>& rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const DropRow& row : rows) ids.push_back(row.drop.id.str());
  return ids;
}

// Drops a..f, two created at each time, of creators x and y in turns.
Status WriteDrops(Storage& storage, Shop* shop) {
  const std::string_view ids = "dbfaec";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    DropRow row = shop->AddDrop(ids.substr(i, 1), "product", i % 2 == 0 ? "x" : "y");
    row.drop.created_at = TimeOf(100 + i / 2);
    shop->batch().drops.back() = row;
  }
  return shop->Commit(storage);
}

// Reads what the query asks for page after page.
Status ListsDrops(Storage& storage, const DropQuery& wanted,
                  const std::vector<std::string>& expected) {
  for (const int limit : {1, 2, 5, 100}) {
    DropQuery query = wanted;
    query.limit = limit;
    std::vector<std::string> found;
    std::vector<DropRow> page;
    do {
      LD_CONFORM(storage.catalog().ListDrops(query, &page));
      for (const std::string& id : Ids(page)) found.push_back(id);
      if (!page.empty()) {
        query.after_created = page.back().drop.created_at;
        query.after_id = page.back().drop.id;
      }
    } while (!page.empty() && found.size() <= expected.size());
    LD_CONFORM_ROWS(expected, found);
  }
  return OkStatus();
}

// The drops of a creator; an empty one means all.
Status ListsDrops(Storage& storage, std::string_view creator,
                  const std::vector<std::string>& expected) {
  DropQuery query;
  query.creator = CreatorId(creator);
  return ListsDrops(storage, query, expected);
}

Status DropIsReadById(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteDrops(storage, &shop));
  LD_CONFORM_GET(row, storage.catalog().GetDrop(DropId("b")));
  LD_CONFORM_SAME(shop.drop("b"), row);
  for (const char* unknown : {"B", "g", "bb"}) {
    LD_CONFORM_CODE(kNotFound, storage.catalog().GetDrop(DropId(unknown)));
  }
  return OkStatus();
}

Status DropIsReadAsItIsNow(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("drop");
  LD_CONFORM(shop.Commit(storage));
  shop.AddOrder("drop", "user", 7);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(row, storage.catalog().GetDrop(DropId("drop")));
  LD_CONFORM_SAME(100'000 - 7, row.drop.current_stock);
  LD_CONFORM_SAME(shop.drop("drop"), row);
  return OkStatus();
}

// Also what never changes, when it was damaged and is written again.
Status DropRowIsReplacedWhole(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  DropRow row = shop.AddDrop("d");
  LD_CONFORM(shop.Commit(storage));
  row.drop.creator = CreatorId("another");
  row.drop.product = ProductId("another");
  row.drop.created_at += Duration(1);
  row.drop.version = 7;
  shop.batch().drops.push_back(row);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(found, storage.catalog().GetDrop(DropId("d")));
  LD_CONFORM_SAME(row, found);
  return OkStatus();
}

Status DropsAreListedNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(ListsDrops(storage, "", {}));
  LD_CONFORM(WriteDrops(storage, &shop));
  return ListsDrops(storage, "", {"c", "e", "a", "f", "b", "d"});
}

Status DropsAreListedByCreator(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteDrops(storage, &shop));
  LD_CONFORM(ListsDrops(storage, "x", {"e", "f", "d"}));
  LD_CONFORM(ListsDrops(storage, "y", {"c", "a", "b"}));
  return ListsDrops(storage, "z", {});
}

Status DropsAreListedByProduct(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  const std::string_view ids = "dbfaec";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    DropRow row = shop.AddDrop(ids.substr(i, 1), i % 2 == 0 ? "p" : "q");
    row.drop.created_at = TimeOf(100 + i / 2);
    shop.batch().drops.back() = row;
  }
  LD_CONFORM(shop.Commit(storage));
  DropQuery query;
  query.product = ProductId("p");
  LD_CONFORM(ListsDrops(storage, query, {"e", "f", "d"}));
  query.product = ProductId("q");
  LD_CONFORM(ListsDrops(storage, query, {"c", "a", "b"}));
  query.product = ProductId("r");
  return ListsDrops(storage, query, {});
}

Status ListedDropsAreWhole(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteDrops(storage, &shop));
  std::vector<DropRow> rows;
  LD_CONFORM(storage.catalog().ListDrops({}, &rows));
  std::vector<std::string> expected;
  for (const char* id : {"c", "e", "a", "f", "b", "d"}) expected.push_back(Text(shop.drop(id)));
  LD_CONFORM_ROWS(expected, Texts(rows));
  return OkStatus();
}

// --- products ----------------------------------------------------------------------------------

// Products a..e of creators x and y in turns, two at each time; c is deleted. a has a drop that
// runs, b one that is scheduled and one that was cancelled, d two that run.
Status WriteProducts(Storage& storage, Shop* shop) {
  const std::string_view ids = "badce";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Product& product = shop->AddProduct(ids.substr(i, 1), i % 2 == 0 ? "x" : "y");
    product.created_at = TimeOf(100 + i / 2);
    shop->batch().products.back().deleted = product.id.view() == "c";
  }
  const auto add_drop = [&](std::string_view id, std::string_view product, Time start) -> DropRow& {
    DropRow& row = shop->AddDrop(id, product);
    row.drop.start_time = start;
    row.drop.end_time = TimeOf(5000);
    return row;
  };
  add_drop("of-a", "a", TimeOf(1000)).started = true;
  add_drop("of-b", "b", TimeOf(2000));
  add_drop("of-b-too", "b", TimeOf(1000)).cancelled = true;
  add_drop("of-d", "d", TimeOf(1000)).started = true;
  add_drop("of-d-too", "d", TimeOf(1000)).started = true;
  add_drop("of-c", "c", TimeOf(1000)).started = true;
  return shop->Commit(storage);
}

Status ListsProducts(Storage& storage, const ProductFilter& filter, Time now,
                     const std::vector<std::string>& expected, std::int64_t total) {
  LD_CONFORM_GET(page, storage.catalog().ListProducts(filter, now));
  std::vector<std::string> found;
  found.reserve(page.data.size());
  for (const Product& product : page.data) found.push_back(product.id.str());
  LD_CONFORM_ROWS(expected, found);
  LD_CONFORM_SAME(total, page.total);
  return OkStatus();
}

Status ProductIsReadUntilItIsDeleted(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  const Product product = shop.AddProduct("thing");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(found, storage.catalog().GetProduct(product.id));
  LD_CONFORM_SAME(product, found);
  LD_CONFORM_CODE(kNotFound, storage.catalog().GetProduct(ProductId("Thing")));
  shop.AddProduct("thing");
  shop.batch().products.back().deleted = true;
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_CODE(kNotFound, storage.catalog().GetProduct(product.id));
  return OkStatus();
}

Status ProductsAreListedNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(ListsProducts(storage, {}, TimeOf(1500), {}, 0));
  LD_CONFORM(WriteProducts(storage, &shop));
  return ListsProducts(storage, {}, TimeOf(1500), {"e", "d", "a", "b"}, 4);
}

Status ProductsAreListedInPages(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteProducts(storage, &shop));
  ProductFilter filter;
  filter.limit = 3;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {"e", "d", "a"}, 4));
  filter.page = 2;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {"b"}, 4));
  filter.page = 3;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {}, 4));
  filter.page = std::numeric_limits<int>::max();
  filter.limit = 100;
  return ListsProducts(storage, filter, TimeOf(1500), {}, 4);
}

Status ProductsAreFilteredByCreator(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteProducts(storage, &shop));
  ProductFilter filter;
  filter.creator = CreatorId("x");
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {"e", "d", "b"}, 3));
  filter.creator = CreatorId("y");
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {"a"}, 1));
  filter.creator = CreatorId("z");
  return ListsProducts(storage, filter, TimeOf(1500), {}, 0);
}

// A product with two drops of the status is one product.
Status ProductsAreFilteredByStatusAtATime(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteProducts(storage, &shop));
  ProductFilter filter;
  filter.status = DropStatus::live;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {"d", "a"}, 2));
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(2000), {"d", "a", "b"}, 3));
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(5000), {}, 0));
  filter.status = DropStatus::scheduled;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(1500), {"b"}, 1));
  filter.status = DropStatus::cancelled;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(5000), {"b"}, 1));
  filter.status = DropStatus::ended;
  return ListsProducts(storage, filter, TimeOf(5000), {"d", "a", "b"}, 3);
}

// Every status by the same function as the engine's.
Status ProductsAreFilteredByEveryStatus(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
#define X(name) shop.AddProduct(#name);
  LIVEDROPS_DROP_STATUSES(X)
#undef X
  for (const char* id : {"scheduled", "live", "sold_out", "paused", "ended", "cancelled"}) {
    DropRow& row = shop.AddDrop(id, id);
    const std::string_view status = id;
    if (status == "scheduled") row.drop.start_time = TimeOf(2000);
    if (status == "sold_out") row.drop.current_stock = 0;
    row.started = status != "scheduled";
    row.paused = status == "paused" || status == "ended" || status == "cancelled";
    row.ended = status == "ended";
    row.cancelled = status == "cancelled";
  }
  // All stock is held: neither sold out nor lost.
  shop.AddProduct("held");
  DropRow& row = shop.AddDrop("held", "held");
  row.drop.held = row.drop.current_stock;
  row.drop.current_stock = 0;
  row.started = true;
  LD_CONFORM(shop.Commit(storage));
  ProductFilter filter;
#define X(name)                          \
  filter.status = DropStatus::name;      \
  if (filter.status != DropStatus::live) \
    LD_CONFORM(ListsProducts(storage, filter, TimeOf(1000), {#name}, 1));
  LIVEDROPS_DROP_STATUSES(X)
#undef X
  filter.status = DropStatus::live;
  return ListsProducts(storage, filter, TimeOf(1000), {"held", "live"}, 2);
}

Status ProductFiltersAddUp(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteProducts(storage, &shop));
  ProductFilter filter;
  filter.status = DropStatus::live;
  filter.creator = CreatorId("x");
  filter.limit = 1;
  LD_CONFORM(ListsProducts(storage, filter, TimeOf(2500), {"d"}, 2));
  filter.page = 2;
  return ListsProducts(storage, filter, TimeOf(2500), {"b"}, 2);
}

// --- users, accounts, sessions -----------------------------------------------------------------

Status UserIsReadById(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddEvent(EventType::followed, "creator:c");
  const UserRow row{UserId("u"), 3, 4, 5};
  shop.batch().users.push_back(row);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(found, storage.catalog().GetUser(row.id));
  LD_CONFORM_SAME(row, found);
  LD_CONFORM_CODE(kNotFound, storage.catalog().GetUser(UserId("v")));
  return OkStatus();
}

Status AccountIsReadByIdAndEmail(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  const Account account = shop.AddAccount("u", "u@example.com");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(by_id, storage.catalog().GetAccount(account.id));
  LD_CONFORM_SAME(account, by_id);
  LD_CONFORM_GET(by_email, storage.catalog().FindAccount("u@example.com"));
  LD_CONFORM_SAME(account, by_email);
  LD_CONFORM_CODE(kNotFound, storage.catalog().GetAccount(UserId("v")));
  LD_CONFORM_CODE(kNotFound, storage.catalog().FindAccount("v@example.com"));
  return OkStatus();
}

Status ErasedAccountsHaveNoEmail(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddAccount("u", "u@example.com");
  shop.AddAccount("v", "v@example.com");
  LD_CONFORM(shop.Commit(storage));
  shop.AddAccount("u", "").erased = true;
  shop.AddAccount("v", "").erased = true;
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_CODE(kNotFound, storage.catalog().FindAccount("u@example.com"));
  LD_CONFORM_CODE(kNotFound, storage.catalog().FindAccount(""));
  LD_CONFORM_GET(erased, storage.catalog().GetAccount(UserId("u")));
  LD_CONFORM_SAME(1, erased.erased);
  return OkStatus();
}

Status FreedEmailMayBeTaken(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddAccount("u", "shared@example.com");
  LD_CONFORM(shop.Commit(storage));
  shop.AddAccount("u", "").erased = true;
  LD_CONFORM(shop.Commit(storage));
  shop.AddAccount("v", "shared@example.com");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(found, storage.catalog().FindAccount("shared@example.com"));
  LD_CONFORM_SAME("v", found.id.view());
  return OkStatus();
}

Status SessionIsReplaced(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddSession("s", "u");
  LD_CONFORM(shop.Commit(storage));
  Session& rotated = shop.AddSession("s", "u");
  rotated.previous_token_hash = rotated.token_hash;
  rotated.token_hash = "another";
  rotated.revoked = true;
  const Session expected = rotated;
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(found, storage.catalog().GetSession("s"));
  LD_CONFORM_SAME(expected, found);
  LD_CONFORM_CODE(kNotFound, storage.catalog().GetSession("t"));
  return OkStatus();
}

// Reads the sessions of a user that expire after `expires_after`.
Status ListsSessions(Storage& storage, std::string_view user, Time expires_after, int limit,
                     const std::vector<std::string>& expected) {
  std::vector<Session> sessions;
  LD_CONFORM(storage.catalog().ListSessions({UserId(user), expires_after, limit}, &sessions));
  std::vector<std::string> found;
  found.reserve(sessions.size());
  for (const Session& session : sessions) found.push_back(session.id);
  LD_CONFORM_ROWS(expected, found);
  return OkStatus();
}

// By the time when they expire, not by that when they were opened.
Status LiveSessionsAreListedByUser(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  for (const char* id : {"c", "b", "a"}) shop.AddSession(id, "u").expires_at = TimeOf(2000);
  shop.AddSession("d", "u").expires_at = TimeOf(1000);
  shop.AddSession("of-v", "v").expires_at = TimeOf(1500);
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(ListsSessions(storage, "u", TimeOf(500), 100, {"d", "a", "b", "c"}));
  LD_CONFORM(ListsSessions(storage, "u", TimeOf(500), 2, {"d", "a"}));
  LD_CONFORM(ListsSessions(storage, "u", TimeOf(999), 100, {"d", "a", "b", "c"}));
  LD_CONFORM(ListsSessions(storage, "u", TimeOf(1000), 100, {"a", "b", "c"}));
  LD_CONFORM(ListsSessions(storage, "u", TimeOf(2000), 100, {}));
  LD_CONFORM(ListsSessions(storage, "v", TimeOf(500), 100, {"of-v"}));
  return ListsSessions(storage, "w", TimeOf(500), 100, {});
}

Status SessionsAreListedAsTheyAreNow(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  for (const char* id : {"a", "b", "c"}) shop.AddSession(id, "u").expires_at = TimeOf(2000);
  LD_CONFORM(shop.Commit(storage));
  shop.AddSession("a", "u").expires_at = TimeOf(3000);
  Session& revoked = shop.AddSession("b", "u");
  revoked.expires_at = TimeOf(2000);
  revoked.revoked = true;
  Session& newest = shop.AddSession("d", "u");
  newest.expires_at = TimeOf(4000);
  const Session expected = newest;
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM(ListsSessions(storage, "u", TimeOf(500), 100, {"c", "a", "d"}));
  std::vector<Session> sessions;
  LD_CONFORM(storage.catalog().ListSessions({UserId("u"), TimeOf(3000), 1}, &sessions));
  LD_CONFORM_ROWS(Texts(std::vector<Session>{expected}), Texts(sessions));
  return OkStatus();
}

}  // namespace

std::vector<ConformanceCase> CatalogCases() {
  return {LD_CASE(DropIsReadById),
          LD_CASE(DropIsReadAsItIsNow),
          LD_CASE(DropRowIsReplacedWhole),
          LD_CASE(DropsAreListedNewestFirst),
          LD_CASE(DropsAreListedByCreator),
          LD_CASE(DropsAreListedByProduct),
          LD_CASE(ListedDropsAreWhole),
          LD_CASE(ProductIsReadUntilItIsDeleted),
          LD_CASE(ProductsAreListedNewestFirst),
          LD_CASE(ProductsAreListedInPages),
          LD_CASE(ProductsAreFilteredByCreator),
          LD_CASE(ProductsAreFilteredByStatusAtATime),
          LD_CASE(ProductsAreFilteredByEveryStatus),
          LD_CASE(ProductFiltersAddUp),
          LD_CASE(UserIsReadById),
          LD_CASE(AccountIsReadByIdAndEmail),
          LD_CASE(ErasedAccountsHaveNoEmail),
          LD_CASE(FreedEmailMayBeTaken),
          LD_CASE(SessionIsReplaced),
          LD_CASE(LiveSessionsAreListedByUser),
          LD_CASE(SessionsAreListedAsTheyAreNow)};
}

}  // namespace livedrops::conformance
