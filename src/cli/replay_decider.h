// Decides the lines of a replay, in batches that keep each drop's file order.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "cli/replay.h"
#include "cli/replay_past.h"

namespace livedrops::cli {

class ReplayDecider {
 public:
  ReplayDecider(Service* service, const ReplayPast* past, ReplayReport* report)
      : service_(*service), past_(past), report_(*report) {}

  // Decides the line in one of the next batches.
  Status Decide(const RetailLine& line);
  // Only looks up what an earlier run decided. `goes_on`: it may have been cut off within this
  // line.
  Status LookUp(const RetailLine& line, bool goes_on);
  // Sends what waits and takes the answers.
  Status Flush();

 private:
  // An order that was granted, and the units it still has.
  struct Sold {
    OrderId id;
    std::int64_t left = 0;
  };
  // The orders of one user at one drop, oldest first.
  struct UserAtDrop {
    std::vector<Sold> sold;
    int waiting = 0;  // Orders in the batch, not answered yet.
  };
  struct Sent {
    Request request;
    UserAtDrop* user = nullptr;  // Of an order.
    std::int64_t units = 0;      // Of a cancellation.
    std::uint64_t line = 0;
  };

  UserAtDrop* UserOf(const RetailLine& line);
  Status Order(const RetailLine& line);
  Status Cancel(const RetailLine& line, std::int64_t units);
  Status TakeAnswer(const Sent& sent, const Reply& reply);
  void TakeOrder(const Sent& sent, const Reply& reply);

  Service& service_;
  const ReplayPast* past_;
  ReplayReport& report_;
  std::unordered_map<std::string, UserAtDrop> users_;  // By "code user"; never moves.
  std::vector<Sent> batch_;
};

}  // namespace livedrops::cli
