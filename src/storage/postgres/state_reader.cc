#include "storage/postgres/state_reader.h"

#include <algorithm>

#include "base/sql_rows.h"
#include "storage/postgres/query.h"

namespace livedrops::postgres {
namespace {

constexpr char kReadOrders[] =
    "SELECT " LD_ORDER_LOG_COLUMNS " FROM orders o WHERE o.seq > $1 ORDER BY o.seq LIMIT $2";
constexpr char kReadEvents[] =
    "SELECT " LD_EVENT_COLUMNS " FROM events e WHERE e.seq > $1 ORDER BY e.seq LIMIT $2";

// Rows of the log that are read at once.
constexpr std::int64_t kLogPage = 8'192;

// One of the log's two tables, with its next row already read.
template <class Row>
class LogRows {
 public:
  LogRows(Rows rows, bool (*read)(const Rows&, Row*)) : rows_(std::move(rows)), read_(read) {
    Step();
  }
  void Step() {
    has_row_ = rows_.Next();
    if (has_row_) has_row_ = readable_ = read_(rows_, &row_);
  }
  std::uint64_t seq() const { return has_row_ ? row_.seq : UINT64_MAX; }
  const Row& row() const { return row_; }
  bool readable() const { return readable_; }

 private:
  Rows rows_;
  bool (*read_)(const Rows&, Row*);
  Row row_{};
  bool has_row_ = false;
  bool readable_ = true;
};

// Hands out the first `limit` rows of both in the order of the log. `*last` is the seq of the last
// one; the number of rows is returned.
Result<std::int64_t> SendLog(Connection& connection, std::vector<Rows> tables, std::int64_t limit,
                             LogSink& sink, std::uint64_t* last) {
  LogRows<OrderRow> orders(std::move(tables[0]), sql::ReadOrderRow<Rows>);
  LogRows<EventRow> events(std::move(tables[1]), sql::ReadEventRow<Rows>);
  std::int64_t sent = 0;
  for (; sent < limit; ++sent) {
    if (orders.seq() < events.seq()) {
      *last = orders.seq();
      sink.OnOrder(orders.row());
      orders.Step();
    } else if (events.seq() != UINT64_MAX) {
      *last = events.seq();
      sink.OnEvent(events.row());
      events.Step();
    } else {
      break;
    }
  }
  if (orders.readable() && events.readable()) return sent;
  return connection.Fail(StatusCode::kCorrupt, "unreadable row in the log");
}

Params LogParams(std::uint64_t after_seq, std::int64_t limit) {
  Params params;
  params.Add(after_seq).Add(limit);
  return params;
}

template <class Row>
Status SendAll(Connection& connection, const char* declare, bool (*read)(const CursorQuery&, Row*),
               const BetweenPages& between, StateSink& sink, void (StateSink::*send)(const Row&)) {
  CursorQuery query(connection, declare, between);
  return sql::ForEach(connection, query, read, "of the state",
                      [&](const Row& row) { (sink.*send)(row); });
}

bool ReadCreatorRow(const CursorQuery& query, CreatorRow* row) {
  row->id = CreatorId(query.Text(0));
  row->followers = query.Int(1);
  row->aggregate_seq = query.Unsigned(2);
  return true;
}

bool ReadFollowRow(const CursorQuery& query, FollowRow* row) {
  row->creator = CreatorId(query.Text(0));
  row->user = UserId(query.Text(1));
  row->since = query.At(2);
  return true;
}

}  // namespace

Result<Head> ReadHead(Connection& connection) {
  Query query(connection, "SELECT seq, hash FROM log_head");
  Head head;
  if (!query.Next()) {
    if (!query.status().ok()) return query.status();
    return connection.Fail(StatusCode::kCorrupt, "table log_head has no row");
  }
  head.seq = query.Unsigned(0);
  if (query.BlobInto(1, &head.hash)) return head;
  return connection.Fail(StatusCode::kCorrupt, "unreadable hash in table log_head");
}

Status ReadLog(Connection& connection, std::uint64_t after_seq, std::int64_t limit, LogSink& sink) {
  after_seq = std::min<std::uint64_t>(after_seq, INT64_MAX);
  std::vector<Rows> tables;
  if (limit <= kLogPage) {
    QueryGroup group(connection);
    const Params params = LogParams(after_seq, limit);
    Status status = group.Add(kReadOrders, params).Add(kReadEvents, params).Run(&tables);
    if (!status.ok()) return status;
    return SendLog(connection, std::move(tables), limit, sink, &after_seq).status();
  }
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  while (limit > 0) {
    const std::int64_t page = std::min(limit, kLogPage);
    Pipeline pipeline(connection);
    const Params params = LogParams(after_seq, page);
    PipelineEnd end = pipeline.Add(kReadOrders, params).Add(kReadEvents, params).Run();
    if (!end.status.ok()) return end.status;
    tables.clear();
    for (ResultPtr& result : end.results) tables.emplace_back(std::move(result));
    const auto sent = SendLog(connection, std::move(tables), page, sink, &after_seq);
    if (!sent.ok() || *sent < page) return sent.status();
    limit -= page;
  }
  return OkStatus();
}

Result<Head> LoadState(Connection& connection, StateSink& sink, const BetweenPages& between) {
  const Snapshot snapshot(connection);
  Status status = snapshot.status();
  const auto send = [&](const char* declare, auto read, auto method) {
    if (status.ok()) status = SendAll(connection, declare, read, between, sink, method);
    if (status.ok()) status = between();
  };
  send(LD_CURSOR "SELECT " LD_DROP_COLUMNS " FROM drops d", sql::ReadDropRow<CursorQuery>,
       &StateSink::OnDrop);
  send(LD_CURSOR "SELECT " LD_PRODUCT_COLUMNS " FROM products p", sql::ReadProductRow<CursorQuery>,
       &StateSink::OnProduct);
  send(LD_CURSOR "SELECT creator_id, followers, aggregate_seq FROM creators", ReadCreatorRow,
       &StateSink::OnCreator);
  send(LD_CURSOR "SELECT " LD_USER_COLUMNS
                 " FROM users u LEFT JOIN notifications n USING (user_id)",
       sql::ReadUserRow<CursorQuery>, &StateSink::OnUser);
  send(LD_CURSOR "SELECT creator_id, user_id, since_ms FROM follows", ReadFollowRow,
       &StateSink::OnFollow);
  send(LD_CURSOR "SELECT " LD_ACCOUNT_COLUMNS " FROM accounts a", sql::ReadAccount<CursorQuery>,
       &StateSink::OnAccount);
  send(LD_CURSOR "SELECT " LD_SESSION_COLUMNS " FROM sessions s", sql::ReadSession<CursorQuery>,
       &StateSink::OnSession);
  send(LD_CURSOR "SELECT " LD_EVENT_COLUMNS
                 " FROM events e WHERE e.idem_key IS NOT NULL ORDER BY e.seq",
       sql::ReadEventRow<CursorQuery>, &StateSink::OnKey);
  if (!status.ok()) return status;
  return ReadHead(connection);
}

Status LoadOrders(Connection& connection, std::span<const std::uint64_t> drop_nos,
                  std::uint64_t until_seq, OrderSink& sink, const BetweenPages& between) {
  if (drop_nos.empty()) return OkStatus();
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  CursorQuery query(connection,
                    LD_CURSOR "SELECT " LD_ORDER_COLUMNS
                              " FROM orders o WHERE o.drop_no = ANY($1) AND o.seq <= $2"
                              " ORDER BY o.seq",
                    between);
  query.params()
      .AddColumn(drop_nos, [](std::uint64_t drop_no) { return drop_no; })
      .Add(std::min<std::uint64_t>(until_seq, INT64_MAX));
  Status status = sql::ForEach<OrderRow>(
      connection, query, sql::ReadOrderRow<CursorQuery>, "orders", [&](const OrderRow& row) {
        OrderChange present;
        // An unknown status reads as a hold: `verify` names it.
        static_cast<void>(sql::ReadOrderChange(query, row, &present));
        sink.OnOrder(row, present);
      });
  return status.ok() ? between() : status;
}

}  // namespace livedrops::postgres
