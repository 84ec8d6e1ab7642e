// The lists that people page through. Each is one round trip and one snapshot.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/postgres/connection.h"

namespace livedrops::postgres {

Result<Order> GetOrder(Connection& connection, std::uint64_t seq);
Status ListOrders(Connection& connection, const OrderQuery& query, std::vector<Order>* out);
Status ListEvents(Connection& connection, const EventQuery& query, std::vector<Event>* out);
Status ListFollows(Connection& connection, const FollowQuery& query, FollowPage* out);
// The rows of the log that go to a channel.
Status ReadChannel(Connection& connection, const ChannelQuery& query, std::vector<Event>* out);

}  // namespace livedrops::postgres
