// Finding the orders of a user or of a drop, by the order index where there is one.
#pragma once

#include <functional>
#include <string_view>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/rows.h"

namespace livedrops::sqlite {

class OrderIndex;

// after < seq <= until.
struct SeqRange {
  std::uint64_t after = 0;
  std::uint64_t until = INT64_MAX;
  bool newest_first = false;
};

// Sees a row of LD_FULL_ORDER_COLUMNS. False: it has seen enough.
using OrderVisitor = std::function<bool(const Query& row)>;

// In one snapshot. `index` may be null: then the table is scanned.
Status VisitOrdersOfUser(Connection& connection, OrderIndex* index, std::string_view user,
                         const SeqRange& range, const OrderVisitor& visit);
Status VisitOrdersOfDrop(Connection& connection, OrderIndex* index, std::uint64_t drop_no,
                         const SeqRange& range, const OrderVisitor& visit);

}  // namespace livedrops::sqlite
