// MemoryTables: the present state of everything but the orders, and the indexes that lists need.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "livedrops/spi/storage.h"

namespace livedrops::memory {

// A place in a list that shows the newest first and, at the same time, the smaller id first.
struct NewestFirst {
  Time at;
  std::string id;
  friend bool operator<(const NewestFirst& a, const NewestFirst& b) {
    return a.at != b.at ? a.at > b.at : a.id < b.id;
  }
};

// Plain data that can be copied for a snapshot.
// Threading: the caller locks.
struct MemoryTables {
  std::map<std::uint64_t, DropRow> drops;  // By drop_no.
  std::map<ProductId, ProductRow> products;
  std::map<CreatorId, CreatorRow> creators;
  std::map<UserId, UserRow> users;
  std::map<std::pair<CreatorId, UserId>, Time> follows;
  std::map<UserId, Account> accounts;
  std::map<std::string, Session> sessions;

  // Indexes.
  std::map<DropId, std::uint64_t> drop_numbers;
  std::multimap<ProductId, std::uint64_t> drops_of_product;
  std::set<NewestFirst> newest_drops;
  std::set<NewestFirst> newest_products;
  std::map<CreatorId, std::set<NewestFirst>> followers;
  std::map<UserId, std::set<NewestFirst>> following;
  std::map<std::string, UserId> account_of_email;
  // Not revoked ones: the first to expire first, ties by id.
  std::map<UserId, std::set<std::pair<Time, std::string>>> sessions_of_user;

  // Writes every row of the batch but those of the log. CheckBatch has seen that it can.
  void Apply(const CommitBatch& batch);

  // The drop with this id, or null.
  const DropRow* FindDrop(const DropId& id) const;

 private:
  void PutDrop(const DropRow& row);
  void PutProduct(const ProductRow& row);
  void PutFollow(const FollowRow& row);
  void RemoveEmail(const UserId& id);
  void PutAccount(const Account& account);
  void PutSession(const Session& session);
};

}  // namespace livedrops::memory
