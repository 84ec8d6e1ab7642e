#include "storage/sqlite/list_reader.h"

#include "storage/sqlite/channel_reader.h"
#include "storage/sqlite/newest_first.h"
#include "storage/sqlite/order_finder.h"
#include "storage/sqlite/rows.h"

namespace livedrops::sqlite {
namespace {

Status Unreadable(const Connection& connection, std::string_view table) {
  return connection.Fail(StatusCode::kCorrupt, "unreadable row in table " + std::string(table));
}

std::int64_t MsOr(const std::optional<Time>& time, std::int64_t otherwise) {
  return time ? ToMs(*time) : otherwise;
}

// --- the audit list: a scan from the newest row on
// -------------------------------------------------

std::uint64_t LastSeq(const EventQuery& query) {
  return query.before_seq == 0 ? INT64_MAX : query.before_seq - 1;
}

Status FindInEvents(Connection& connection, const EventQuery& query, std::vector<Event>* out) {
  Query rows(connection, "SELECT " LD_FULL_EVENT_COLUMNS
                         " FROM events e LEFT JOIN orders o ON o.seq = e.order_seq WHERE e.seq <= "
                         "? AND e.at >= ? AND e.at < ?"
                         " AND (?4 IS NULL OR e.actor = ?4) AND (?5 IS NULL OR e.type = ?5)"
                         " AND (?6 IS NULL OR e.subject = ?6) ORDER BY e.seq DESC LIMIT ?7");
  rows.Bind(LastSeq(query)).Bind(MsOr(query.from, INT64_MIN)).Bind(MsOr(query.to, INT64_MAX));
  rows.BindOrNull(query.actor);
  rows.BindOrNull(query.action ? ToString(*query.action) : std::string_view());
  rows.BindOrNull(query.subject).Bind(query.limit);
  return ForEach<Event>(connection, rows, ReadEvent, "events",
                        [&](const Event& event) { out->push_back(event); });
}

// Whether an order row can match at all, and how its first status must be.
struct OrderMatch {
  bool possible = true;
  std::optional<bool> direct;
  std::optional<OrderId> id;
};

OrderMatch MatchOrders(const EventQuery& query) {
  OrderMatch match;
  if (query.action) {
    match.direct = *query.action == EventType::orderConfirmed;
    match.possible = *match.direct || *query.action == EventType::orderHeld;
  }
  if (!query.subject.empty()) {
    match.id = OrderId::Parse(query.subject);
    match.possible = match.possible && match.id.has_value();
  }
  return match;
}

Status FindInOrders(Connection& connection, const EventQuery& query, std::vector<Event>* out) {
  const OrderMatch match = MatchOrders(query);
  if (!match.possible) return OkStatus();
  Query rows(connection, "SELECT " LD_FULL_ORDER_COLUMNS
                         " FROM orders o JOIN drops d ON d.drop_no = o.drop_no"
                         " WHERE o.seq <= ? AND o.at >= ? AND o.at < ?"
                         " AND (?4 IS NULL OR coalesce(o.actor, o.user_id) = ?4)"
                         " AND (?5 IS NULL OR (o.ttl = 0) = ?5)"
                         " AND (?6 IS NULL OR o.order_id = ?6) ORDER BY o.seq DESC LIMIT ?7");
  rows.Bind(LastSeq(query)).Bind(MsOr(query.from, INT64_MIN)).Bind(MsOr(query.to, INT64_MAX));
  rows.BindOrNull(query.actor);
  match.direct ? rows.Bind(*match.direct) : rows.BindNull();
  match.id ? rows.Bind(std::span<const std::uint8_t>(match.id->bytes())) : rows.BindNull();
  rows.Bind(query.limit);
  return ForEach<Event>(connection, rows, ReadOrderEvent, "orders",
                        [&](const Event& event) { out->push_back(event); });
}

}  // namespace

Result<Order> GetOrder(Connection& connection, std::uint64_t seq) {
  Query query(connection, "SELECT " LD_FULL_ORDER_COLUMNS
                          " FROM orders o JOIN drops d ON d.drop_no = o.drop_no WHERE o.seq = ?");
  return ReadOne(connection, query.Bind(seq), ReadOrder, "order at", std::to_string(seq));
}

Status ListOrders(Connection& connection, OrderIndex* index, const OrderQuery& query,
                  std::vector<Order>* out) {
  if (query.limit <= 0) return OkStatus();
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  bool readable = true;
  const auto visit = [&](const Query& row) {
    Order order;
    readable = ReadOrder(row, &order);
    if (readable && (!query.status || order.status == *query.status)) out->push_back(order);
    return readable && std::ssize(*out) < query.limit;
  };
  SeqRange range;
  Status status;
  if (query.drop.empty()) {
    range.newest_first = true;
    if (query.after_seq != 0) range.until = query.after_seq - 1;
    status = VisitOrdersOfUser(connection, index, query.user.view(), range, visit);
  } else {
    range.after = query.after_seq;
    Query drop(connection, "SELECT drop_no FROM drops WHERE drop_id = ?");
    if (!drop.Bind(query.drop.view()).Next()) return drop.status();
    status = VisitOrdersOfDrop(connection, index, drop.Unsigned(0), range, visit);
  }
  return readable ? status : Unreadable(connection, "orders");
}

Status ListEvents(Connection& connection, const EventQuery& query, std::vector<Event>* out) {
  if (query.limit <= 0) return OkStatus();
  const Snapshot snapshot(connection);
  std::vector<Event> events;
  std::vector<Event> orders;
  Status status = snapshot.status();
  if (status.ok()) status = FindInEvents(connection, query, &events);
  if (status.ok()) status = FindInOrders(connection, query, &orders);
  if (status.ok()) *out = MergeEvents(std::move(events), std::move(orders), true, query.limit);
  return status;
}

// --- follows
// ---------------------------------------------------------------------------------------

namespace {

#define LD_FOLLOWERS "SELECT user_id, since_ms FROM follows INDEXED BY followers_newest WHERE "
#define LD_FOLLOWING "SELECT creator_id, since_ms FROM follows INDEXED BY following_newest WHERE "
constexpr NewestFirstSql kFollowers = {
    LD_FOLLOWERS "creator_id = ? ORDER BY since_ms DESC, user_id LIMIT ?",
    LD_FOLLOWERS "creator_id = ? AND since_ms = ? AND user_id > ? ORDER BY user_id LIMIT ?",
    LD_FOLLOWERS "creator_id = ? AND since_ms < ? ORDER BY since_ms DESC, user_id LIMIT ?"};
constexpr NewestFirstSql kFollowing = {
    LD_FOLLOWING "user_id = ? ORDER BY since_ms DESC, creator_id LIMIT ?",
    LD_FOLLOWING "user_id = ? AND since_ms = ? AND creator_id > ? ORDER BY creator_id LIMIT ?",
    LD_FOLLOWING "user_id = ? AND since_ms < ? ORDER BY since_ms DESC, creator_id LIMIT ?"};

// The counter is exact; who has none yet is counted.
constexpr char kFollowerTotal[] =
    "SELECT coalesce((SELECT followers FROM creators WHERE creator_id = ?1),"
    " (SELECT count(*) FROM follows INDEXED BY followers_newest WHERE creator_id = ?1))";
constexpr char kFollowingTotal[] =
    "SELECT coalesce((SELECT following FROM users WHERE user_id = ?1),"
    " (SELECT count(*) FROM follows INDEXED BY following_newest WHERE user_id = ?1))";

Status ReadTotal(Connection& connection, const char* sql, std::string_view id,
                 std::int64_t* total) {
  Query query(connection, sql);
  *total = query.Bind(id).Next() ? query.Int(0) : 0;
  return query.status();
}

}  // namespace

Status ListFollows(Connection& connection, const FollowQuery& query, FollowPage* out) {
  const Snapshot snapshot(connection);
  const bool of_creator = !query.creator.empty();
  const std::string_view of = of_creator ? query.creator.view() : query.user.view();
  Status status = snapshot.status();
  if (status.ok()) {
    status = ReadTotal(connection, of_creator ? kFollowerTotal : kFollowingTotal, of, &out->total);
  }
  if (!status.ok()) return status;
  NewestFirstPage page;
  page.of = of;
  page.after = query.after_since;
  page.after_id = query.after_id;
  page.limit = query.limit;
  return ReadNewestFirst(connection, of_creator ? kFollowers : kFollowing, page,
                         [&](const Query& row) {
                           FollowEntry entry{query.creator, query.user, row.At(1)};
                           if (of_creator) entry.user = UserId(row.Text(0));
                           if (!of_creator) entry.creator = CreatorId(row.Text(0));
                           out->data.push_back(entry);
                           return true;
                         });
}

}  // namespace livedrops::sqlite
