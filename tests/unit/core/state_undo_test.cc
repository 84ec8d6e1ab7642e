// What a batch did to the state is taken back exactly: random decisions, then a rollback, then a
// dump of everything that can be observed.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "base/hex.h"
#include "core/decider.h"
#include "livedrops/testing/sim_clock.h"

namespace livedrops {
namespace {

// Knows every product and nothing else.
class OneProductForAll : public Catalog {
 public:
  Result<DropRow> GetDrop(const DropId&) override { return None(); }
  Status ListDrops(const DropQuery&, std::vector<DropRow>*) override { return None(); }
  Result<Product> GetProduct(const ProductId& id) override {
    Product product;
    product.id = id;
    product.creator = CreatorId("c1");
    product.price.minor_units = 500;
    return product;
  }
  Result<ProductPage> ListProducts(const ProductFilter&, Time) override { return None(); }
  Result<FollowEntry> GetFollow(const CreatorId&, const UserId&) override { return None(); }
  Status ListFollows(const FollowQuery&, FollowPage*) override { return None(); }
  Result<UserRow> GetUser(const UserId&) override { return None(); }
  Result<Account> GetAccount(const UserId&) override { return None(); }
  Result<Account> FindAccount(const std::string&) override { return None(); }
  Result<Session> GetSession(const std::string&) override { return None(); }
  Status ListSessions(const SessionQuery&, std::vector<Session>*) override { return None(); }

 private:
  static Status None() { return {StatusCode::kNotFound, "none"}; }
};

class Shop {
 public:
  explicit Shop(std::uint64_t seed) : random_(seed), state_(Info()), decider_(&state_, Options()) {}

  // Decides some random requests as one batch.
  void DecideBatch(Batch* batch, std::uint64_t number) {
    batch->Reset(number, state_.head());
    state_.Record(number, &batch->undo, &batch->touched);
    if (random_() % 3 == 0) now_ += Duration(random_() % 40'000);
    decider_.Begin(batch, now_);
    int budget = 1000;
    while (DropState* drop = state_.NextDueDrop(decider_.now())) {
      if (!decider_.EmitDue(drop, &budget)) break;
    }
    for (std::uint64_t i = random_() % 20; i > 0; --i) DecideOne();
  }
  // After the newest batch was rolled back.
  void Forget(Time now) { now_ = now; }
  Time now() const { return now_; }
  State& state() { return state_; }
  std::mt19937_64& random() { return random_; }

  std::string Dump() {
    std::ostringstream out;
    out << "head " << state_.head().seq << ' ' << ToHex(state_.head().hash) << '\n';
    if (const auto due = state_.NextDue()) out << "due " << ToMs(*due) << '\n';
    for (const auto& drop : state_.drops()) DumpDrop(drop.get(), &out);
    for (int i = 0; i < 6; ++i) {
      const std::string user = "u" + std::to_string(i);
      const UserState& facts = state_.User(user);
      out << user << ' ' << facts.following << ' ' << facts.aggregate_seq << ' ' << facts.read_up_to
          << ' ' << state_.LiveHolds(state_.HashesOf(user, "").user);
      for (int c = 0; c < 3; ++c) out << ' ' << state_.IsFollowing("c" + std::to_string(c), user);
      out << '\n';
    }
    for (int c = 0; c < 3; ++c) {
      const CreatorState& facts = state_.Creator("c" + std::to_string(c));
      out << "c" << c << ' ' << facts.followers << ' ' << facts.aggregate_seq << '\n';
    }
    return out.str();
  }

 private:
  static ShopInfo Info() {
    ShopInfo info;
    for (std::size_t i = 0; i < info.secret.size(); ++i)
      info.secret[i] = static_cast<std::uint8_t>(i);
    return info;
  }
  EngineOptions Options() {
    EngineOptions options;
    options.ids = &ids_;
    options.clock = &clock_;
    options.late_confirm = LateConfirm::refund;
    options.holds_at_end = HoldsAtEnd::cancel;
    return options;
  }

  std::string Some(const char* prefix, std::uint64_t count) {
    return prefix + std::to_string(random_() % count);
  }
  DropState* SomeDrop() { return state_.FindDrop(Some("d", 4)); }
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  void DecideOne() {
    Reply reply;
    switch (random_() % 12) {
      case 0:
        return CreateOne(&reply);
      case 1:
        return ChangeOne(&reply);
      case 2:
        return RestockOne(&reply);
      case 3:
        return FollowOne(&reply);
      case 4:
        return decider_.Decide(MarkRead{UserId(Some("u", 6)), random_() % 300}, &reply);
      case 5:
      case 6:
      case 7:
        return CommandOne(&reply);
      default:
        return PlaceOne(&reply);
    }
  }

  void PlaceOne(Reply* reply) {
    PlaceOrder order;
    order.drop = DropId(Some("d", 4));
    order.user = UserId(Some("u", 6));
    order.key = Key(Some("k", 60));
    order.quantity = static_cast<std::int64_t>(1 + random_() % 4);
    if (Chance(60)) order.hold = true;
    if (Chance(30)) order.replace_hold = true;
    const OrderHashes hashes = state_.HashesOf(order.user.view(), order.key.view());
    placed_.push_back(order);
    decider_.Place(placed_.back(), hashes, state_.FindDrop(order.drop.view()), reply);
  }
  void CreateOne(Reply* reply) {
    CreateDrop create;
    create.id = DropId(Some("d", 4));
    create.product = ProductId("p1");
    create.stock = static_cast<std::int64_t>(random_() % 30);
    create.low_stock = 3;
    create.max_per_user = Chance(50) ? 8 : 0;
    create.hold_seconds = 30;
    if (Chance(30)) create.start_time = now_ + Duration(20'000);
    create.end_time = now_ + Duration(300'000);
    const Batch nothing;
    decider_.Decide(create, PendingTables(&catalog_, &nothing, nullptr), reply);
  }
  void ChangeOne(Reply* reply) {
    if (Chance(30)) {
      livedrops::UpdateDrop update;
      update.id = DropId(Some("d", 4));
      update.low_stock = static_cast<std::int64_t>(random_() % 9);
      update.end_time = now_ + Duration(100'000 + random_() % 100'000);
      return decider_.Decide(update, state_.FindDrop(update.id.view()), reply);
    }
    ChangeDrop change;
    change.id = DropId(Some("d", 4));
    // Ending and cancelling are rare: nothing happens to a drop afterwards.
    change.action = Chance(10) ? static_cast<DropAction>(random_() % 5)
                               : (Chance(50) ? DropAction::resume : DropAction::pause);
    decider_.Decide(change, state_.FindDrop(change.id.view()), reply);
  }
  void RestockOne(Reply* reply) {
    Restock restock;
    restock.id = DropId(Some("d", 4));
    restock.quantity = static_cast<std::int64_t>(random_() % 9) - 3;
    restock.key = Key(Some("r", 10));
    if (restock.quantity != 0) {
      decider_.Decide(restock, state_.FindDrop(restock.id.view()), reply);
    }
  }
  void FollowOne(Reply* reply) {
    FollowCreator follow;
    follow.creator = CreatorId(Some("c", 3));
    follow.user = UserId(Some("u", 6));
    follow.follow = Chance(60);
    decider_.Decide(follow, reply);
  }
  void CommandOne(Reply* reply) {
    DropState* drop = SomeDrop();
    if (drop == nullptr || drop->orders.size() == 0) return;
    const OrderRecord& order =
        drop->orders[static_cast<std::uint32_t>(random_() % drop->orders.size())];
    const OrderId id = drop->IdOf(order);
    const auto units = static_cast<std::int64_t>(1 + random_() % 3);
    switch (random_() % 4) {
      case 0:
        return decider_.Decide(livedrops::ExtendOrder{id, 60, {}, {}}, drop, reply);
      case 1:
        return decider_.Decide(CancelOrder{id, units, {}, {}}, drop, reply);
      case 2:
        return decider_.Decide(CancelOrder{id, {}, {}, Key(Some("x", 9))}, drop, reply);
      default:
        return decider_.Decide(ConfirmOrder{id, units, {}, {}}, drop, reply);
    }
  }

  void DumpDrop(DropState* drop, std::ostream* out) {
    const DropRow& row = drop->row;
    const Drop& facts = row.drop;
    *out << facts.id.view() << ' ' << row.drop_no << ' ' << facts.init_stock << ' ' << facts.adjust
         << ' ' << facts.current_stock << ' ' << facts.held << ' ' << facts.low_stock << ' '
         << facts.max_per_user << ' ' << facts.version << ' ' << ToMs(facts.start_time) << ' '
         << ToMs(facts.end_time) << ' ' << row.started << row.paused << row.ended << row.cancelled;
    if (const auto due = drop->NextDue()) *out << " due " << ToMs(*due);
    if (const auto hold = drop->NextExpiring())
      *out << " expires " << ToMs(drop->ExpiresAt(drop->orders[*hold]));
    *out << " found " << (state_.FindDrop(facts.id.view()) == drop) << '\n';
    for (std::uint32_t i = 0; i < drop->orders.size(); ++i) {
      const OrderRecord& order = drop->orders[i];
      *out << "  " << order.seq << ' ' << order.at_ms << ' ' << order.quantity << ' '
           << order.first_quantity << ' ' << order.lives_ms << ' ' << order.id_tag << ' '
           << order.ttl_seconds << ' ' << ToString(order.status) << ' ' << order.user << ' '
           << (drop->FindOrder(order.key) == i) << (state_.FindDropOfOrder(order.seq) == drop)
           << '\n';
    }
    for (std::uint32_t i = 0; i < drop->users.size(); ++i) {
      const UserRecord& user = drop->users[i];
      *out << "  user " << user.units << ' ' << user.last_order << ' '
           << (drop->FindUser(user.user) == i) << '\n';
    }
  }

  std::mt19937_64 random_;
  SimClock clock_;
  SequentialIds ids_;
  OneProductForAll catalog_;
  State state_;
  Decider decider_;
  Time now_ = TimeFromMs(1'700'000'000'000);
  std::deque<PlaceOrder> placed_;  // The rows of a batch hold views into them.
};

// Rolls back about half of the batches, some of them two at once, newest first.
TEST(Undo, LeavesTheStateAsItWas) {
  std::uint64_t rows = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Shop shop(seed);
    std::uint64_t number = 0;
    for (int round = 0; round < 60; ++round) {
      Batch first;
      Batch second;
      const Time now = shop.now();
      const std::string before = shop.Dump();
      shop.DecideBatch(&first, ++number);
      rows += first.rows();
      const std::string between = shop.Dump();
      if (shop.random()() % 2 == 0) {
        shop.DecideBatch(&second, ++number);
        if (shop.random()() % 3 != 0) {
          second.undo.Rollback();
          ASSERT_EQ(shop.Dump(), between) << "seed " << seed << " round " << round << ", the newer";
        } else {
          continue;  // Both are committed.
        }
      }
      if (shop.random()() % 2 == 0) {
        first.undo.Rollback();
        ASSERT_EQ(shop.Dump(), before) << "seed " << seed << " round " << round;
        shop.Forget(now);
      }
      shop.state().Record(0, nullptr, nullptr);
    }
  }
  EXPECT_GT(rows, 10'000u);  // The test does something.
}

// The stock of every drop always adds up, whatever was decided and undone.
TEST(Undo, KeepsTheStockConserved) {
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    Shop shop(seed);
    for (std::uint64_t number = 1; number <= 80; ++number) {
      Batch batch;
      shop.DecideBatch(&batch, number);
      if (number % 3 == 0) batch.undo.Rollback();
      shop.state().Record(0, nullptr, nullptr);
      for (const auto& drop : shop.state().drops()) {
        std::int64_t held = 0;
        std::int64_t confirmed = 0;
        for (std::uint32_t i = 0; i < drop->orders.size(); ++i) {
          const OrderRecord& order = drop->orders[i];
          held += order.status == OrderStatus::held ? order.quantity : 0;
          confirmed += order.status == OrderStatus::confirmed ? order.quantity : 0;
        }
        const Drop& facts = drop->row.drop;
        ASSERT_EQ(facts.held, held) << "seed " << seed;
        ASSERT_EQ(facts.init_stock + facts.adjust, facts.current_stock + held + confirmed);
        ASSERT_GE(facts.current_stock, 0);
      }
    }
  }
}

}  // namespace
}  // namespace livedrops
