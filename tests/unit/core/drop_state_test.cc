#include "core/drop_state.h"

#include <gtest/gtest.h>

#include <random>

namespace livedrops {
namespace {

OrderHashes HashesOf(std::uint64_t user, std::uint64_t key) {
  return {{user, user * 7 + 1}, {key, key * 11 + user}};
}

OrderRecord HoldUntil(std::uint64_t seq, std::uint32_t lives_ms) {
  OrderRecord record;
  record.seq = seq;
  record.at_ms = 1000;
  record.lives_ms = lives_ms;
  record.quantity = 1;
  record.status = OrderStatus::held;
  return record;
}

TEST(OrderIds, SayTimeSeqAndTag) {
  for (const std::uint64_t seq : {1ull, 0xffffffffull, 0x100000000ull, 0xfffffffffffull}) {
    for (const std::uint32_t tag : {0u, 1u, kIdTagMask}) {
      const OrderId id = MakeOrderId(1'700'000'000'123, seq, tag);
      EXPECT_EQ(SeqOf(id), seq);
      EXPECT_EQ(TagOf(id.bytes()), tag);
      const std::string text = id.str();
      EXPECT_EQ(text.substr(0, 13), "018bcfe5-687b");
      EXPECT_EQ(text[14], '7');
      EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
    }
  }
}

TEST(OrderIds, AscendWithTimeAndSeq) {
  EXPECT_LT(MakeOrderId(1000, 9, kIdTagMask), MakeOrderId(1001, 1, 0));
  EXPECT_LT(MakeOrderId(1000, 8, kIdTagMask), MakeOrderId(1000, 9, 0));
}

// Orders and users of a drop against plain lists; removing is exact.
TEST(DropState, TakesBackWhatItAppended) {
  std::mt19937_64 random(5);
  DropRow row;
  row.drop.init_stock = 10;
  DropState drop(row);
  struct Order {
    std::uint64_t user;
    std::uint64_t key;
  };
  std::vector<Order> model;
  std::uint64_t keys = 0;
  for (int step = 0; step < 5000; ++step) {
    if (!model.empty() && random() % 5 < 2) {
      drop.RemoveLast();
      model.pop_back();
    } else {
      const Order order{random() % 50, ++keys};
      drop.Append(HashesOf(order.user, order.key), HoldUntil(model.size() + 1, 1000));
      model.push_back(order);
    }
    if (step % 101 != 0) continue;
    std::map<std::uint64_t, std::uint32_t> last_of_user;
    for (std::uint32_t i = 0; i < model.size(); ++i) {
      ASSERT_EQ(drop.FindOrder(HashesOf(model[i].user, model[i].key).key), i);
      ASSERT_EQ(drop.FindSeq(i + 1), i);
      last_of_user[model[i].user] = i;
    }
    ASSERT_EQ(drop.users.size(), last_of_user.size());
    for (const auto& [user, last] : last_of_user) {
      const std::uint32_t found = drop.FindUser(HashesOf(user, 0).user);
      ASSERT_NE(found, SlotTable::kNone);
      ASSERT_EQ(drop.users[found].last_order, last);
    }
    ASSERT_EQ(drop.FindOrder(HashesOf(1, keys + 1).key), SlotTable::kNone);
    ASSERT_EQ(drop.FindSeq(model.size() + 1), SlotTable::kNone);
    ASSERT_EQ(drop.FindSeq(0), SlotTable::kNone);
  }
}

TEST(DropState, KnowsWhichHoldEndsFirst) {
  DropState drop{DropRow()};
  for (const std::uint32_t lives : {500u, 300u, 400u}) {
    drop.Append(HashesOf(lives, 1), HoldUntil(drop.orders.size() + 1, lives));
    drop.PlanExpiry(drop.orders.size() - 1);
  }
  EXPECT_EQ(drop.NextExpiring(), 1u);
  drop.orders[1].status = OrderStatus::confirmed;
  EXPECT_EQ(drop.NextExpiring(), 2u);
  drop.orders[2].lives_ms = 600;  // Extended.
  drop.PlanExpiry(2);
  EXPECT_EQ(drop.NextExpiring(), 0u);
  drop.orders[0].status = OrderStatus::cancelled;
  EXPECT_EQ(drop.NextExpiring(), 2u);
  drop.orders[2].status = OrderStatus::expired;
  EXPECT_EQ(drop.NextExpiring(), std::nullopt);
}

TEST(DropState, FindsTheLiveHoldOfAUser) {
  DropState drop{DropRow()};
  for (std::uint64_t i = 1; i <= 4; ++i) drop.Append(HashesOf(i % 2, i), HoldUntil(i, 1000));
  drop.orders[2].status = OrderStatus::cancelled;
  EXPECT_EQ(drop.FindHold(drop.FindUser(HashesOf(1, 0).user)), 0u);
  EXPECT_EQ(drop.FindHold(drop.FindUser(HashesOf(0, 0).user)), 3u);
  EXPECT_EQ(drop.FindHold(SlotTable::kNone), SlotTable::kNone);
}

TEST(DropState, PlansStartEndAndExpiry) {
  DropRow row;
  row.drop.start_time = TimeFromMs(1000);
  row.drop.end_time = TimeFromMs(5000);
  DropState drop(row);
  EXPECT_EQ(drop.NextDue(), TimeFromMs(1000));
  drop.row.started = true;
  EXPECT_EQ(drop.NextDue(), TimeFromMs(5000));
  drop.Append(HashesOf(1, 1), HoldUntil(1, 2000));
  drop.PlanExpiry(0);
  EXPECT_EQ(drop.NextDue(), TimeFromMs(3000));
  drop.row.ended = true;
  EXPECT_EQ(drop.NextDue(), TimeFromMs(3000));
  drop.orders[0].status = OrderStatus::confirmed;
  EXPECT_EQ(drop.NextDue(), std::nullopt);
}

}  // namespace
}  // namespace livedrops
