// Rows of the SQL storages: which columns a query selects, and how a row of it becomes a value.
// Both storages keep the same tables, so both read them here.
//
// A Query gives the columns of its present row: Int, Unsigned, Int32, Bool, At, IsNull, Text (a
// view that lives until the query steps on) and BlobInto. The LD_…_COLUMNS belong to the function
// below them and start at column 0.
#pragma once

#include "livedrops/spi/log_text.h"
#include "livedrops/spi/storage.h"

namespace livedrops::sql {

template <class Query>
bool ReadCurrency(const Query& query, int column, Currency* currency) {
  const auto parsed = Currency::Parse(query.Text(column));
  if (parsed) *currency = *parsed;
  return parsed.has_value();
}

// Of `orders o`: what never changes. The views of the row live until the query steps on.
#define LD_ORDER_LOG_COLUMNS                                                                    \
  "o.seq, o.drop_no, o.off, o.at, o.user_id, o.actor, o.idem_key, o.qty, o.amount, o.balance, " \
  "o.ttl, o.order_id, o.hash"
// And its present state.
#define LD_ORDER_COLUMNS LD_ORDER_LOG_COLUMNS ", o.status, o.now_qty, o.now_expires"
inline constexpr int kOrderColumnCount = 16;
// False: the row is no order that livedrops wrote.
template <class Query>
bool ReadOrderRow(const Query& query, OrderRow* row) {
  row->seq = query.Unsigned(0);
  row->drop_no = query.Unsigned(1);
  row->aggregate_seq = query.Unsigned(2);
  row->at = query.At(3);
  row->user = query.Text(4);
  row->actor = query.Text(5);
  row->key = query.Text(6);
  row->quantity = query.Int32(7);
  row->amount = query.Int(8);
  row->balance = query.Int32(9);
  row->ttl_seconds = query.Int32(10);
  return query.BlobInto(11, &row->order_id) && query.BlobInto(12, &row->hash) && row->quantity > 0;
}

// The order's present state, from the same columns.
template <class Query>
bool ReadOrderChange(const Query& query, const OrderRow& row, OrderChange* present) {
  present->seq = row.seq;
  if (query.IsNull(13)) {
    const bool held = row.ttl_seconds != 0;
    present->status = held ? OrderStatus::held : OrderStatus::confirmed;
    present->quantity = row.quantity;
    present->expires_at = held ? row.at + std::chrono::seconds(row.ttl_seconds) : Time();
    return true;
  }
  const auto status = ParseOrderStatus(query.Text(13));
  present->status = status.value_or(OrderStatus::held);
  present->quantity = query.Int32(14);
  present->expires_at = query.At(15);
  return status.has_value();
}

// Of `orders o JOIN drops d`.
#define LD_FULL_ORDER_COLUMNS LD_ORDER_COLUMNS ", d.drop_id, d.prod_id, d.currency"
template <class Query>
bool ReadOrder(const Query& query, Order* order) {
  OrderRow row;
  OrderChange present;
  if (!ReadOrderRow(query, &row) || !ReadOrderChange(query, row, &present)) return false;
  order->id = OrderId(row.order_id);
  order->user = UserId(row.user);
  order->drop = DropId(query.Text(kOrderColumnCount));
  order->product = ProductId(query.Text(kOrderColumnCount + 1));
  order->key = Key(row.key);
  order->quantity = present.quantity;
  // The row's amount is that of its first quantity.
  order->amount.minor_units = row.amount / row.quantity * present.quantity;
  order->status = present.status;
  order->created_at = row.at;
  order->expires_at.reset();
  if (present.status == OrderStatus::held) order->expires_at = present.expires_at;
  order->seq = row.seq;
  return ReadCurrency(query, kOrderColumnCount + 2, &order->amount.currency);
}

// Of `events e`.
#define LD_EVENT_COLUMNS                                                                        \
  "e.seq, e.type, e.aggregate, e.aggregate_seq, e.at, e.actor, e.subject, e.body, e.idem_key, " \
  "e.fingerprint, e.drop_no, e.order_seq, e.delta, e.balance, e.creator_id, e.user_id, e.hash"
template <class Query>
bool ReadEventRow(const Query& query, EventRow* row) {
  row->seq = query.Unsigned(0);
  const auto type = ParseEventType(query.Text(1));
  row->type = type.value_or(EventType::recovered);
  row->aggregate = query.Text(2);
  row->aggregate_seq = query.Unsigned(3);
  row->at = query.At(4);
  row->actor = query.Text(5);
  row->subject = query.Text(6);
  row->body = query.Text(7);
  row->key = query.Text(8);
  row->fingerprint = query.Unsigned(9);
  row->drop_no = query.Unsigned(10);
  row->order_seq = query.Unsigned(11);
  row->delta = query.Int32(12);
  row->balance = query.Int32(13);
  row->creator = query.Text(14);
  row->user = query.Text(15);
  return type.has_value() && query.BlobInto(16, &row->hash);
}

// Of `events e LEFT JOIN orders o ON o.seq = e.order_seq`: as readers of events see it, with the
// user of the order that it is about.
#define LD_FULL_EVENT_COLUMNS LD_EVENT_COLUMNS ", o.user_id"
template <class Query>
bool ReadEvent(const Query& query, Event* event) {
  EventRow row;
  if (!ReadEventRow(query, &row)) return false;
  *event = ToEvent(row);
  if (row.user.empty()) event->user = UserId(query.Text(17));
  return true;
}

// The same of a row of LD_FULL_ORDER_COLUMNS.
template <class Query>
bool ReadOrderEvent(const Query& query, Event* event) {
  OrderRow row;
  if (!ReadOrderRow(query, &row)) return false;
  *event = ToEvent(row, query.Text(kOrderColumnCount));
  return true;
}

// The states of a drop that its row stores; the rest of it is in ReadDropRow.
template <class Query>
void ReadDropState(const Query& query, DropRow* row) {
  row->changed_at = query.At(18);
  row->started = query.Bool(19);
  row->paused = query.Bool(20);
  row->ended = query.Bool(21);
  row->cancelled = query.Bool(22);
  row->drop.version = query.Unsigned(24);
  row->fingerprint = query.Unsigned(25);
}

#define LD_DROP_COLUMNS                                                                     \
  "d.drop_no, d.drop_id, d.creator_id, d.prod_id, d.created_ms, d.unit_price, d.currency, " \
  "d.init_stock, d.adjust, d.current_stock, d.held, d.low_stock, d.max_per_order, "         \
  "d.max_per_user, d.confirmation, d.hold_seconds, d.start_ms, d.end_ms, d.changed_ms, "    \
  "d.started, d.paused, d.ended, d.cancelled, d.status, d.version, d.fingerprint"
template <class Query>
bool ReadDropRow(const Query& query, DropRow* row) {
  Drop& drop = row->drop;
  row->drop_no = query.Unsigned(0);
  drop.id = DropId(query.Text(1));
  drop.creator = CreatorId(query.Text(2));
  drop.product = ProductId(query.Text(3));
  drop.created_at = query.At(4);
  drop.price.minor_units = query.Int(5);
  drop.init_stock = query.Int32(7);
  drop.adjust = query.Int32(8);
  drop.current_stock = query.Int32(9);
  drop.held = query.Int32(10);
  drop.low_stock = query.Int32(11);
  drop.max_per_order = query.Int32(12);
  drop.max_per_user = query.Int32(13);
  const std::string_view confirmation = query.Text(14);
  const bool direct = confirmation == ToString(Confirmation::direct);
  drop.confirmation = direct ? Confirmation::direct : Confirmation::hold;
  drop.hold_seconds = query.Int32(15);
  drop.start_time = query.At(16);
  drop.end_time = query.At(17);
  ReadDropState(query, row);
  const auto status = ParseDropStatus(query.Text(23));
  drop.status = status.value_or(DropStatus::scheduled);
  return status.has_value() && ReadCurrency(query, 6, &drop.price.currency) &&
         (direct || confirmation == ToString(Confirmation::hold));
}

#define LD_PRODUCT_COLUMNS                                                                        \
  "p.prod_id, p.creator_id, p.name, p.description, p.price, p.currency, p.media_url, p.version, " \
  "p.created_ms, p.updated_ms, p.deleted"
template <class Query>
bool ReadProductRow(const Query& query, ProductRow* row) {
  Product& product = row->product;
  product.id = ProductId(query.Text(0));
  product.creator = CreatorId(query.Text(1));
  product.name = query.Text(2);
  product.description = query.Text(3);
  product.price.minor_units = query.Int(4);
  product.media_url = query.Text(6);
  product.version = query.Unsigned(7);
  product.created_at = query.At(8);
  product.updated_at = query.At(9);
  row->deleted = query.Bool(10);
  return ReadCurrency(query, 5, &product.price.currency);
}

#define LD_ACCOUNT_COLUMNS                                                                         \
  "a.user_id, a.role, a.name, a.email, a.password_hash, a.bio, a.birthday, a.disabled, a.erased, " \
  "a.created_ms"
template <class Query>
bool ReadAccount(const Query& query, Account* account) {
  account->id = UserId(query.Text(0));
  const auto role = ParseRole(query.Text(1));
  account->role = role.value_or(Role::user);
  account->name = query.Text(2);
  account->email = query.Text(3);
  account->password_hash = query.Text(4);
  account->bio = query.Text(5);
  account->birthday = query.Text(6);
  account->disabled = query.Bool(7);
  account->erased = query.Bool(8);
  account->created_at = query.At(9);
  return role.has_value();
}

#define LD_SESSION_COLUMNS                                                                     \
  "s.session_id, s.user_id, s.token_hash, s.previous_token_hash, s.rotated_ms, s.expires_ms, " \
  "s.revoked"
template <class Query>
bool ReadSession(const Query& query, Session* session) {
  session->id = query.Text(0);
  session->user = UserId(query.Text(1));
  session->token_hash = query.Text(2);
  session->previous_token_hash = query.Text(3);
  session->rotated_at = query.At(4);
  session->expires_at = query.At(5);
  session->revoked = query.Bool(6);
  return true;
}

// Of `users u LEFT JOIN notifications n USING (user_id)`.
#define LD_USER_COLUMNS "u.user_id, u.following, u.aggregate_seq, coalesce(n.read_up_to, 0)"
template <class Query>
bool ReadUserRow(const Query& query, UserRow* row) {
  row->id = UserId(query.Text(0));
  row->following = query.Int(1);
  row->aggregate_seq = query.Unsigned(2);
  row->read_up_to = query.Unsigned(3);
  return true;
}

// Calls `use` with each row that `read` makes of the query's. Errors: corrupt, with the table's
// name, for a row that cannot be read; those of the query.
template <class Row, class Connection, class Query, class Use>
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
template <class Row, class Connection, class Query>
Result<Row> ReadOne(Connection& connection, Query& query, bool (*read)(const Query&, Row*),
                    std::string_view what, std::string_view value) {
  Result<Row> found = Status(StatusCode::kNotFound,
                             std::string(what) + " '" + std::string(value) + "' does not exist");
  Status status =
      ForEach(connection, query, read, what, [&](const Row& row) { found = Result<Row>(row); });
  if (!status.ok()) return status;
  return found;
}

}  // namespace livedrops::sql
