// OwnedBatch: a batch that owns its rows, to be kept, changed and committed later.
#pragma once

#include <string>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops {

// An order row and the texts that it shows.
struct OwnedOrder {
  OwnedOrder() = default;
  explicit OwnedOrder(const OrderRow& order)
      : row(order), user(order.user), actor(order.actor), key(order.key) {}

  // The views live as long as this does and is not changed.
  OrderRow View() const;

  OrderRow row;  // Its views are not used.
  std::string user;
  std::string actor;
  std::string key;
};

// The rows of a batch but those of orders, which show texts of somebody else.
struct OwnedRows {
  OwnedRows() = default;
  explicit OwnedRows(const CommitBatch& batch);

  // Shows `orders` and the rows below: both must live and not change while it is used.
  CommitBatch ViewWith(std::span<const OrderRow> orders) const;

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

struct OwnedBatch : OwnedRows {
  OwnedBatch() = default;
  explicit OwnedBatch(const CommitBatch& batch)
      : OwnedRows(batch), orders(batch.orders.begin(), batch.orders.end()) {}

  // As ViewWith; the orders are shown through `views`.
  CommitBatch View(std::vector<OrderRow>* views) const;

  std::vector<OwnedOrder> orders;
};

}  // namespace livedrops
