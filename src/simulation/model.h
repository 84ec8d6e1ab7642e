// Model: drops, orders and follows as the log tells them, folded with arithmetic of its own, every
// state kept. It checks each row in the state before it: was this grant legal, this event due?
//
// It shares no code with the engine, on purpose, and is slow and simple.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "livedrops/engine.h"
#include "simulation/verify.h"

namespace livedrops::simulation {

// The values of something, each from a log position on.
template <class T>
class Versions {
 public:
  void Set(std::uint64_t seq, T value) { values_.emplace_back(seq, std::move(value)); }
  bool empty() const { return values_.empty(); }
  const T& Last() const { return values_.back().second; }
  // The value in the state after this row; null when it was not there yet.
  const T* At(std::uint64_t seq) const {
    for (auto it = values_.rbegin(); it != values_.rend(); ++it) {
      if (it->first <= seq) return &it->second;
    }
    return nullptr;
  }

 private:
  std::vector<std::pair<std::uint64_t, T>> values_;
};

struct OrderFacts {
  OrderStatus status = OrderStatus::confirmed;
  std::int32_t quantity = 0;
  Time expires;
  bool refund_due = false;
};

struct DropModel;

struct OrderModel {
  std::uint64_t seq = 0;
  DropModel* drop = nullptr;
  std::string user;
  std::string key;
  std::int32_t quantity = 0;
  std::int64_t amount = 0;
  std::int32_t ttl_seconds = 0;
  Time at;
  OrderId id;
  Versions<OrderFacts> facts;
};

struct DropFacts {
  std::int64_t current = 0;
  std::int64_t held = 0;
  std::int64_t adjust = 0;
  std::int64_t low = 0;
  std::int64_t max_per_order = 0;
  std::int64_t max_per_user = 0;
  std::int64_t price = 0;
  Time start;
  Time end;
  bool started = false;
  bool paused = false;
  bool ended = false;
  bool cancelled = false;
  std::uint64_t version = 0;

  bool final() const { return ended || cancelled; }
  std::int64_t left() const { return current + held; }
};

struct DropModel {
  std::uint64_t number = 0;
  std::string id;
  std::string creator;
  std::string product;
  std::int64_t init = 0;
  bool hold = false;
  std::int32_t hold_seconds = 0;
  Time created;
  Time last_at;
  // Nothing happened but sales and what follows from them: the exact check applies.
  bool only_sold = true;
  Versions<DropFacts> facts;
  std::map<std::string, Versions<std::int64_t>> units_of_user;
  std::vector<OrderModel*> orders;
  std::map<std::pair<std::string, std::string>, OrderModel*> order_of_key;
  std::set<std::pair<Time, std::uint64_t>> live_holds;
};

// A command that carried a key.
struct KeyedRow {
  std::uint64_t seq = 0;
  EventType type = EventType::recovered;
  std::string body;
  std::string subject;
};

// A log row of either kind, with its texts.
struct LogRow {
  bool is_order = false;
  OrderRow order;
  std::string user;
  std::string actor;
  std::string key;
  EventRow event;

  std::uint64_t seq() const { return is_order ? order.seq : event.seq; }
  Time at() const { return is_order ? order.at : event.at; }
  const Hash& hash() const { return is_order ? order.hash : event.hash; }
};

// The whole log. Errors: those of the storage.
Status ReadWholeLog(Storage& storage, std::vector<LogRow>* out);

class Model {
 public:
  Model(const EngineOptions& options, std::vector<Violation>* violations)
      : options_(options), violations_(*violations) {}

  // The next row. Checks it in the state before it.
  void Fold(const LogRow& row);
  // After the last one: nothing may be owed.
  void End();

  const EngineOptions& options() const { return options_; }
  const DropModel* FindDrop(std::string_view id) const;
  const OrderModel* FindOrder(const OrderId& id) const;
  const OrderModel* OrderAt(std::uint64_t seq) const;
  const KeyedRow* FindKey(const std::string& scoped_key) const;
  const LogRow* RowAt(std::uint64_t seq) const;
  // Of a product that was ever created; empty for another.
  std::string CreatorOf(std::string_view product) const;
  std::int64_t LiveHolds(const std::string& user, std::uint64_t seq) const;
  // Up to where the user has read.
  std::uint64_t Mark(const std::string& user, std::uint64_t seq) const;
  bool Follows(const std::string& creator, const std::string& user, std::uint64_t seq) const;
  // The latest time of any row until this one.
  Time LatestTime(std::uint64_t seq) const;
  std::uint64_t head() const { return rows_.size(); }
  const std::map<std::string, std::unique_ptr<DropModel>, std::less<>>& drops() const {
    return drops_;
  }
  const std::map<std::uint64_t, std::unique_ptr<OrderModel>>& orders() const { return orders_; }
  using Pair = std::pair<std::string, std::string>;  // Creator, user.
  const std::map<Pair, Versions<bool>>& follows() const { return follows_; }
  const std::map<std::string, std::uint64_t>& aggregates() const { return aggregates_; }

 private:
  void FoldOrder(const LogRow& row);
  void FoldEvent(const EventRow& row);
  void FoldDropEvent(const EventRow& row, DropModel* drop);
  void FoldOrderEvent(const EventRow& row, DropModel* drop);
  void FoldFollow(const EventRow& row);
  void MakeDrop(const EventRow& row);
  void Start(const EventRow& row, DropModel* drop, DropFacts* facts);
  void Finish(const EventRow& row, DropModel* drop, DropFacts* facts);
  void Update(const EventRow& row, DropFacts* facts);
  void ConfirmOrder(const EventRow& row, DropModel* drop, OrderModel* order, DropFacts* facts);
  void CancelOrder(const EventRow& row, OrderModel* order, DropFacts* facts);

  void CheckChain(const LogRow& row);
  void CheckDue(const DropModel& drop, Time at, bool due_itself);
  void CheckOwed(const LogRow& row);
  void Owe(const DropModel& drop, const DropFacts& before, const DropFacts& after);
  std::optional<Time> NextDue(const DropModel& drop) const;
  void SetOrder(std::uint64_t seq, OrderModel* order, const OrderFacts& facts);
  void AddUnits(std::uint64_t seq, OrderModel* order, std::int64_t units);
  void AddHold(std::uint64_t seq, const std::string& user, std::int64_t holds);
  void Set(std::uint64_t seq, DropModel* drop, const DropFacts& facts);
  // Notes a violation when `good` is false.
  void Expect(bool good, const char* invariant, std::uint64_t seq, const std::string& detail);

  struct Owed {
    EventType type;
    std::string drop;
  };

  EngineOptions options_;
  std::vector<Violation>& violations_;
  Sha256 sha256_;
  std::vector<LogRow> rows_;
  std::vector<Time> latest_;
  std::map<std::string, std::unique_ptr<DropModel>, std::less<>> drops_;
  std::map<std::uint64_t, DropModel*> drops_by_number_;
  std::map<std::uint64_t, std::unique_ptr<OrderModel>> orders_;
  std::map<OrderId, OrderModel*> orders_by_id_;
  std::map<std::string, Versions<std::int64_t>> holds_of_user_;
  std::map<Pair, Versions<bool>> follows_;
  std::map<std::string, Versions<std::uint64_t>> marks_;
  std::map<std::string, std::uint64_t> aggregates_;
  std::map<std::string, KeyedRow> keys_;
  std::map<std::string, std::string, std::less<>> creators_of_products_;
  std::vector<Owed> owed_;  // lowStock and soldOut that must come next.
};

}  // namespace livedrops::simulation
