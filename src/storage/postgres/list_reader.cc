#include "storage/postgres/list_reader.h"

#include <algorithm>

#include "base/sql_rows.h"
#include "storage/postgres/query.h"

namespace livedrops::postgres {
namespace {

#define LD_SELECT_ORDERS \
  "SELECT " LD_FULL_ORDER_COLUMNS " FROM orders o JOIN drops d ON d.drop_no = o.drop_no "
#define LD_SELECT_EVENTS \
  "SELECT " LD_FULL_EVENT_COLUMNS " FROM events e LEFT JOIN orders o ON o.seq = e.order_seq "

// Adds what the rows are to a list.
Status AddEvents(Connection& connection, Rows& rows, bool (*read)(const Rows&, Event*),
                 std::vector<Event>* out) {
  while (rows.Next()) {
    if (!read(rows, &out->emplace_back())) {
      return connection.Fail(StatusCode::kCorrupt, "unreadable row in the log");
    }
  }
  return OkStatus();
}

// Each list has the first rows of its kind; of all of them the first `limit` stay.
void Arrange(bool newest_first, int limit, std::vector<Event>* events) {
  std::sort(events->begin(), events->end(), [=](const Event& a, const Event& b) {
    return newest_first ? a.seq > b.seq : a.seq < b.seq;
  });
  if (std::ssize(*events) > limit) events->resize(static_cast<std::size_t>(limit));
}

// --- orders ------------------------------------------------------------------------------------

// Of a user: "+ 0", because PostgreSQL would else take the few rows that are asked for as a reason
// to go through the whole log from its end.
#define LD_STATUS_IS(parameter) \
  " (" parameter                \
  "::text IS NULL OR "          \
  "coalesce(o.status, CASE WHEN o.ttl = 0 THEN 'confirmed' ELSE 'held' END) = " parameter ") "
constexpr char kOrdersOfUser[] = LD_SELECT_ORDERS
    "WHERE o.user_id = $1 AND o.seq <= $2 AND" LD_STATUS_IS("$3") "ORDER BY o.seq DESC LIMIT $4";
constexpr char kOrdersOfDrop[] = LD_SELECT_ORDERS
    "WHERE o.drop_no = (SELECT drop_no FROM drops WHERE drop_id = $1)"
    " AND o.seq > $2 AND" LD_STATUS_IS("$3") "ORDER BY o.seq LIMIT $4";

// --- the audit list: a scan from the newest row on ---------------------------------------------

constexpr char kFindEvents[] = LD_SELECT_EVENTS
    "WHERE e.seq <= $1 AND e.at >= $2 AND e.at < $3"
    " AND ($4::text IS NULL OR e.actor = $4) AND ($5::text IS NULL OR e.type = $5)"
    " AND ($6::text IS NULL OR e.subject = $6) ORDER BY e.seq DESC LIMIT $7";
constexpr char kFindOrders[] = LD_SELECT_ORDERS
    "WHERE o.seq <= $1 AND o.at >= $2 AND o.at < $3"
    " AND ($4::text IS NULL OR coalesce(o.actor, o.user_id) = $4)"
    " AND ($5::boolean IS NULL OR (o.ttl = 0) = $5)"
    " AND ($6::uuid IS NULL OR o.order_id = $6) ORDER BY o.seq DESC LIMIT $7";

std::int64_t MsOr(const std::optional<Time>& time, std::int64_t otherwise) {
  return time ? ToMs(*time) : otherwise;
}

// Both queries begin with these.
Params RangeParams(const EventQuery& query) {
  Params params;
  params.Add(query.before_seq == 0 ? std::int64_t{INT64_MAX}
                                   : static_cast<std::int64_t>(query.before_seq - 1));
  params.Add(MsOr(query.from, INT64_MIN)).Add(MsOr(query.to, INT64_MAX));
  params.Add(TextOrNull{query.actor});
  return params;
}

Params EventParams(const EventQuery& query) {
  Params params = RangeParams(query);
  params.Add(TextOrNull{query.action ? ToString(*query.action) : std::string_view()});
  params.Add(TextOrNull{query.subject}).Add(query.limit);
  return params;
}

// Whether an order row can match at all.
bool OrdersMayMatch(const EventQuery& query) {
  const bool created = !query.action || *query.action == EventType::orderConfirmed ||
                       *query.action == EventType::orderHeld;
  return created && (query.subject.empty() || OrderId::Parse(query.subject));
}

Params OrderParams(const EventQuery& query) {
  Params params = RangeParams(query);
  if (query.action) {
    params.Add(*query.action == EventType::orderConfirmed);
  } else {
    params.AddNull(kBoolType);
  }
  if (const auto id = OrderId::Parse(query.subject)) {
    params.Add(id->bytes());
  } else {
    params.AddNull(kUuidType);
  }
  params.Add(query.limit);
  return params;
}

// --- follows -----------------------------------------------------------------------------------

// The counter is exact; who has none yet is counted. Pages: after (-since, id).
constexpr char kFollowerTotal[] =
    "SELECT coalesce((SELECT followers FROM creators WHERE creator_id = $1),"
    " (SELECT count(*) FROM follows WHERE creator_id = $1))";
constexpr char kFollowingTotal[] =
    "SELECT coalesce((SELECT following FROM users WHERE user_id = $1),"
    " (SELECT count(*) FROM follows WHERE user_id = $1))";
constexpr char kFollowers[] =
    "SELECT user_id, since_ms FROM follows WHERE creator_id = $1 AND (-since_ms, user_id) >"
    " ($2::bigint, $3::text) ORDER BY (-since_ms), user_id LIMIT $4";
constexpr char kFollowing[] =
    "SELECT creator_id, since_ms FROM follows WHERE user_id = $1 AND (-since_ms, creator_id) >"
    " ($2::bigint, $3::text) ORDER BY (-since_ms), creator_id LIMIT $4";

// --- channels ----------------------------------------------------------------------------------

// Queries of one channel: $1 whose, $2 after, $3 until, $4 limit.
struct ChannelSql {
  const char* oldest_first;
  const char* newest_first;
};

#define LD_IN_ORDER(select, name, condition, key, order)                                        \
  select "WHERE " condition " AND " name ".seq > $2 AND " name ".seq <= $3 ORDER BY " key order \
         " LIMIT $4"
#define LD_CHANNEL_BY(select, name, condition, key) \
  {LD_IN_ORDER(select, name, condition, key, ""),   \
   LD_IN_ORDER(select, name, condition, key, " DESC")}
#define LD_CHANNEL(select, name, condition) LD_CHANNEL_BY(select, name, condition, name ".seq")
constexpr ChannelSql kEveryEvent = LD_CHANNEL(LD_SELECT_EVENTS, "e", "$1::text IS NOT NULL");
constexpr ChannelSql kEveryOrder = LD_CHANNEL(LD_SELECT_ORDERS, "o", "$1::text IS NOT NULL");
constexpr ChannelSql kDropChannel =
    LD_CHANNEL(LD_SELECT_EVENTS, "e",
               "e.drop_no = (SELECT drop_no FROM drops WHERE drop_id = $1)"
               " AND e.order_seq IS NULL");
constexpr ChannelSql kCreatorChannel = LD_CHANNEL(LD_SELECT_EVENTS, "e", "e.creator_id = $1");
constexpr ChannelSql kUserChannel = LD_CHANNEL(LD_SELECT_EVENTS, "e", "e.user_id = $1");
constexpr ChannelSql kOrdersOfUserChannel =
    LD_CHANNEL_BY(LD_SELECT_ORDERS, "o", "o.user_id = $1", "(o.seq + 0)");
// Of all orders of a user, also old ones, unless they name a user themselves.
constexpr ChannelSql kOrderEventsOfUser = LD_CHANNEL_BY(
    "SELECT " LD_FULL_EVENT_COLUMNS " FROM events e JOIN orders o ON o.seq = e.order_seq ", "e",
    "o.user_id = $1 AND e.order_seq IS NOT NULL AND e.user_id IS NULL", "(e.seq + 0)");

// What a channel is made of: events, then order rows.
struct ChannelParts {
  std::vector<const ChannelSql*> events;
  const ChannelSql* orders = nullptr;
};

ChannelParts PartsOf(std::string_view kind) {
  if (kind.empty()) return {{&kEveryEvent}, &kEveryOrder};
  if (kind == "drop") return {{&kDropChannel}, nullptr};
  if (kind == "creator") return {{&kCreatorChannel}, nullptr};
  if (kind == "user") return {{&kUserChannel, &kOrderEventsOfUser}, &kOrdersOfUserChannel};
  return {};
}

}  // namespace

Result<Order> GetOrder(Connection& connection, std::uint64_t seq) {
  Query query(connection, LD_SELECT_ORDERS "WHERE o.seq = $1");
  return sql::ReadOne(connection, query.Bind(seq), sql::ReadOrder<Query>, "order at",
                      std::to_string(seq));
}

Status ListOrders(Connection& connection, const OrderQuery& query, std::vector<Order>* out) {
  if (query.limit <= 0) return OkStatus();
  const bool of_user = query.drop.empty();
  Query rows(connection, of_user ? kOrdersOfUser : kOrdersOfDrop);
  rows.Bind(of_user ? query.user.view() : query.drop.view());
  if (of_user) {
    rows.Bind(query.after_seq == 0 ? std::uint64_t{INT64_MAX} : query.after_seq - 1);
  } else {
    rows.Bind(query.after_seq);
  }
  rows.BindOrNull(query.status ? ToString(*query.status) : std::string_view()).Bind(query.limit);
  return sql::ForEach<Order>(connection, rows, sql::ReadOrder<Query>, "orders",
                             [&](const Order& order) { out->push_back(order); });
}

Status ListEvents(Connection& connection, const EventQuery& query, std::vector<Event>* out) {
  if (query.limit <= 0) return OkStatus();
  QueryGroup group(connection);
  group.Add(kFindEvents, EventParams(query));
  const bool orders_too = OrdersMayMatch(query);
  if (orders_too) group.Add(kFindOrders, OrderParams(query));
  std::vector<Rows> found;
  Status status = group.Run(&found);
  if (status.ok()) status = AddEvents(connection, found[0], sql::ReadEvent<Rows>, out);
  if (status.ok() && orders_too) {
    status = AddEvents(connection, found[1], sql::ReadOrderEvent<Rows>, out);
  }
  Arrange(true, query.limit, out);
  return status;
}

Status ListFollows(Connection& connection, const FollowQuery& query, FollowPage* out) {
  const bool of_creator = !query.creator.empty();
  Params whose;
  whose.Add(of_creator ? query.creator.view() : query.user.view());
  Params page = whose;
  const bool first = query.after_id.empty();
  page.Add(first ? std::int64_t{INT64_MIN} : -ToMs(query.after_since));
  page.Add(std::string_view(query.after_id)).Add(std::max(query.limit, 0));
  QueryGroup group(connection);
  group.Add(of_creator ? kFollowerTotal : kFollowingTotal, whose);
  group.Add(of_creator ? kFollowers : kFollowing, page);
  std::vector<Rows> found;
  if (Status status = group.Run(&found); !status.ok()) return status;
  if (found[0].Next()) out->total = found[0].Int(0);
  while (found[1].Next()) {
    FollowEntry entry{query.creator, query.user, found[1].At(1)};
    if (of_creator) entry.user = UserId(found[1].Text(0));
    if (!of_creator) entry.creator = CreatorId(found[1].Text(0));
    out->data.push_back(entry);
  }
  return OkStatus();
}

Status ReadChannel(Connection& connection, const ChannelQuery& query, std::vector<Event>* out) {
  const std::string_view channel = query.channel;
  const std::string_view kind = channel.substr(0, channel.find(':'));
  const bool is_channel = channel.empty() || kind.size() < channel.size();
  const ChannelParts parts = is_channel ? PartsOf(kind) : ChannelParts();
  if (query.limit <= 0 || parts.events.empty()) return OkStatus();
  Params params;
  params.Add(channel.empty() ? channel : channel.substr(kind.size() + 1));
  params.Add(std::min<std::uint64_t>(query.after_seq, INT64_MAX));
  params.Add(query.until_seq == 0 ? std::uint64_t{INT64_MAX} : query.until_seq).Add(query.limit);
  const auto text = [&](const ChannelSql& sql) {
    return query.newest_first ? sql.newest_first : sql.oldest_first;
  };
  QueryGroup group(connection);
  for (const ChannelSql* part : parts.events) group.Add(text(*part), params);
  if (parts.orders != nullptr) group.Add(text(*parts.orders), params);
  std::vector<Rows> found;
  Status status = group.Run(&found);
  for (std::size_t i = 0; status.ok() && i < found.size(); ++i) {
    const bool events = i < parts.events.size();
    status = AddEvents(connection, found[i],
                       events ? sql::ReadEvent<Rows> : sql::ReadOrderEvent<Rows>, out);
  }
  Arrange(query.newest_first, query.limit, out);
  return status;
}

}  // namespace livedrops::postgres
