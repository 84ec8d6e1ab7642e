#include "storage/sqlite/state_reader.h"

#include "storage/sqlite/order_finder.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/table_writer.h"

namespace livedrops::sqlite {
namespace {

// A query of one of the log's two tables, with its next row already read.
template <class Row>
class LogTable {
 public:
  LogTable(Connection& connection, const char* sql, bool (*read)(const Query&, Row*))
      : query_(connection, sql), read_(read) {}

  void Start(std::uint64_t after_seq, std::int64_t limit) {
    query_.Bind(after_seq).Bind(limit);
    Step();
  }
  void Step() {
    if (!query_.Next()) {
      has_row_ = false;
      return;
    }
    has_row_ = readable_ = read_(query_, &row_);
  }
  bool IsBefore(std::uint64_t seq) const { return has_row_ && row_.seq < seq; }
  bool readable() const { return readable_; }
  std::uint64_t seq() const { return has_row_ ? row_.seq : UINT64_MAX; }
  const Row& row() const { return row_; }
  Status status(const Connection& connection) const {
    if (!readable_) return connection.Fail(StatusCode::kCorrupt, "unreadable row in the log");
    return query_.status();
  }

 private:
  Query query_;
  bool (*read_)(const Query&, Row*);
  Row row_{};
  bool has_row_ = false;
  bool readable_ = true;
};

template <class Row>
Status SendAll(Connection& connection, const char* sql, bool (*read)(const Query&, Row*),
               StateSink& sink, void (StateSink::*send)(const Row&)) {
  Query query(connection, sql);
  return ForEach(connection, query, read, "of the state",
                 [&](const Row& row) { (sink.*send)(row); });
}

bool ReadCreatorRow(const Query& query, CreatorRow* row) {
  row->id = CreatorId(query.Text(0));
  row->followers = query.Int(1);
  row->aggregate_seq = query.Unsigned(2);
  return true;
}

bool ReadFollowRow(const Query& query, FollowRow* row) {
  row->creator = CreatorId(query.Text(0));
  row->user = UserId(query.Text(1));
  row->since = query.At(2);
  return true;
}

}  // namespace

Status ReadLog(Connection& connection, std::uint64_t after_seq, std::int64_t limit, LogSink& sink) {
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  LogTable<OrderRow> orders(connection,
                            "SELECT " LD_ORDER_COLUMNS
                            " FROM orders o WHERE o.seq > ? ORDER BY o.seq LIMIT ?",
                            ReadOrderRow);
  LogTable<EventRow> events(connection,
                            "SELECT " LD_EVENT_COLUMNS
                            " FROM events e WHERE e.seq > ? ORDER BY e.seq LIMIT ?",
                            ReadEventRow);
  orders.Start(after_seq, limit);
  events.Start(after_seq, limit);
  // Nothing behind an unreadable row is sent: the reader would take it for the next one.
  for (; limit > 0 && orders.readable() && events.readable(); --limit) {
    if (orders.IsBefore(events.seq())) {
      sink.OnOrder(orders.row());
      orders.Step();
    } else if (events.IsBefore(UINT64_MAX)) {
      sink.OnEvent(events.row());
      events.Step();
    } else {
      break;
    }
  }
  Status status = orders.status(connection);
  return status.ok() ? events.status(connection) : status;
}

Result<Head> LoadState(Connection& connection, StateSink& sink) {
  const Snapshot snapshot(connection);
  Status status = snapshot.status();
  const auto send = [&](const char* sql, auto read, auto method) {
    if (status.ok()) status = SendAll(connection, sql, read, sink, method);
  };
  send("SELECT " LD_DROP_COLUMNS " FROM drops d", ReadDropRow, &StateSink::OnDrop);
  send("SELECT " LD_PRODUCT_COLUMNS " FROM products p", ReadProductRow, &StateSink::OnProduct);
  send("SELECT creator_id, followers, aggregate_seq FROM creators", ReadCreatorRow,
       &StateSink::OnCreator);
  send("SELECT " LD_USER_COLUMNS " FROM users u LEFT JOIN notifications n USING (user_id)",
       ReadUserRow, &StateSink::OnUser);
  send("SELECT creator_id, user_id, since_ms FROM follows", ReadFollowRow, &StateSink::OnFollow);
  send("SELECT " LD_ACCOUNT_COLUMNS " FROM accounts a", ReadAccount, &StateSink::OnAccount);
  send("SELECT " LD_SESSION_COLUMNS " FROM sessions s", ReadSession, &StateSink::OnSession);
  send("SELECT " LD_EVENT_COLUMNS " FROM events e WHERE e.idem_key IS NOT NULL ORDER BY e.seq",
       ReadEventRow, &StateSink::OnKey);
  if (!status.ok()) return status;
  return ReadHead(connection);
}

Status LoadOrders(Connection& connection, OrderIndex* index,
                  std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                  OrderSink& sink) {
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  return VisitAllOrders(connection, index, drop_nos, until_seq, sink);
}

}  // namespace livedrops::sqlite
