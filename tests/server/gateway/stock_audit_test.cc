#include "server/gateway/stock_audit.h"

#include "tests/server/gateway/gateway_kit.h"

namespace livedrops::server {
namespace {

EventRow Scheduled(std::uint64_t seq, int stock) {
  EventRow row;
  row.seq = seq;
  row.type = EventType::dropScheduled;
  row.drop_no = seq;
  row.body = "stock=" + std::to_string(stock);
  return row;
}

OrderRow Sold(std::uint64_t seq, std::uint64_t drop_no, int quantity, int balance) {
  OrderRow row;
  row.seq = seq;
  row.drop_no = drop_no;
  row.quantity = quantity;
  row.balance = balance;
  return row;
}

EventRow Moved(std::uint64_t seq, std::uint64_t drop_no, int delta, int balance) {
  EventRow row;
  row.seq = seq;
  row.type = EventType::restocked;
  row.drop_no = drop_no;
  row.delta = delta;
  row.balance = balance;
  return row;
}

TEST(StockSums, AreNoneOversoldWhileTheStockLasts) {
  StockSums sums;
  sums.OnEvent(Scheduled(1, 3));
  sums.OnOrder(Sold(2, 1, 3, 0));
  sums.OnEvent(Moved(3, 1, 2, 2));
  sums.OnOrder(Sold(4, 1, 2, 0));
  EXPECT_EQ(sums.seq(), 4u);
  EXPECT_EQ(sums.oversold(), 0);
  EXPECT_EQ(sums.wrong_balances(), 0);
}

TEST(StockSums, CountTheUnitsThatDoNotExistOverAllDrops) {
  StockSums sums;
  sums.OnEvent(Scheduled(1, 3));
  sums.OnEvent(Scheduled(2, 1));
  sums.OnOrder(Sold(3, 1, 5, -2));
  sums.OnOrder(Sold(4, 2, 4, -3));
  EXPECT_EQ(sums.oversold(), 5);
  sums.OnEvent(Moved(5, 1, 1, -1));
  EXPECT_EQ(sums.oversold(), 4);
  sums.OnEvent(Moved(6, 2, 9, 6));
  EXPECT_EQ(sums.oversold(), 1);
  EXPECT_EQ(sums.wrong_balances(), 0);
}

// A lost update: each of two orders believed in the same stock.
TEST(StockSums, CountBalancesThatAreNotTheSum) {
  StockSums sums;
  sums.OnEvent(Scheduled(1, 3));
  sums.OnOrder(Sold(2, 1, 1, 2));
  sums.OnOrder(Sold(3, 1, 1, 2));
  sums.OnEvent(Moved(4, 1, 0, 0));
  EXPECT_EQ(sums.wrong_balances(), 1);
}

TEST(StockSums, TakeUnitsOfAnUnknownDropForOversold) {
  StockSums sums;
  sums.OnOrder(Sold(1, 7, 2, 0));
  EXPECT_EQ(sums.oversold(), 2);
}

}  // namespace
}  // namespace livedrops::server
