#include "storage/sqlite/table_writer.h"

#include <algorithm>

#include "base/batch_sequence.h"

namespace livedrops::sqlite {
namespace {

Status Broken(std::string_view what, std::uint64_t number) {
  return {StatusCode::kBrokenInvariant, std::string(what) + ": " + std::to_string(number)};
}

Status WriteOrderChange(Connection& connection, const OrderChange& change) {
  Query query(connection,
              "UPDATE orders SET status = ?, now_qty = ?, now_expires = ? WHERE seq = ?");
  query.Bind(ToString(change.status)).Bind(change.quantity).Bind(change.expires_at);
  if (Status status = query.Bind(change.seq).Run(); !status.ok()) return status;
  if (connection.changes() != 1) return Broken("change of an unknown order", change.seq);
  return OkStatus();
}

// The columns that are in no index: a sale touches one page of the table and no other.
void BindDropState(Query& query, const DropRow& row) {
  const Drop& drop = row.drop;
  query.Bind(drop.price.minor_units).Bind(drop.price.currency.view()).Bind(drop.init_stock);
  query.Bind(drop.adjust).Bind(drop.current_stock).Bind(drop.held).Bind(drop.low_stock);
  query.Bind(drop.max_per_order).Bind(drop.max_per_user).Bind(ToString(drop.confirmation));
  query.Bind(drop.hold_seconds).Bind(drop.start_time).Bind(drop.end_time).Bind(row.changed_at);
  query.Bind(row.started).Bind(row.paused).Bind(row.ended).Bind(row.cancelled);
  query.Bind(ToString(StatusAt(row, row.changed_at))).Bind(drop.version).Bind(row.fingerprint);
}

// A drop that is new, or whose row is not what its creation made it.
Status ReplaceDrop(Connection& connection, const DropRow& row) {
  Status status = Query(connection, "DELETE FROM drops WHERE drop_no = ? AND drop_id = ?")
                      .Bind(row.drop_no)
                      .Bind(row.drop.id.view())
                      .Run();
  if (!status.ok()) return status;
  Query insert(connection,
               "INSERT INTO drops(drop_no, drop_id, creator_id, prod_id, created_ms, unit_price,"
               " currency, init_stock, adjust, current_stock, held, low_stock, max_per_order,"
               " max_per_user, confirmation, hold_seconds, start_ms, end_ms, changed_ms, started,"
               " paused, ended, cancelled, status, version, fingerprint) VALUES(?, ?, ?, ?, ?, ?,"
               " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.Bind(row.drop_no).Bind(row.drop.id.view()).Bind(row.drop.creator.view());
  insert.Bind(row.drop.product.view()).Bind(row.drop.created_at);
  BindDropState(insert, row);
  return insert.Run();
}

// Id, creator, product and time of creation never change.
Status WriteDrop(Connection& connection, const DropRow& row) {
  Query update(connection,
               "UPDATE drops SET (unit_price, currency, init_stock, adjust, current_stock, held,"
               " low_stock, max_per_order, max_per_user, confirmation, hold_seconds, start_ms,"
               " end_ms, changed_ms, started, paused, ended, cancelled, status, version,"
               " fingerprint) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
               " WHERE drop_no = ? AND drop_id = ? AND creator_id = ? AND prod_id = ?"
               " AND created_ms = ?");
  BindDropState(update, row);
  update.Bind(row.drop_no).Bind(row.drop.id.view()).Bind(row.drop.creator.view());
  Status status = update.Bind(row.drop.product.view()).Bind(row.drop.created_at).Run();
  if (!status.ok() || connection.changes() == 1) return status;
  return ReplaceDrop(connection, row);
}

Status CheckDrop(const DropRow& row, const Head& head) {
  if (row.drop_no == 0 || row.drop_no > head.seq || !row.drop.id.valid()) {
    return Broken("drop without id or log row", row.drop_no);
  }
  return OkStatus();
}

Status WriteProduct(Connection& connection, const ProductRow& row) {
  const Product& product = row.product;
  Query query(connection,
              "INSERT INTO products(prod_id, creator_id, name, description, price, currency,"
              " media_url, version, created_ms, updated_ms, deleted)"
              " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(prod_id) DO UPDATE SET"
              " creator_id = excluded.creator_id, name = excluded.name,"
              " description = excluded.description, price = excluded.price,"
              " currency = excluded.currency, media_url = excluded.media_url,"
              " version = excluded.version, created_ms = excluded.created_ms,"
              " updated_ms = excluded.updated_ms, deleted = excluded.deleted");
  query.Bind(product.id.view()).Bind(product.creator.view()).Bind(product.name);
  query.Bind(product.description).Bind(product.price.minor_units);
  query.Bind(product.price.currency.view()).Bind(product.media_url).Bind(product.version);
  query.Bind(product.created_at).Bind(product.updated_at);
  return query.Bind(row.deleted).Run();
}

Status WriteCreator(Connection& connection, const CreatorRow& row) {
  return Query(connection, "INSERT OR REPLACE INTO creators VALUES(?, ?, ?)")
      .Bind(row.id.view())
      .Bind(row.followers)
      .Bind(row.aggregate_seq)
      .Run();
}

Status WriteUser(Connection& connection, const UserRow& row) {
  Query query(connection, "INSERT OR REPLACE INTO users VALUES(?, ?, ?)");
  query.Bind(row.id.view()).Bind(row.following).Bind(row.aggregate_seq);
  Status status = query.Run();
  // Most users never mark anything as read and have no row.
  if (!status.ok() || row.read_up_to == 0) return status;
  return Query(connection,
               "INSERT INTO notifications VALUES(?, ?) ON CONFLICT(user_id) DO UPDATE SET"
               " read_up_to = excluded.read_up_to WHERE read_up_to <> excluded.read_up_to")
      .Bind(row.id.view())
      .Bind(row.read_up_to)
      .Run();
}

// One account may take the email that another gives up in the same batch.
Status GiveUpEmail(Connection& connection, const Account& account) {
  return Query(connection, "UPDATE accounts SET email = '' WHERE user_id = ? AND email <> ?")
      .Bind(account.id.view())
      .Bind(account.email)
      .Run();
}

Status WriteAccount(Connection& connection, const Account& account) {
  Query query(connection,
              "INSERT INTO accounts(user_id, role, name, email, password_hash, bio, birthday,"
              " disabled, erased, created_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
              " ON CONFLICT(user_id) DO UPDATE SET role = excluded.role, name = excluded.name,"
              " email = excluded.email, password_hash = excluded.password_hash,"
              " bio = excluded.bio, birthday = excluded.birthday, disabled = excluded.disabled,"
              " erased = excluded.erased, created_ms = excluded.created_ms");
  query.Bind(account.id.view()).Bind(ToString(account.role)).Bind(account.name);
  query.Bind(account.email).Bind(account.password_hash).Bind(account.bio).Bind(account.birthday);
  return query.Bind(account.disabled).Bind(account.erased).Bind(account.created_at).Run();
}

Status WriteSession(Connection& connection, const Session& session) {
  if (session.id.empty()) return {StatusCode::kBrokenInvariant, "session without id"};
  Query query(connection,
              "INSERT OR REPLACE INTO sessions(session_id, user_id, token_hash,"
              " previous_token_hash, rotated_ms, expires_ms, revoked)"
              " VALUES(?, ?, ?, ?, ?, ?, ?)");
  query.Bind(session.id).Bind(session.user.view()).Bind(session.token_hash);
  query.Bind(session.previous_token_hash).Bind(session.rotated_at).Bind(session.expires_at);
  return query.Bind(session.revoked).Run();
}

template <class Row>
Status WriteAll(Connection& connection, std::span<const Row> rows,
                Status (*write)(Connection&, const Row&)) {
  for (const Row& row : rows) {
    if (Status status = write(connection, row); !status.ok()) return status;
  }
  return OkStatus();
}

// What an erased account had must not stay in free space. Everybody else need not wait for zeros to
// be written: orders were 3 % slower. (Executed, because a pragma acts when it is prepared.)
Status WriteAccounts(Connection& connection, std::span<const Account> accounts) {
  if (accounts.empty()) return OkStatus();
  Status status = connection.Execute("PRAGMA secure_delete = ON");
  if (status.ok()) status = WriteAll(connection, accounts, GiveUpEmail);
  if (status.ok()) status = WriteAll(connection, accounts, WriteAccount);
  const Status ended = connection.Execute("PRAGMA secure_delete = OFF");
  return status.ok() ? ended : status;
}

}  // namespace

Result<Head> ReadHead(Connection& connection) {
  Query query(connection,
              "SELECT seq, hash FROM (SELECT seq, hash FROM orders ORDER BY seq DESC LIMIT 1)"
              " UNION ALL"
              " SELECT seq, hash FROM (SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1)");
  Head head;
  while (query.Next()) {
    if (query.Unsigned(0) <= head.seq) continue;
    head.seq = query.Unsigned(0);
    if (!query.BlobInto(1, &head.hash)) {
      return connection.Fail(StatusCode::kCorrupt, "unreadable hash in the log's last row");
    }
  }
  if (Status status = query.status(); !status.ok()) return status;
  return head;
}

Status TableWriter::Write(Connection& connection, const CommitBatch& batch, const Head& expected) {
  Status status = CheckSequence(batch, expected);
  for (const DropRow& row : batch.drops) {
    if (status.ok()) status = CheckDrop(row, batch.head);
  }
  if (status.ok()) status = CheckDropsKnown(connection, batch);
  if (status.ok()) status = WriteLog(connection, batch);
  if (status.ok()) status = WriteAll(connection, batch.order_changes, WriteOrderChange);
  if (status.ok()) status = WriteAll(connection, batch.drops, WriteDrop);
  if (status.ok()) status = WriteAll(connection, batch.products, WriteProduct);
  if (status.ok()) status = WriteFollows(connection, batch.follows);
  if (status.ok()) status = WriteAll(connection, batch.creators, WriteCreator);
  if (status.ok()) status = WriteAll(connection, batch.users, WriteUser);
  if (status.ok()) status = WriteAccounts(connection, batch.accounts);
  if (status.ok()) status = WriteAll(connection, batch.sessions, WriteSession);
  return status;
}

void TableWriter::Committed(const CommitBatch& batch) {
  for (const DropRow& row : batch.drops) known_drops_.insert(row.drop_no);
}

Status TableWriter::CheckDropsKnown(Connection& connection, const CommitBatch& batch) {
  std::uint64_t last = 0;
  const auto check = [&](std::uint64_t drop_no) {
    if (drop_no == last || known_drops_.contains(drop_no)) return OkStatus();
    last = drop_no;
    const auto is_it = [&](const DropRow& row) { return row.drop_no == drop_no; };
    if (std::any_of(batch.drops.begin(), batch.drops.end(), is_it)) return OkStatus();
    Query query(connection, "SELECT 1 FROM drops WHERE drop_no = ?");
    if (query.Bind(drop_no).Next()) {
      known_drops_.insert(drop_no);
      return OkStatus();
    }
    Status status = query.status();
    return status.ok() ? Broken("log row of an unknown drop", drop_no) : status;
  };
  for (const OrderRow& row : batch.orders) {
    if (row.drop_no == last && last != 0) continue;
    if (Status status = check(row.drop_no); !status.ok()) return status;
    last = row.drop_no;
  }
  for (const EventRow& row : batch.events) {
    if (row.drop_no == 0) continue;
    if (Status status = check(row.drop_no); !status.ok()) return status;
  }
  return OkStatus();
}

// OR FAIL: the whole transaction is rolled back anyway, so that SQLite need not be able to undo a
// part.
Status TableWriter::WriteLog(Connection& connection, const CommitBatch& batch) {
  if (!batch.orders.empty()) {
    feeds_.Show(batch.orders);
    Query query(connection,
                "INSERT OR FAIL INTO orders(seq, drop_no, off, at, user_id, actor, idem_key, qty,"
                " amount, balance, ttl, order_id, hash) SELECT * FROM ld_orders");
    if (Status status = query.Run(); !status.ok()) return status;
  }
  if (batch.events.empty()) return OkStatus();
  feeds_.Show(batch.events);
  return Query(connection, "INSERT OR FAIL INTO events SELECT * FROM ld_events").Run();
}

Status TableWriter::WriteFollows(Connection& connection, std::span<const FollowRow> rows) {
  for (const FollowRow& row : rows) {
    if (!row.creator.valid() || !row.user.valid()) {
      return {StatusCode::kBrokenInvariant, "follow without creator or user"};
    }
    if (row.follow) continue;
    Query query(connection, "DELETE FROM follows WHERE creator_id = ? AND user_id = ?");
    Status status = query.Bind(row.creator.view()).Bind(row.user.view()).Run();
    if (!status.ok()) return status;
  }
  if (rows.empty()) return OkStatus();
  feeds_.Show(rows);
  return Query(connection,
               "INSERT OR REPLACE INTO follows SELECT user_id, creator_id, since_ms FROM ld_follows"
               " WHERE follow")
      .Run();
}

}  // namespace livedrops::sqlite
