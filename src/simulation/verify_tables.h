// The tables of the present state, and how they differ from what the log adds up to.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "simulation/verify_log.h"

namespace livedrops {

// The value of a map, or that of a row that is not there.
template <class Map>
typename Map::mapped_type ValueOr(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type{} : found->second;
}

// The keys of two maps, each once, in order.
template <class A, class B>
std::vector<typename A::key_type> KeysOf(const A& a, const B& b) {
  std::vector<typename A::key_type> keys;
  keys.reserve(a.size() + b.size());
  for (const auto& entry : a) keys.push_back(entry.first);
  for (const auto& entry : b) {
    if (!a.contains(entry.first)) keys.push_back(entry.first);
  }
  std::ranges::sort(keys);
  return keys;
}

// One consistent snapshot of the tables.
class TableSnapshot : public StateSink {
 public:
  void OnDrop(const DropRow& row) override { drops.emplace(row.drop_no, row); }
  void OnProduct(const ProductRow& row) override { products.emplace(row.product.id.str(), row); }
  void OnCreator(const CreatorRow& row) override { creators.emplace(row.id.str(), row); }
  void OnUser(const UserRow& row) override { users.emplace(row.id.str(), row); }
  void OnFollow(const FollowRow& row) override;
  void OnAccount(const Account& row) override { accounts.emplace(row.id.str(), row); }
  void OnSession(const Session& row) override { sessions.emplace(row.id, row); }
  void OnKey(const EventRow&) override { ++commands_with_key; }

  std::unordered_map<std::uint64_t, DropRow> drops;
  std::unordered_map<std::string, ProductRow> products;
  std::unordered_map<std::string, CreatorRow> creators;
  std::unordered_map<std::string, UserRow> users;
  std::unordered_map<std::string, Account> accounts;
  std::unordered_map<std::string, Session> sessions;
  // As in LogFold: "creator user" -> since when, in ms.
  std::unordered_map<std::string, std::int64_t> follows;
  std::int64_t commands_with_key = 0;
};

// A field of a row that is not what the log adds up to.
struct Difference {
  std::string field;
  std::string table;
  std::string log;
};

std::vector<Difference> CompareDrop(const DropRow& table, const FoldedDrop& log);
std::vector<Difference> CompareOrder(const OrderChange& table, const FoldedOrder& log);
std::vector<Difference> CompareProduct(const ProductRow& table, const FoldedProduct& log);
std::vector<Difference> CompareAccount(const Account& table, const FoldedAccount& log);
std::vector<Difference> CompareSession(const Session& table, const FoldedSession& log);
// How many follow each creator and whom each user follows, by the rows of a set of follows.
struct FollowCounts {
  explicit FollowCounts(const std::unordered_map<std::string, std::int64_t>& follows);
  std::unordered_map<std::string, std::int64_t> followers;
  std::unordered_map<std::string, std::int64_t> following;
};

// Adds every difference but those of orders.
void CompareTables(const TableSnapshot& tables, LogFold* log, VerifyFindings* findings);

// Compares the orders that a storage loads with the log's.
class OrderComparer : public OrderSink {
 public:
  OrderComparer(DropFold* log, VerifyFindings* findings) : log_(*log), findings_(*findings) {}

  void OnOrder(const OrderRow& row, const OrderChange& present) override;
  // `changed_since`: orders that changed after the head up to which the log was read; their present
  // state may be newer.
  void Finish(const std::unordered_set<std::uint64_t>& changed_since);
  std::int64_t rows() const { return rows_; }
  // The orders whose present state is not the log's.
  const std::vector<OrderChange>& different() const { return different_; }

 private:
  DropFold& log_;
  VerifyFindings& findings_;
  std::vector<OrderChange> different_;
  std::int64_t rows_ = 0;
  std::size_t next_ = 0;  // The log's order that should come next.
};

}  // namespace livedrops
