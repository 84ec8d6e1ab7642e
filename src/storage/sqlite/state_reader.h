// What an engine reads when it opens and when it catches up: the log, the present state, the
// orders.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

class OrderIndex;

// Each is one snapshot.
Status ReadLog(Connection& connection, std::uint64_t after_seq, std::int64_t limit, LogSink& sink);
Result<Head> LoadState(Connection& connection, StateSink& sink);
// `index` may be null: then the table is scanned.
Status LoadOrders(Connection& connection, OrderIndex* index,
                  std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                  OrderSink& sink);

}  // namespace livedrops::sqlite
