// Rows: which columns a query selects, and how a row of it becomes a value. The k…Columns belong to
// the function below them and start at column 0 of the query.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

// Of `orders o`. The views of the row live until the query steps on.
#define LD_ORDER_COLUMNS                                                                        \
  "o.seq, o.drop_no, o.off, o.at, o.user_id, o.actor, o.idem_key, o.qty, o.amount, o.balance, " \
  "o.ttl, o.order_id, o.hash, o.status, o.now_qty, o.now_expires"
inline constexpr int kOrderColumnCount = 16;
// False: the row is no order that livedrops wrote.
bool ReadOrderRow(const Query& query, OrderRow* row);
// The order's present state, from the same columns.
bool ReadOrderChange(const Query& query, const OrderRow& row, OrderChange* present);

// Of `orders o JOIN drops d`.
#define LD_FULL_ORDER_COLUMNS LD_ORDER_COLUMNS ", d.drop_id, d.prod_id, d.currency"
bool ReadOrder(const Query& query, Order* order);

// Of `events e`.
#define LD_EVENT_COLUMNS                                                                        \
  "e.seq, e.type, e.aggregate, e.aggregate_seq, e.at, e.actor, e.subject, e.body, e.idem_key, " \
  "e.fingerprint, e.drop_no, e.order_seq, e.delta, e.balance, e.creator_id, e.user_id, e.hash"
bool ReadEventRow(const Query& query, EventRow* row);

// Of `events e LEFT JOIN orders o ON o.seq = e.order_seq`: as readers of events see it, with the
// user of the order that it is about.
#define LD_FULL_EVENT_COLUMNS LD_EVENT_COLUMNS ", o.user_id"
bool ReadEvent(const Query& query, Event* event);
// The same of a row of LD_FULL_ORDER_COLUMNS.
bool ReadOrderEvent(const Query& query, Event* event);

#define LD_DROP_COLUMNS                                                                     \
  "d.drop_no, d.drop_id, d.creator_id, d.prod_id, d.created_ms, d.unit_price, d.currency, " \
  "d.init_stock, d.adjust, d.current_stock, d.held, d.low_stock, d.max_per_order, "         \
  "d.max_per_user, d.confirmation, d.hold_seconds, d.start_ms, d.end_ms, d.changed_ms, "    \
  "d.started, d.paused, d.ended, d.cancelled, d.status, d.version, d.fingerprint"
bool ReadDropRow(const Query& query, DropRow* row);

#define LD_PRODUCT_COLUMNS                                                                        \
  "p.prod_id, p.creator_id, p.name, p.description, p.price, p.currency, p.media_url, p.version, " \
  "p.created_ms, p.updated_ms, p.deleted, p.fingerprint"
bool ReadProductRow(const Query& query, ProductRow* row);

#define LD_ACCOUNT_COLUMNS                                                                         \
  "a.user_id, a.role, a.name, a.email, a.password_hash, a.bio, a.birthday, a.disabled, a.erased, " \
  "a.created_ms"
bool ReadAccount(const Query& query, Account* account);

#define LD_SESSION_COLUMNS                                                                     \
  "s.session_id, s.user_id, s.token_hash, s.previous_token_hash, s.rotated_ms, s.expires_ms, " \
  "s.revoked"
bool ReadSession(const Query& query, Session* session);

// Of `users u LEFT JOIN notifications n USING (user_id)`.
#define LD_USER_COLUMNS "u.user_id, u.following, u.aggregate_seq, coalesce(n.read_up_to, 0)"
bool ReadUserRow(const Query& query, UserRow* row);

// Calls `use` with each row that `read` makes of the query's. Errors: corrupt, with the table's
// name, for a row that cannot be read; those of the query.
template <class Row, class Use>
Status ForEach(Connection& connection, Query& query, bool (*read)(const Query&, Row*),
               std::string_view table, Use use) {
  Row row{};
  while (query.Next()) {
    if (!read(query, &row)) {
      return connection.Fail(StatusCode::kCorrupt, "unreadable row in table " + std::string(table));
    }
    use(row);
  }
  return query.status();
}

// The one row of the query; not_found, with the value asked for, when there is none.
template <class Row>
Result<Row> ReadOne(Connection& connection, Query& query, bool (*read)(const Query&, Row*),
                    std::string_view what, std::string_view value) {
  Result<Row> found = Status(StatusCode::kNotFound,
                             std::string(what) + " '" + std::string(value) + "' does not exist");
  Status status =
      ForEach(connection, query, read, what, [&](const Row& row) { found = Result<Row>(row); });
  if (!status.ok()) return status;
  return found;
}

}  // namespace livedrops::sqlite
