// kill -9 under load, then: every acknowledged answer is still true, nothing is there that nobody
// asked for, and every invariant holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/crash/process.h"
#include "tests/crash/shop.h"

namespace livedrops::crash {
namespace {

using Steady = std::chrono::steady_clock;

// Everything that an acknowledgement log says must or may be.
class Expectation {
 public:
  void Add(const std::vector<AckLine>& lines) {
    for (const AckLine& line : lines) {
      if (line.what == "order") {
        AddOrder(line);
      } else if (line.what == "refuse") {
        refused_.insert(KeyOf(line));
      } else if (line.what == "follow") {
        Change(line, line.words[0] + " " + line.words[1], line.words[2]);
      } else {
        Change(line, line.words[0], line.what == "confirm" ? "confirmed" : "cancelled");
      }
    }
  }

  void Check(Service& service) const {
    std::map<std::string, Order> orders;
    for (const std::string& user : users_) CollectOrders(service, user, &orders);
    std::set<OrderId> ids;
    for (const auto& [key, order] : orders) {
      EXPECT_TRUE(ids.insert(order.id).second) << "an id twice: " << order.id.str();
      const auto asked = asked_.find(key);
      ASSERT_NE(asked, asked_.end()) << "nobody asked for " << key;
      EXPECT_EQ(order.drop.str() + " " + std::to_string(order.quantity), asked->second) << key;
      EXPECT_FALSE(refused_.contains(key)) << "was refused: " << key;
      EXPECT_EQ(order.amount.minor_units, 1000 * order.quantity) << key;
      const auto may = may_be_.find(order.id.str());
      if (may == may_be_.end()) continue;  // Nobody heard of it.
      EXPECT_TRUE(may->second.contains(std::string(ToString(order.status))))
          << key << " is " << ToString(order.status);
    }
    for (const auto& [key, id] : acknowledged_) {
      const auto found = orders.find(key);
      ASSERT_NE(found, orders.end()) << "lost: " << key;
      EXPECT_EQ(found->second.id.str(), id) << key;
    }
    CheckFollows(service);
  }
  std::size_t acknowledged() const { return acknowledged_.size(); }

 private:
  static std::string KeyOf(const AckLine& line) { return line.words[1] + " " + line.words[0]; }

  void AddOrder(const AckLine& line) {
    users_.insert(line.words[1]);
    asked_[KeyOf(line)] = line.words[2] + " " + line.words[3];
    if (!line.did) return;
    acknowledged_[KeyOf(line)] = line.words[4];
    may_be_[line.words[4]] = {line.words[5]};
  }
  // An intent adds what may be; an acknowledgement leaves nothing else.
  void Change(const AckLine& line, const std::string& subject, const std::string& value) {
    std::set<std::string>& may = may_be_[subject];
    if (line.what == "follow" && may.empty()) may.insert("no");
    if (line.did) may.clear();
    may.insert(value);
  }
  void CheckFollows(Service& service) const {
    for (const auto& [pair, may] : may_be_) {
      const std::size_t space = pair.find(' ');
      if (space == std::string::npos) continue;
      const auto follows = service.follows().IsFollowing(CreatorId(pair.substr(0, space)),
                                                         UserId(pair.substr(space + 1)));
      ASSERT_TRUE(follows.ok());
      EXPECT_TRUE(may.contains(*follows ? "yes" : "no")) << pair;
    }
  }

  std::set<std::string> users_;
  std::map<std::string, std::string> asked_;         // "user key" -> "drop quantity"
  std::map<std::string, std::string> acknowledged_;  // "user key" -> order id
  std::set<std::string> refused_;
  std::map<std::string, std::set<std::string>> may_be_;  // order id or "creator user" -> states
};

// Waits until the file has this many lines or three seconds have passed.
void AwaitLines(const std::string& path, std::size_t lines) {
  const auto end = Steady::now() + std::chrono::seconds(3);
  while (Steady::now() < end) {
    const std::string text = ReadFile(path);
    if (static_cast<std::size_t>(std::ranges::count(text, '\n')) >= lines) return;
    std::this_thread::yield();
  }
}

void MakeShop(const std::string& url) {
  auto service = Open(url);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  MakeProduct(**service);
  ASSERT_EQ((*service)->drops().Create(DropOf("d0", 1'000'000)).outcome, Outcome::done);
  ASSERT_EQ((*service)->drops().Create(DropOf("d1", 2'000)).outcome, Outcome::done);
}

// Databases are begun anew now and then: young ones crash at other places than old ones.
TEST(Kill, LosesNothingThatWasAcknowledged) {
  constexpr int kCyclesPerDatabase = 10;
  const int cycles = IsLong() ? 200 : 100;
  std::mt19937_64 random(20260901);
  std::size_t acknowledged = 0;
  Steady::duration ready_most{};
  for (int database = 0; database < cycles / kCyclesPerDatabase; ++database) {
    const Directory directory;
    MakeShop(directory.Url());
    Expectation expectation;
    for (int cycle = 0; cycle < kCyclesPerDatabase; ++cycle) {
      const std::string name = "n" + std::to_string(cycle);
      const std::string acks = directory.File(name + ".acks");
      Process process({"load", directory.Url(), name, acks}, directory.File(name + ".out"));
      // Some die while they open; some in the middle of a commit.
      AwaitLines(acks, random() % 10 == 0 ? 0 : random() % 400);
      process.Kill();
      EXPECT_EQ(ReadFile(directory.File(name + ".out")), "");
      expectation.Add(ReadAcks(acks));
      const auto start = Steady::now();
      auto service = Open(directory.Url());
      ready_most = std::max(ready_most, Steady::now() - start);
      ASSERT_TRUE(service.ok()) << service.status().ToString();
      expectation.Check(**service);
      service->reset();
      ExpectSound(directory.Url());
      if (HasFailure()) FAIL() << "database " << database << " cycle " << cycle;
    }
    acknowledged += expectation.acknowledged();
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(ready_most).count();
  std::cout << cycles << " kills, " << acknowledged
            << " acknowledged orders, ready again after at most " << ms << " ms\n";
  EXPECT_GT(acknowledged, static_cast<std::size_t>(cycles) * 10);
  EXPECT_LT(ready_most, std::chrono::seconds(5));
}

// Two processes sell; one dies; the other goes on at once and answers everybody.
TEST(Kill, LeavesTheOtherProcessSelling) {
  const Directory directory;
  MakeShop(directory.Url());
  Expectation expectation;
  for (int round = 0; round < 5; ++round) {
    const std::string victim = "v" + std::to_string(round);
    const std::string other = "o" + std::to_string(round);
    Process dies({"load", directory.Url(), victim, directory.File(victim)},
                 directory.File("v.out"));
    Process lives({"load", directory.Url(), other, directory.File(other)}, directory.File("o.out"));
    AwaitLines(directory.File(victim), 50);
    AwaitLines(directory.File(other), 50);
    dies.Kill();
    const std::size_t lines = ReadAcks(directory.File(other)).size();
    AwaitLines(directory.File(other), lines + 100);
    EXPECT_GE(ReadAcks(directory.File(other)).size(), lines + 100);
    lives.Kill();
    expectation.Add(ReadAcks(directory.File(victim)));
    expectation.Add(ReadAcks(directory.File(other)));
  }
  auto service = Open(directory.Url());
  ASSERT_TRUE(service.ok());
  expectation.Check(**service);
  service->reset();
  ExpectSound(directory.Url());
}

}  // namespace
}  // namespace livedrops::crash
