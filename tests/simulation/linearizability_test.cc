// The two lines of the exact check agree with trying every order.
#include "simulation/linearizability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "simulation/random.h"

namespace livedrops::simulation {
namespace {

struct Operation {
  std::int64_t invoked = 0;
  std::int64_t returned = 0;
  std::int64_t quantity = 0;
  bool sold = false;
};

// True when the operations have these answers if they happen one after the other in this order.
bool Explains(const std::vector<std::size_t>& order, const std::vector<Operation>& history,
              std::int64_t stock) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Operation& now = history[order[i]];
    for (std::size_t later = i + 1; later < order.size(); ++later) {
      if (history[order[later]].returned < now.invoked) return false;
    }
    if (now.sold != (now.quantity <= stock)) return false;
    if (now.sold) stock -= now.quantity;
  }
  return true;
}

bool TryEveryOrder(const std::vector<Operation>& history, std::int64_t stock) {
  std::vector<std::size_t> order(history.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    if (Explains(order, history, stock)) return true;
  } while (std::ranges::next_permutation(order).found);
  return false;
}

bool CheckTwoLines(const std::vector<Operation>& history, std::int64_t stock) {
  std::vector<Sale> sales;
  std::vector<SoldOutAnswer> refusals;
  for (const Operation& operation : history) {
    if (operation.sold) {
      sales.push_back({operation.invoked, operation.quantity});
    } else {
      refusals.push_back({operation.returned, operation.quantity});
    }
  }
  return CheckLinearizable(stock, sales, refusals).empty();
}

TEST(Linearizability, TwoLinesAgreeWithEveryOrder) {
  Random random(1);
  int good = 0;
  int wrong = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Operation> history(static_cast<std::size_t>(random.Int(1, 6)));
    for (Operation& operation : history) {
      operation.invoked = random.Between(0, 12) * 2;
      operation.returned = operation.invoked + 1 + random.Between(0, 6) * 2;
      operation.quantity = random.Between(1, 3);
      operation.sold = random.Chance(600);
    }
    const std::int64_t stock = random.Between(1, 6);
    const bool expected = TryEveryOrder(history, stock);
    ASSERT_EQ(CheckTwoLines(history, stock), expected) << "round " << round;
    ++(expected ? good : wrong);
  }
  EXPECT_GT(good, 1'000);
  EXPECT_GT(wrong, 1'000);
}

TEST(Linearizability, NamesEveryRefusalThatCannotBe) {
  EXPECT_EQ(CheckLinearizable(3, {{1, 4}}, {}).size(), 1u);  // Too many.
  EXPECT_EQ(CheckLinearizable(3, {{1, 1}}, {{.returned = 5, .quantity = 1}}).size(), 1u);
  EXPECT_EQ(CheckLinearizable(3, {{1, 2}, {9, 1}}, {{.returned = 5, .quantity = 1}}).size(), 2u);
  EXPECT_TRUE(CheckLinearizable(3, {{1, 3}}, {{.returned = 5, .quantity = 1}}).empty());
}

}  // namespace
}  // namespace livedrops::simulation
