// A good shop whose rows a test may edit as it likes, served as a storage that is only read.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/hex.h"
#include "base/sha256.h"
#include "livedrops/engine.h"
#include "livedrops/spi/log_text.h"
#include "livedrops/testing/sim_clock.h"
#include "storage/memory/memory_storage.h"
#include "testing/owned_batch.h"

namespace livedrops {

// Everything that a storage holds, by value.
struct ShopRows : LogSink, StateSink, OrderSink {
  using LogRow = std::variant<OwnedOrder, EventRow>;
  std::deque<LogRow> log;
  std::vector<DropRow> drops;
  std::vector<ProductRow> products;
  std::vector<CreatorRow> creators;
  std::vector<UserRow> users;
  std::vector<FollowRow> follows;
  std::vector<Account> accounts;
  std::vector<Session> sessions;
  std::vector<EventRow> keys;
  std::vector<OrderChange> present;

  void OnOrder(const OrderRow& row) override { log.emplace_back(OwnedOrder(row)); }
  void OnEvent(const EventRow& row) override { log.emplace_back(row); }
  void OnDrop(const DropRow& row) override { drops.push_back(row); }
  void OnProduct(const ProductRow& row) override { products.push_back(row); }
  void OnCreator(const CreatorRow& row) override { creators.push_back(row); }
  void OnUser(const UserRow& row) override { users.push_back(row); }
  void OnFollow(const FollowRow& row) override { follows.push_back(row); }
  void OnAccount(const Account& row) override { accounts.push_back(row); }
  void OnSession(const Session& row) override { sessions.push_back(row); }
  void OnKey(const EventRow& row) override { keys.push_back(row); }
  void OnOrder(const OrderRow&, const OrderChange& row) override { present.push_back(row); }

  static std::uint64_t SeqOf(const LogRow& row) {
    return std::visit([](const auto& r) { return SeqIn(r); }, row);
  }
  static std::uint64_t SeqIn(const OwnedOrder& order) { return order.row.seq; }
  static std::uint64_t SeqIn(const EventRow& row) { return row.seq; }

  // The n-th order; the n-th event of a type. From 0.
  OwnedOrder& OrderAt(std::size_t n);
  EventRow& EventAt(EventType type, std::size_t n = 0);
  DropRow& DropNamed(const std::string& id);
  OrderChange& PresentOf(const OwnedOrder& order);
  // Computes all hashes again, so that only what was edited is wrong, and the head.
  void Reseal();

  Head head;
  std::uint64_t unlisted = 0;  // An order that no list shows.
  // Reading the log fails after so many rows.
  std::size_t readable_rows = SIZE_MAX;
  StatusCode read_failure = StatusCode::kCorrupt;
};

inline OwnedOrder& ShopRows::OrderAt(std::size_t n) {
  for (LogRow& row : log) {
    auto* order = std::get_if<OwnedOrder>(&row);
    if (order != nullptr && n-- == 0) return *order;
  }
  ADD_FAILURE() << "no such order";
  std::abort();
}

inline EventRow& ShopRows::EventAt(EventType type, std::size_t n) {
  for (LogRow& row : log) {
    auto* event = std::get_if<EventRow>(&row);
    if (event != nullptr && event->type == type && n-- == 0) return *event;
  }
  ADD_FAILURE() << "no such " << ToString(type);
  std::abort();
}

inline DropRow& ShopRows::DropNamed(const std::string& id) {
  for (DropRow& row : drops) {
    if (row.drop.id.str() == id) return row;
  }
  ADD_FAILURE() << "no drop " << id;
  std::abort();
}

inline OrderChange& ShopRows::PresentOf(const OwnedOrder& order) {
  for (OrderChange& row : present) {
    if (row.seq == order.row.seq) return row;
  }
  ADD_FAILURE() << "no order " << order.row.seq;
  std::abort();
}

// As CONTRACT §8 says it.
inline void ShopRows::Reseal() {
  Sha256 sha256;
  std::string last = "0";
  const auto seal = [&](std::uint64_t seq, Time at, std::string_view actor, EventType type,
                        const std::string& subject, const std::string& body, Hash* hash) {
    const std::string text = last + "|" + std::to_string(seq) + "|" + std::to_string(ToMs(at)) +
                             "|" + std::string(actor) + "|" + std::string(ToString(type)) + "|" +
                             subject + "|" + body;
    *hash = sha256.Of(text);
    last = ToHex(*hash);
    head = {seq, *hash};
  };
  for (LogRow& entry : log) {
    if (auto* event = std::get_if<EventRow>(&entry)) {
      seal(event->seq, event->at, event->actor, event->type, event->subject, event->body,
           &event->hash);
      continue;
    }
    auto& order = std::get<OwnedOrder>(entry);
    const OrderRow row = order.View();
    std::string drop_id;
    for (const DropRow& drop : drops) {
      if (drop.drop_no == row.drop_no) drop_id = drop.drop.id.str();
    }
    std::string body;
    AppendOrderBody(row, drop_id, &body);
    seal(row.seq, row.at, ActorOf(row), TypeOf(row), OrderId(row.order_id).str(), body,
         &order.row.hash);
  }
}

// Serves the rows; everything that verify does not need is refused.
class EditedStorage : public Storage {
 public:
  explicit EditedStorage(const ShopRows* rows) : rows_(*rows) {}
  const ShopInfo& info() const override { return info_; }
  Result<Head> ReadHead() override { return rows_.head; }
  Status Commit(const CommitBatch&, const Head&) override { return Refused(); }
  Status Lock(Duration) override { return Refused(); }
  void Unlock() override {}
  Result<Head> Resolve(const std::function<EventRow(const Head&)>&) override { return Refused(); }
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override;
  Result<Head> LoadState(StateSink& sink) override;
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override;
  Result<Order> GetOrder(std::uint64_t) override { return Refused(); }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override;
  Status ListEvents(const EventQuery&, std::vector<Event>*) override { return Refused(); }
  Status ReadChannel(const ChannelQuery&, std::vector<Event>*) override { return Refused(); }
  Catalog& catalog() override { std::abort(); }
  Status Close() override { return OkStatus(); }

 private:
  static Status Refused() { return {StatusCode::kUnsupported, "rows of a test"}; }
  const ShopRows& rows_;
  ShopInfo info_{"epoch", {1, 2, 3}};
};

inline Status EditedStorage::ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) {
  std::size_t read = 0;
  for (const ShopRows::LogRow& entry : rows_.log) {
    if (++read > rows_.readable_rows) return {rows_.read_failure, "the disk says no"};
    if (ShopRows::SeqOf(entry) <= after_seq || limit-- <= 0) continue;
    if (const auto* event = std::get_if<EventRow>(&entry)) {
      sink.OnEvent(*event);
    } else {
      sink.OnOrder(std::get<OwnedOrder>(entry).View());
    }
  }
  return OkStatus();
}

// Only what makes one list another.
inline Status EditedStorage::ListOrders(const OrderQuery& query, std::vector<Order>* out) {
  out->clear();
  for (const ShopRows::LogRow& entry : rows_.log) {
    const auto* order = std::get_if<OwnedOrder>(&entry);
    if (order == nullptr || rows_.unlisted == order->row.seq) continue;
    const bool of_drop = std::ranges::any_of(rows_.drops, [&](const DropRow& drop) {
      return drop.drop_no == order->row.drop_no && drop.drop.id == query.drop;
    });
    if (!of_drop && order->user != query.user.view()) continue;
    out->emplace_back().id = OrderId(order->row.order_id);
  }
  if (query.drop.empty()) std::ranges::reverse(*out);
  return OkStatus();
}

inline Result<Head> EditedStorage::LoadState(StateSink& sink) {
  for (const auto& row : rows_.drops) sink.OnDrop(row);
  for (const auto& row : rows_.products) sink.OnProduct(row);
  for (const auto& row : rows_.creators) sink.OnCreator(row);
  for (const auto& row : rows_.users) sink.OnUser(row);
  for (const auto& row : rows_.follows) sink.OnFollow(row);
  for (const auto& row : rows_.accounts) sink.OnAccount(row);
  for (const auto& row : rows_.sessions) sink.OnSession(row);
  for (const auto& row : rows_.keys) sink.OnKey(row);
  return rows_.head;
}

inline Status EditedStorage::LoadOrders(std::span<const std::uint64_t> drop_nos,
                                        std::uint64_t until_seq, OrderSink& sink) {
  for (const ShopRows::LogRow& entry : rows_.log) {
    const auto* order = std::get_if<OwnedOrder>(&entry);
    if (order == nullptr || order->row.seq > until_seq) continue;
    if (std::ranges::find(drop_nos, order->row.drop_no) == drop_nos.end()) continue;
    for (const OrderChange& present : rows_.present) {
      if (present.seq == order->row.seq) sink.OnOrder(order->View(), present);
    }
  }
  return OkStatus();
}

// Does a bit of everything, a second after the other.
class GoodShop {
 public:
  GoodShop() {
    EngineOptions options;
    options.clock = &clock_;
    options.ids = &ids_;
    engine_ = std::move(*Engine::Open(OpenMemoryStorage(database_), options));
    Sell();
    Hold();
    Rest();
    EXPECT_TRUE(engine_->Close().ok());
  }

  // All rows of it.
  ShopRows Rows() const {
    const auto storage = OpenMemoryStorage(database_);
    ShopRows rows;
    EXPECT_TRUE(storage->ReadLog(0, INT32_MAX, rows).ok());
    rows.head = *storage->LoadState(rows);
    std::vector<std::uint64_t> drop_nos;
    for (const DropRow& row : rows.drops) drop_nos.push_back(row.drop_no);
    EXPECT_TRUE(storage->LoadOrders(drop_nos, rows.head.seq, rows).ok());
    return rows;
  }
  const std::shared_ptr<MemoryDatabase>& database() const { return database_; }

 private:
  OrderId Done(const Reply& reply) {
    EXPECT_TRUE(reply.status.ok()) << reply.status.ToString();
    clock_.Advance(Duration(1'000));
    return reply.order.id;
  }
  OrderId Place(const char* drop, const char* user, const char* key, std::int64_t quantity) {
    PlaceOrder order;
    order.drop = DropId(drop);
    order.user = UserId(user);
    order.key = Key(key);
    order.quantity = quantity;
    return Done(engine_->orders().Place(order));
  }
  void MakeDrop(const char* id, std::int64_t stock, Confirmation confirmation) {
    CreateDrop drop;
    drop.id = DropId(id);
    drop.product = ProductId("p1");
    drop.end_time = clock_.Now() + std::chrono::hours(24);
    drop.stock = stock;
    drop.low_stock = 1;
    drop.max_per_order = 2;
    drop.max_per_user = 3;
    drop.confirmation = confirmation;
    drop.hold_seconds = 60;
    Done(engine_->drops().Create(drop));
  }

  // d1: 5 units, all sold, one returned.
  void Sell() {
    CreateProduct product;
    product.id = ProductId("p1");
    product.creator = CreatorId("c1");
    product.name = "a product";
    product.price.minor_units = 500;
    Done(engine_->products().Create(product));
    MakeDrop("d1", 5, Confirmation::direct);
    Place("d1", "ann", "k1", 2);
    Place("d1", "bob", "k1", 2);
    CancelOrder cancel;
    cancel.order = Place("d1", "cid", "k1", 1);
    cancel.key = Key("cancel1");
    cancel.actor = UserId("cid");
    Done(engine_->orders().Cancel(cancel));
  }

  // d2: 4 units; one hold confirmed in part, one expired, one alive; more units came.
  void Hold() {
    MakeDrop("d2", 4, Confirmation::hold);
    ConfirmOrder confirm;
    confirm.order = Place("d2", "ann", "k2", 2);
    confirm.quantity = 1;
    Done(engine_->orders().Confirm(confirm));
    Place("d2", "bob", "k2", 1);
    clock_.Advance(Duration(61'000));
    EXPECT_TRUE(engine_->Advance().ok());
    Done(engine_->drops().Restock({DropId("d2"), 3, UserId(), Key("more")}));
    Place("d2", "cid", "k2", 1);
  }

  void Rest() {
    Done(engine_->follows().Set({CreatorId("c1"), UserId("ann"), true, UserId()}));
    Done(engine_->follows().Set({CreatorId("c1"), UserId("bob"), true, UserId()}));
    Done(engine_->follows().Set({CreatorId("c1"), UserId("bob"), false, UserId()}));
    Done(engine_->notifications().Mark({UserId("ann"), 5}));
    CreateAccount account;
    account.account.id = UserId("ann");
    account.account.name = "Ann";
    account.account.email = "ann@example.com";
    Done(engine_->accounts().Create(account));
    OpenSession session;
    session.session.id = "s1";
    session.session.user = UserId("ann");
    Done(engine_->accounts().Open(session));
  }

  SimClock clock_;
  SequentialIds ids_;
  std::shared_ptr<MemoryDatabase> database_ = NewMemoryDatabase({.seed = 11});
  std::unique_ptr<Engine> engine_;
};

}  // namespace livedrops
