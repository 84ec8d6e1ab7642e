#include "storage/sqlite/order_finder.h"

#include <algorithm>
#include <unordered_set>

namespace livedrops::sqlite {
namespace {

#define LD_SELECT_FULL_ORDERS \
  "SELECT " LD_FULL_ORDER_COLUMNS " FROM orders o JOIN drops d ON d.drop_no = o.drop_no "
#define LD_SELECT_ORDERS "SELECT " LD_ORDER_COLUMNS " FROM orders o "

Status Scan(Query& query, const SeqRange& range, const OrderVisitor& visit) {
  query.Bind(range.after).Bind(range.until);
  while (query.Next() && visit(query)) {
  }
  return query.status();
}

// Looks every candidate of the index up. `sql` takes a seq and, when `owner` binds one, whose the
// order must be: hashes collide.
Status LookUp(Connection& connection, OrderIndex* index, const OrderIndex::Search& search,
              const char* sql, const std::function<void(Query&)>& bind_owner,
              const OrderVisitor& visit) {
  Status failed;
  Status status = index->Visit(connection, search, [&](std::uint64_t seq) {
    Query query(connection, sql);
    bind_owner(query.Bind(seq));
    const bool more = !query.Next() || visit(query);
    failed = query.status();
    return more && failed.ok();
  });
  return failed.ok() ? status : failed;
}

// --- all orders of some drops
// ----------------------------------------------------------------------

// A look-up costs about four times what a row of a scan does.
constexpr std::uint64_t kScanShare = 4;

// The seqs of the drops' orders by the index, or nothing when a scan is cheaper.
Status FindAll(Connection& connection, OrderIndex* index, std::span<const std::uint64_t> drop_nos,
               std::uint64_t until_seq, std::uint64_t max,
               std::optional<std::vector<std::uint64_t>>* found) {
  found->emplace();
  for (const std::uint64_t drop_no : drop_nos) {
    const OrderIndex::Search search{index->KeyOfDrop(drop_no), drop_no, until_seq, false};
    Status status = index->Visit(connection, search, [&](std::uint64_t seq) {
      (*found)->push_back(seq);
      return (*found)->size() <= max;
    });
    if (!status.ok()) return status;
    if ((*found)->size() > max) {
      found->reset();
      return OkStatus();
    }
  }
  std::sort((*found)->begin(), (*found)->end());
  (*found)->erase(std::unique((*found)->begin(), (*found)->end()), (*found)->end());
  return OkStatus();
}

// Hands out the orders of the wanted drops that a query finds.
class OrderSender {
 public:
  OrderSender(Connection& connection, std::span<const std::uint64_t> drop_nos, OrderSink* sink)
      : connection_(connection), wanted_(drop_nos.begin(), drop_nos.end()), sink_(sink) {}

  Status Send(Query& query) {
    return ForEach<OrderRow>(connection_, query, ReadOrderRow, "orders", [&](const OrderRow& row) {
      if (row.drop_no != last_ && !wanted_.contains(row.drop_no)) return;
      last_ = row.drop_no;
      OrderChange present;
      // An unknown status reads as a hold: `verify` names it.
      static_cast<void>(ReadOrderChange(query, row, &present));
      sink_->OnOrder(row, present);
    });
  }

 private:
  Connection& connection_;
  const std::unordered_set<std::uint64_t> wanted_;
  OrderSink* const sink_;
  std::uint64_t last_ = 0;  // A wanted drop.
};

}  // namespace

Status VisitOrdersOfUser(Connection& connection, OrderIndex* index, std::string_view user,
                         const SeqRange& range, const OrderVisitor& visit) {
  if (index != nullptr) {
    const OrderIndex::Search search{index->KeyOfUser(user), range.after, range.until,
                                    range.newest_first};
    return LookUp(
        connection, index, search, LD_SELECT_FULL_ORDERS "WHERE o.seq = ? AND o.user_id = ?",
        [&](Query& query) { query.Bind(user); }, visit);
  }
  Query query(connection, range.newest_first ? LD_SELECT_FULL_ORDERS
                              "WHERE o.user_id = ? AND o.seq > ? AND o.seq <= ? ORDER BY o.seq DESC"
                                             : LD_SELECT_FULL_ORDERS
                              "WHERE o.user_id = ? AND o.seq > ? AND o.seq <= ? ORDER BY o.seq");
  return Scan(query.Bind(user), range, visit);
}

Status VisitOrdersOfDrop(Connection& connection, OrderIndex* index, std::uint64_t drop_no,
                         const SeqRange& range, const OrderVisitor& visit) {
  // The orders of a drop come after the row that made it.
  const SeqRange after_drop{std::max(range.after, drop_no), range.until, false};
  if (index != nullptr) {
    const OrderIndex::Search search{index->KeyOfDrop(drop_no), after_drop.after, range.until,
                                    false};
    return LookUp(
        connection, index, search, LD_SELECT_FULL_ORDERS "WHERE o.seq = ? AND o.drop_no = ?",
        [&](Query& query) { query.Bind(drop_no); }, visit);
  }
  Query query(connection, LD_SELECT_FULL_ORDERS
              "WHERE o.drop_no = ? AND o.seq > ? AND o.seq <= ? ORDER BY o.seq");
  return Scan(query.Bind(drop_no), after_drop, visit);
}

Status VisitAllOrders(Connection& connection, OrderIndex* index,
                      std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                      OrderSink& sink) {
  if (drop_nos.empty()) return OkStatus();
  const std::uint64_t first = *std::min_element(drop_nos.begin(), drop_nos.end());
  until_seq = std::min<std::uint64_t>(until_seq, INT64_MAX);
  if (until_seq <= first) return OkStatus();
  OrderSender sender(connection, drop_nos, &sink);
  if (index != nullptr) {
    std::optional<std::vector<std::uint64_t>> found;
    Status status =
        FindAll(connection, index, drop_nos, until_seq, (until_seq - first) / kScanShare, &found);
    for (std::size_t i = 0; status.ok() && found && i < found->size(); ++i) {
      Query query(connection, LD_SELECT_ORDERS "WHERE o.seq = ?");
      status = sender.Send(query.Bind((*found)[i]));
    }
    if (!status.ok() || found) return status;
  }
  Query query(connection, LD_SELECT_ORDERS "WHERE o.seq > ? AND o.seq <= ? ORDER BY o.seq");
  return sender.Send(query.Bind(first).Bind(until_seq));
}

}  // namespace livedrops::sqlite
