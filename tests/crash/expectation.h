// What the acknowledgement logs of killed processes say about a shop.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "tests/crash/process.h"
#include "tests/crash/shop.h"

namespace livedrops::crash {

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
inline void AwaitLines(const std::string& path, std::size_t lines) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < end) {
    const std::string text = ReadFile(path);
    if (static_cast<std::size_t>(std::ranges::count(text, '\n')) >= lines) return;
    std::this_thread::yield();
  }
}

}  // namespace livedrops::crash
