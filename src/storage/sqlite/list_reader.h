// The lists that people page through.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

class OrderIndex;

// `index` may be null: then orders are found by scanning.
Result<Order> GetOrder(Connection& connection, std::uint64_t seq);
Status ListOrders(Connection& connection, OrderIndex* index, const OrderQuery& query,
                  std::vector<Order>* out);
Status ListEvents(Connection& connection, const EventQuery& query, std::vector<Event>* out);
Status ListFollows(Connection& connection, const FollowQuery& query, FollowPage* out);

}  // namespace livedrops::sqlite
