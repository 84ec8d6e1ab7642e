// Finding the orders of a user or of a drop, by the order index where there is one.
#pragma once

#include <functional>
#include <string_view>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/order_index.h"
#include "storage/sqlite/rows.h"

namespace livedrops::sqlite {

// after < seq <= until.
struct SeqRange {
  std::uint64_t after = 0;
  std::uint64_t until = INT64_MAX;
  bool newest_first = false;
};

// Sees a row of LD_FULL_ORDER_COLUMNS. False: it has seen enough.
using OrderVisitor = std::function<bool(const Query& row)>;

// Must be called inside a snapshot. `index` may be null: then the table is scanned.
Status VisitOrdersOfUser(Connection& connection, OrderIndex* index, std::string_view user,
                         const SeqRange& range, const OrderVisitor& visit);
// Oldest first only.
Status VisitOrdersOfDrop(Connection& connection, OrderIndex* index, std::uint64_t drop_no,
                         const SeqRange& range, const OrderVisitor& visit);

// All orders of these drops, ascending. The rows that `sink` gets are those of one snapshot.
Status VisitAllOrders(Connection& connection, OrderIndex* index,
                      std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                      OrderSink& sink);

}  // namespace livedrops::sqlite
