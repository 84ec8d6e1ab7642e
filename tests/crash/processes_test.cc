// Several processes sell one drop from one SQLite file.
#include <gtest/gtest.h>

#include <memory>

#include "tests/crash/process.h"
#include "tests/crash/shop.h"

namespace livedrops::crash {
namespace {

class Race : public testing::TestWithParam<int> {};

TEST_P(Race, SellsExactlyWhatThereIs) {
  constexpr int kStock = 3'000;
  const int processes = GetParam();
  const Directory directory;
  {
    auto service = Open(directory.Url());
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    MakeProduct(**service);
    CreateDrop drop = DropOf("d1", kStock);
    // All processes are up by then: who is first must not matter.
    drop.start_time = SystemClock().Now() + Duration(700);
    ASSERT_EQ((*service)->drops().Create(drop).outcome, Outcome::done);
  }
  std::vector<std::unique_ptr<Process>> running;
  for (int i = 0; i < processes; ++i) {
    const std::string name = "p" + std::to_string(i);
    running.push_back(
        std::make_unique<Process>(std::vector<std::string>{"race", directory.Url(), "d1", name, "2",
                                                           directory.File(name + ".acks")},
                                  directory.File(name + ".out")));
  }
  // No status but ok reaches a caller.
  for (int i = 0; i < processes; ++i) {
    EXPECT_EQ(running[static_cast<std::size_t>(i)]->Wait(), 0)
        << ReadFile(directory.File("p" + std::to_string(i) + ".out"));
  }
  auto service = Open(directory.Url());
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  std::map<std::string, Order> orders;
  std::set<std::string> ids;
  std::size_t total = 0;
  for (int i = 0; i < processes; ++i) {
    const std::string name = "p" + std::to_string(i);
    for (int thread = 0; thread < 2; ++thread) {
      CollectOrders(**service, name + "-" + std::to_string(thread), &orders);
    }
    const auto acks = ReadAcks(directory.File(name + ".acks"));
    std::cout << processes << " processes: " << name << " sold " << acks.size() << "\n";
    EXPECT_GE(acks.size(), static_cast<std::size_t>(kStock) / 20) << name << " made no progress";
    total += acks.size();
    for (const AckLine& ack : acks) {
      EXPECT_TRUE(ids.insert(ack.words[0]).second) << "id given twice: " << ack.words[0];
      const auto found = orders.find(ack.words[1] + " " + ack.words[2]);
      ASSERT_NE(found, orders.end()) << "lost: " << ack.words[1] << " " << ack.words[2];
      EXPECT_EQ(found->second.id.str(), ack.words[0]);
    }
  }
  EXPECT_EQ(total, static_cast<std::size_t>(kStock));
  EXPECT_EQ(orders.size(), static_cast<std::size_t>(kStock));
  EXPECT_EQ((*service)->drops().Get(DropId("d1"))->current_stock, 0);
  service->reset();
  ExpectSound(directory.Url());
}

INSTANTIATE_TEST_SUITE_P(Processes, Race, testing::Values(2, 4));

// Two processes and a third that comes and goes: every opening sees a whole shop.
TEST(Opening, IsSafeBesideAWriter) {
  const Directory directory;
  {
    auto service = Open(directory.Url());
    ASSERT_TRUE(service.ok());
    MakeProduct(**service);
    for (const char* id : {"d0", "d1"}) {
      ASSERT_EQ((*service)->drops().Create(DropOf(id, 1'000'000)).outcome, Outcome::done);
    }
  }
  const Process writer({"load", directory.Url(), "w", directory.File("w.acks")},
                       directory.File("w.out"));
  for (int i = 0; i < 15; ++i) {
    auto service = Open(directory.Url());
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    PlaceOrder order;
    order.drop = DropId("d0");
    order.user = UserId("visitor");
    order.key = Key("k" + std::to_string(i));
    order.hold = true;
    const Reply held = (*service)->orders().Place(order);
    EXPECT_EQ(held.outcome, Outcome::held) << held.status.ToString();
    const Reply confirmed = (*service)->orders().Confirm({held.order.id, {}, {}, {}});
    EXPECT_EQ(confirmed.outcome, Outcome::done) << confirmed.status.ToString();
  }
  ExpectSound(directory.Url());  // Beside the writer.
}

}  // namespace
}  // namespace livedrops::crash
