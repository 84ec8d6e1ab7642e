#include "storage/sqlite/order_finder.h"

#include <algorithm>

#include "storage/sqlite/order_index.h"

namespace livedrops::sqlite {
namespace {

#define LD_SELECT_ORDERS                                                                          \
  "SELECT " LD_FULL_ORDER_COLUMNS " FROM orders o JOIN drops d ON d.drop_no = o.drop_no "

Status Visit(Query& query, const SeqRange& range, const OrderVisitor& visit) {
  query.Bind(range.after).Bind(range.until);
  while (query.Next() && visit(query)) {
  }
  return query.status();
}

}  // namespace

Status VisitOrdersOfUser(Connection& connection, OrderIndex*, std::string_view user,
                         const SeqRange& range, const OrderVisitor& visit) {
  Query query(connection,
              range.newest_first
                  ? LD_SELECT_ORDERS
                    "WHERE o.user_id = ? AND o.seq > ? AND o.seq <= ? ORDER BY o.seq DESC"
                  : LD_SELECT_ORDERS
                    "WHERE o.user_id = ? AND o.seq > ? AND o.seq <= ? ORDER BY o.seq");
  return Visit(query.Bind(user), range, visit);
}

Status VisitOrdersOfDrop(Connection& connection, OrderIndex*, std::uint64_t drop_no,
                         const SeqRange& range, const OrderVisitor& visit) {
  Query query(connection, LD_SELECT_ORDERS
              "WHERE o.drop_no = ? AND o.seq > ? AND o.seq <= ? ORDER BY o.seq");
  SeqRange after_drop = range;
  after_drop.after = std::max(range.after, drop_no);
  return Visit(query.Bind(drop_no), after_drop, visit);
}

}  // namespace livedrops::sqlite
