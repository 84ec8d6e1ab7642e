// Conformance: one order, the orders of a user, the orders of a drop.
#include "testing/conformance_kit.h"

namespace livedrops::conformance {
namespace {

using Seqs = std::vector<std::uint64_t>;

// Drops a (1), b (2). Orders of ann: a 3, b 5, a 7, b 9, a 11; of ben: a 4, b 6, a 8, b 10, a 12.
// 5 and 8 are holds. Events stand between the commits.
Status WriteOrders(Storage& storage, Shop* shop) {
  shop->AddDrop("a");
  shop->AddDrop("b");
  LD_CONFORM(shop->Commit(storage));
  for (int i = 0; i < 10; ++i) {
    const bool first_drop = i / 2 % 2 == 0;
    const bool hold = i == 2 || i == 5;
    shop->AddOrder(first_drop ? "a" : "b", i % 2 == 0 ? "ann" : "ben", 4 + i, hold ? 600 : 0);
    if (i % 3 == 0) LD_CONFORM(shop->Commit(storage));
  }
  return shop->Commit(storage);
}

// One order in each status: 3 confirmed, 5 held, 7 cancelled, 9 expired, 11 confirmed in part.
Status ChangeOrders(Storage& storage, Shop* shop) {
  shop->AddChange(7, OrderStatus::cancelled, 8);
  shop->AddChange(9, OrderStatus::expired, 10);
  shop->AddChange(11, OrderStatus::confirmed, 5);
  return shop->Commit(storage);
}

Status Lists(Storage& storage, const Shop& shop, const OrderQuery& query, const Seqs& seqs) {
  std::vector<Order> orders;
  LD_CONFORM(storage.ListOrders(query, &orders));
  LD_CONFORM_ROWS(shop.ExpectedOrders(seqs), Texts(orders));
  return OkStatus();
}

OrderQuery OfUser(std::string_view user) {
  OrderQuery query;
  query.user = UserId(user);
  return query;
}
OrderQuery OfDrop(std::string_view drop) {
  OrderQuery query;
  query.drop = DropId(drop);
  return query;
}

// Reads page after page, as a cursor does, and compares with `all`.
Status ListsInPages(Storage& storage, const Shop& shop, OrderQuery query, const Seqs& all) {
  for (query.limit = 1; query.limit <= 4; ++query.limit) {
    query.after_seq = 0;
    std::size_t seen = 0;
    while (seen < all.size()) {
      const std::size_t end = std::min(all.size(), seen + static_cast<std::size_t>(query.limit));
      const auto first = all.begin();
      const Seqs page(first + static_cast<std::ptrdiff_t>(seen),
                      first + static_cast<std::ptrdiff_t>(end));
      LD_CONFORM(Lists(storage, shop, query, page));
      query.after_seq = page.back();
      seen = end;
    }
    LD_CONFORM(Lists(storage, shop, query, {}));
  }
  return OkStatus();
}

Status OrderIsReadBySeq(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  for (std::uint64_t seq = 3; seq <= 12; ++seq) {
    LD_CONFORM_GET(order, storage.GetOrder(seq));
    LD_CONFORM_SAME(shop.ExpectedOrder(seq), order);
  }
  return OkStatus();
}

// Amount goes with the present quantity; only a hold has a time when it ends.
Status OrderIsReadWithItsPresentState(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(ChangeOrders(storage, &shop));
  for (const std::uint64_t seq : {3, 5, 7, 9, 11}) {
    LD_CONFORM_GET(order, storage.GetOrder(seq));
    LD_CONFORM_SAME(shop.ExpectedOrder(seq), order);
  }
  LD_CONFORM_GET(part, storage.GetOrder(11));
  LD_CONFORM_SAME(5, part.quantity);
  LD_CONFORM_SAME(5 * 250, part.amount.minor_units);
  return OkStatus();
}

Status OrderHasTheCurrencyOfItsDrop(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  DropRow row = shop.AddDrop("drop");
  row.drop.price.currency = *Currency::Parse("GBP");
  shop.batch().drops.back() = row;
  LD_CONFORM(shop.Commit(storage));
  shop.AddOrder("drop", "user");
  LD_CONFORM(shop.Commit(storage));
  LD_CONFORM_GET(order, storage.GetOrder(2));
  LD_CONFORM_SAME("GBP", order.amount.currency.view());
  return OkStatus();
}

Status UnknownOrderIsNotFound(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  for (const std::uint64_t seq : {0, 1, 2, 13, 1'000'000}) {
    LD_CONFORM_CODE(kNotFound, storage.GetOrder(seq));
  }
  return OkStatus();
}

Status OrdersOfAUserAreListedNewestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(Lists(storage, shop, OfUser("ann"), {11, 9, 7, 5, 3}));
  LD_CONFORM(Lists(storage, shop, OfUser("ben"), {12, 10, 8, 6, 4}));
  for (const char* nobody : {"an", "anna", "ANN", "a", "b"}) {
    LD_CONFORM(Lists(storage, shop, OfUser(nobody), {}));
  }
  return OkStatus();
}

Status OrdersOfADropAreListedOldestFirst(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(Lists(storage, shop, OfDrop("a"), {3, 4, 7, 8, 11, 12}));
  LD_CONFORM(Lists(storage, shop, OfDrop("b"), {5, 6, 9, 10}));
  LD_CONFORM(Lists(storage, shop, OfDrop("ann"), {}));
  return OkStatus();
}

Status OrdersAreListedInPages(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(ListsInPages(storage, shop, OfUser("ann"), {11, 9, 7, 5, 3}));
  LD_CONFORM(ListsInPages(storage, shop, OfDrop("a"), {3, 4, 7, 8, 11, 12}));
  return OkStatus();
}

Status OrdersAreFilteredByPresentStatus(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  LD_CONFORM(WriteOrders(storage, &shop));
  LD_CONFORM(ChangeOrders(storage, &shop));
  const std::pair<OrderStatus, std::pair<Seqs, Seqs>> expected[] = {
      {OrderStatus::confirmed, {{11, 3}, {3, 4, 11, 12}}},
      {OrderStatus::held, {{5}, {8}}},
      {OrderStatus::cancelled, {{7}, {7}}},
      {OrderStatus::expired, {{9}, {}}}};
  for (const auto& [status, seqs] : expected) {
    OrderQuery of_user = OfUser("ann");
    of_user.status = status;
    LD_CONFORM(ListsInPages(storage, shop, of_user, seqs.first));
    OrderQuery of_drop = OfDrop("a");
    of_drop.status = status;
    LD_CONFORM(ListsInPages(storage, shop, of_drop, seqs.second));
  }
  return OkStatus();
}

// More orders than an index keeps in memory or in one page, of few and of many users.
Status ManyOrdersAreListedCompletely(StorageFactory& factory) {
  LD_CONFORM_CREATE(storage);
  Shop shop;
  shop.AddDrop("a");
  Seqs of_ann;
  Seqs of_drop;
  for (int i = 0; i < 4000; ++i) {
    const bool ann = i % 7 == 0;
    of_drop.push_back(shop.NextSeq());
    if (ann) of_ann.insert(of_ann.begin(), shop.NextSeq());
    shop.AddOrder("a", ann ? "ann" : "user" + std::to_string(i));
    if (i % 250 == 0) LD_CONFORM(shop.Commit(storage));
  }
  LD_CONFORM(shop.Commit(storage));
  OrderQuery query = OfUser("ann");
  query.limit = 10'000;
  LD_CONFORM(Lists(storage, shop, query, of_ann));
  query = OfDrop("a");
  query.limit = 10'000;
  LD_CONFORM(Lists(storage, shop, query, of_drop));
  return Lists(storage, shop, OfUser("user3999"), {4001});
}

}  // namespace

std::vector<ConformanceCase> OrderCases() {
  return {LD_CASE(OrderIsReadBySeq),
          LD_CASE(OrderIsReadWithItsPresentState),
          LD_CASE(OrderHasTheCurrencyOfItsDrop),
          LD_CASE(UnknownOrderIsNotFound),
          LD_CASE(OrdersOfAUserAreListedNewestFirst),
          LD_CASE(OrdersOfADropAreListedOldestFirst),
          LD_CASE(OrdersAreListedInPages),
          LD_CASE(OrdersAreFilteredByPresentStatus),
          LD_CASE(ManyOrdersAreListedCompletely)};
}

}  // namespace livedrops::conformance
