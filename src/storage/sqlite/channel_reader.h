// The rows of the log that go to a channel.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

class OrderIndex;

// `index` may be null: then orders are found by scanning.
Status ReadChannel(Connection& connection, OrderIndex* index, const ChannelQuery& query,
                   std::vector<Event>* out);

// Keeps the order of both lists, by seq, and the first `limit` events.
std::vector<Event> MergeEvents(std::vector<Event> a, std::vector<Event> b, bool newest_first,
                               int limit);

}  // namespace livedrops::sqlite
