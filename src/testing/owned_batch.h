// OwnedBatch: a batch that owns its rows, to be kept and committed later.
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

struct OwnedBatch {
  OwnedBatch() = default;
  explicit OwnedBatch(const CommitBatch& batch);

  // Shows `views` and the rows below: both must live and not change while it is used.
  CommitBatch View(std::vector<OrderRow>* views) const;

  std::vector<OwnedOrder> orders;
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

}  // namespace livedrops
