// What a storage written in Python sees of spi/storage.h: rows that own their texts, and batches
// that own their rows.
#pragma once

#include <string>
#include <vector>

#include "casts.h"
#include "livedrops/spi/storage.h"

namespace livedrops::python {

// OrderRow, but its texts are its own.
struct OwnedOrderRow {
  OwnedOrderRow() = default;
  explicit OwnedOrderRow(const OrderRow& row);
  // Its views live as long as this does.
  OrderRow View() const;

  OrderRow row;  // Its views are not used.
  std::string user;
  std::string actor;
  std::string key;
};

struct OwnedCommit {
  OwnedCommit() = default;
  explicit OwnedCommit(const CommitBatch& batch);

  std::vector<OwnedOrderRow> orders;
  std::vector<EventRow> events;
  std::vector<OrderChange> order_changes;
  std::vector<DropRow> drops;
  std::vector<ProductRow> products;
  std::vector<FollowRow> follows;
  std::vector<CreatorRow> creators;
  std::vector<UserRow> users;
  std::vector<Account> accounts;
  std::vector<Session> sessions;
  Head head;
};

}  // namespace livedrops::python
