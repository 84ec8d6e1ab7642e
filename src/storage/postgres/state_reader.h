// What an engine reads when it opens and when it catches up: the log, the present state, the
// orders.
#pragma once

#include <functional>

#include "livedrops/spi/storage.h"
#include "storage/postgres/connection.h"

namespace livedrops::postgres {

// Asked between the pages of a long reading; an error ends it.
using BetweenPages = std::function<Status()>;

Result<Head> ReadHead(Connection& connection);

// Each is one snapshot.
Status ReadLog(Connection& connection, std::uint64_t after_seq, std::int64_t limit, LogSink& sink);
Result<Head> LoadState(Connection& connection, StateSink& sink, const BetweenPages& between);
Status LoadOrders(Connection& connection, std::span<const std::uint64_t> drop_nos,
                  std::uint64_t until_seq, OrderSink& sink, const BetweenPages& between);

}  // namespace livedrops::postgres
