#include "storage/sqlite/channel_reader.h"

#include <algorithm>
#include <iterator>

#include "storage/sqlite/order_finder.h"
#include "storage/sqlite/rows.h"

namespace livedrops::sqlite {
namespace {

// Queries of one channel, bound in this order: whose (when there is one), after, until, limit.
struct ChannelSql {
  const char* oldest_first;
  const char* newest_first;
};

#define LD_CHANNEL(table, condition, order)                     \
  "SELECT " LD_FULL_EVENT_COLUMNS " FROM events e " table       \
  " LEFT JOIN orders o ON o.seq = e.order_seq WHERE " condition \
  " e.seq > ? AND e.seq <= ? ORDER BY e.seq " order " LIMIT ?"
#define LD_CHANNEL_SQL(table, condition) \
  {LD_CHANNEL(table, condition, "ASC"), LD_CHANNEL(table, condition, "DESC")}
constexpr ChannelSql kEveryEvent = LD_CHANNEL_SQL("", "");
constexpr ChannelSql kDropChannel =
    LD_CHANNEL_SQL("INDEXED BY events_of_drop",
                   "e.drop_no = (SELECT drop_no FROM drops WHERE drop_id = ?)"
                   " AND e.order_seq IS NULL AND");
constexpr ChannelSql kCreatorChannel =
    LD_CHANNEL_SQL("INDEXED BY events_of_creator", "e.creator_id = ? AND");
constexpr ChannelSql kUserChannel =
    LD_CHANNEL_SQL("INDEXED BY events_of_user", "e.user_id = ? AND");
// Of one order, unless they name a user themselves.
constexpr ChannelSql kOrderEvents = LD_CHANNEL_SQL(
    "INDEXED BY events_of_order", "e.order_seq = ? AND e.user_id IS NULL AND o.user_id = ? AND");
// Of all orders of a user, by scanning.
constexpr ChannelSql kOrderEventsOfUser =
    LD_CHANNEL_SQL("", "e.order_seq IS NOT NULL AND e.user_id IS NULL AND o.user_id = ? AND");

#define LD_EVERY_ORDER(order)                            \
  "SELECT " LD_FULL_ORDER_COLUMNS                        \
  " FROM orders o JOIN drops d ON d.drop_no = o.drop_no" \
  " WHERE o.seq > ? AND o.seq <= ? ORDER BY o.seq " order " LIMIT ?"
constexpr ChannelSql kEveryOrder = {LD_EVERY_ORDER("ASC"), LD_EVERY_ORDER("DESC")};

// One reading of one channel.
class ChannelReader {
 public:
  ChannelReader(Connection& connection, OrderIndex* index, const ChannelQuery& query)
      : connection_(connection),
        index_(index),
        limit_(query.limit),
        range_{query.after_seq, query.until_seq == 0 ? INT64_MAX : query.until_seq,
               query.newest_first} {}

  // Adds what the query finds, its first parameters being the texts.
  Status Find(const ChannelSql& sql, std::initializer_list<std::string_view> texts,
              std::vector<Event>* found) {
    Query rows(connection_, Text(sql));
    for (const std::string_view text : texts) rows.Bind(text);
    return Collect(rows, ReadEvent, found);
  }
  Status FindEveryOrder(std::vector<Event>* found) {
    Query rows(connection_, Text(kEveryOrder));
    return Collect(rows, ReadOrderEvent, found);
  }
  Status FindOrdersOf(std::string_view user, std::vector<Event>* found);
  Status FindOrderEventsOf(std::string_view user, std::vector<Event>* found);

  void Merge(std::vector<Event> events, std::vector<Event>* out) const {
    *out = MergeEvents(std::move(*out), std::move(events), range_.newest_first, limit_);
  }

 private:
  const char* Text(const ChannelSql& sql) const {
    return range_.newest_first ? sql.newest_first : sql.oldest_first;
  }
  Status Collect(Query& rows, bool (*read)(const Query&, Event*), std::vector<Event>* found) {
    rows.Bind(range_.after).Bind(range_.until).Bind(limit_);
    return ForEach<Event>(connection_, rows, read, "of the log",
                          [&](const Event& event) { found->push_back(event); });
  }

  Connection& connection_;
  OrderIndex* const index_;
  const int limit_;
  const SeqRange range_;
};

Status ChannelReader::FindOrdersOf(std::string_view user, std::vector<Event>* found) {
  bool readable = true;
  Status status = VisitOrdersOfUser(connection_, index_, user, range_, [&](const Query& row) {
    readable = ReadOrderEvent(row, &found->emplace_back());
    return readable && std::ssize(*found) < limit_;
  });
  if (readable) return status;
  return connection_.Fail(StatusCode::kCorrupt, "unreadable row in table orders");
}

// Also old orders have new events: all of the user's are asked.
Status ChannelReader::FindOrderEventsOf(std::string_view user, std::vector<Event>* found) {
  if (index_ == nullptr) return Find(kOrderEventsOfUser, {user}, found);
  Status failed;
  const OrderIndex::Search search{index_->KeyOfUser(user), 0, range_.until, false};
  Status status = index_->Visit(connection_, search, [&](std::uint64_t order_seq) {
    Query rows(connection_, Text(kOrderEvents));
    failed = Collect(rows.Bind(order_seq).Bind(user), ReadEvent, found);
    return failed.ok();
  });
  const bool newest_first = range_.newest_first;
  std::sort(found->begin(), found->end(), [=](const Event& a, const Event& b) {
    return newest_first ? a.seq > b.seq : a.seq < b.seq;
  });
  return failed.ok() ? status : failed;
}

Status ReadUserChannel(ChannelReader& reader, std::string_view user, std::vector<Event>* out) {
  std::vector<Event> orders;
  std::vector<Event> order_events;
  Status status = reader.Find(kUserChannel, {user}, out);
  if (status.ok()) status = reader.FindOrdersOf(user, &orders);
  if (status.ok()) status = reader.FindOrderEventsOf(user, &order_events);
  reader.Merge(std::move(orders), out);
  reader.Merge(std::move(order_events), out);
  return status;
}

Status ReadEveryRow(ChannelReader& reader, std::vector<Event>* out) {
  std::vector<Event> orders;
  Status status = reader.Find(kEveryEvent, {}, out);
  if (status.ok()) status = reader.FindEveryOrder(&orders);
  reader.Merge(std::move(orders), out);
  return status;
}

}  // namespace

Status ReadChannel(Connection& connection, OrderIndex* index, const ChannelQuery& query,
                   std::vector<Event>* out) {
  if (query.limit <= 0) return OkStatus();
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  ChannelReader reader(connection, index, query);
  const std::string_view channel = query.channel;
  if (channel.empty()) return ReadEveryRow(reader, out);
  const std::string_view kind = channel.substr(0, channel.find(':'));
  if (kind.size() == channel.size()) return OkStatus();
  const std::string_view id = channel.substr(kind.size() + 1);
  if (kind == "drop") return reader.Find(kDropChannel, {id}, out);
  if (kind == "creator") return reader.Find(kCreatorChannel, {id}, out);
  if (kind == "user") return ReadUserChannel(reader, id, out);
  return OkStatus();
}

std::vector<Event> MergeEvents(std::vector<Event> a, std::vector<Event> b, bool newest_first,
                               int limit) {
  std::vector<Event> merged;
  merged.reserve(a.size() + b.size());
  std::merge(std::make_move_iterator(a.begin()), std::make_move_iterator(a.end()),
             std::make_move_iterator(b.begin()), std::make_move_iterator(b.end()),
             std::back_inserter(merged), [=](const Event& x, const Event& y) {
               return newest_first ? x.seq > y.seq : x.seq < y.seq;
             });
  merged.resize(std::min(merged.size(), static_cast<std::size_t>(std::max(limit, 0))));
  return merged;
}

}  // namespace livedrops::sqlite
