#include "storage/postgres/batch_writer.h"

#include <algorithm>
#include <set>

namespace livedrops::postgres {
namespace {

// --- the log -----------------------------------------------------------------------------------

constexpr char kMoveHead[] =
    "UPDATE log_head SET is_expected = (seq = $1 AND hash = $2),"
    " schema_is_known = (schema_version = $3), seq = $4, hash = $5";

constexpr char kInsertOrders[] =
    "INSERT INTO orders(seq, drop_no, off, at, amount, qty, balance, ttl, order_id, hash, user_id,"
    " idem_key, actor)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
    " $6::integer[], $7::integer[], $8::integer[], $9::uuid[], $10::bytea[], $11::text[],"
    " $12::text[], $13::text[])";

constexpr char kInsertEvents[] =
    "INSERT INTO events(seq, aggregate_seq, at, fingerprint, drop_no, order_seq, delta, balance,"
    " type, aggregate, actor, subject, body, idem_key, creator_id, user_id, hash)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
    " $6::bigint[], $7::integer[], $8::integer[], $9::text[], $10::text[], $11::text[],"
    " $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::bytea[])";

constexpr char kChangeOrders[] =
    "WITH changed AS (UPDATE orders o SET status = c.status, now_qty = c.qty,"
    " now_expires = c.expires FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[])"
    " AS c(seq, status, qty, expires) WHERE o.seq = c.seq RETURNING 1)"
    " SELECT ld_require(count(*) = $5, 'change of an unknown order') FROM changed";

// --- the present state -------------------------------------------------------------------------

// Id, creator, product and time of creation never change: another id is made NULL, and refused.
constexpr char kWriteDrops[] =
    "INSERT INTO drops(drop_no, drop_id, creator_id, prod_id, created_ms, unit_price, currency,"
    " init_stock, adjust, current_stock, held, low_stock, max_per_order, max_per_user,"
    " confirmation, hold_seconds, start_ms, end_ms, changed_ms, started, paused, ended, cancelled,"
    " status, version, fingerprint)"
    " SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
    " $6::bigint[], $7::text[], $8::integer[], $9::integer[], $10::integer[], $11::integer[],"
    " $12::integer[], $13::integer[], $14::integer[], $15::text[], $16::integer[], $17::bigint[],"
    " $18::bigint[], $19::bigint[], $20::boolean[], $21::boolean[], $22::boolean[],"
    " $23::boolean[], $24::text[], $25::bigint[], $26::bigint[])"
    " ON CONFLICT(drop_no) DO UPDATE SET"
    " drop_id = CASE WHEN drops.drop_id = excluded.drop_id THEN drops.drop_id END,"
    " creator_id = excluded.creator_id, prod_id = excluded.prod_id,"
    " created_ms = excluded.created_ms,"
    " unit_price = excluded.unit_price, currency = excluded.currency,"
    " init_stock = excluded.init_stock, adjust = excluded.adjust,"
    " current_stock = excluded.current_stock, held = excluded.held,"
    " low_stock = excluded.low_stock, max_per_order = excluded.max_per_order,"
    " max_per_user = excluded.max_per_user, confirmation = excluded.confirmation,"
    " hold_seconds = excluded.hold_seconds, start_ms = excluded.start_ms,"
    " end_ms = excluded.end_ms, changed_ms = excluded.changed_ms, started = excluded.started,"
    " paused = excluded.paused, ended = excluded.ended, cancelled = excluded.cancelled,"
    " status = excluded.status, version = excluded.version, fingerprint = excluded.fingerprint";

constexpr char kRequireDrops[] =
    "SELECT ld_require(count(*) = $2, 'log row of an unknown drop')"
    " FROM drops WHERE drop_no = ANY($1)";

constexpr char kWriteProducts[] =
    "INSERT INTO products(prod_id, creator_id, name, description, price, currency, media_url,"
    " version, created_ms, updated_ms, deleted)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
    " $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::boolean[])"
    " ON CONFLICT(prod_id) DO UPDATE SET creator_id = excluded.creator_id, name = excluded.name,"
    " description = excluded.description, price = excluded.price, currency = excluded.currency,"
    " media_url = excluded.media_url, version = excluded.version,"
    " created_ms = excluded.created_ms, updated_ms = excluded.updated_ms,"
    " deleted = excluded.deleted";

constexpr char kUnfollow[] =
    "DELETE FROM follows f USING unnest($1::text[], $2::text[]) AS u(user_id, creator_id)"
    " WHERE f.user_id = u.user_id AND f.creator_id = u.creator_id";
constexpr char kFollow[] =
    "INSERT INTO follows(user_id, creator_id, since_ms)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])"
    " ON CONFLICT(user_id, creator_id) DO UPDATE SET since_ms = excluded.since_ms";

constexpr char kWriteCreators[] =
    "INSERT INTO creators(creator_id, followers, aggregate_seq)"
    " SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])"
    " ON CONFLICT(creator_id) DO UPDATE SET followers = excluded.followers,"
    " aggregate_seq = excluded.aggregate_seq";
constexpr char kWriteUsers[] =
    "INSERT INTO users(user_id, following, aggregate_seq)"
    " SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])"
    " ON CONFLICT(user_id) DO UPDATE SET following = excluded.following,"
    " aggregate_seq = excluded.aggregate_seq";
constexpr char kMarkRead[] =
    "INSERT INTO notifications(user_id, read_up_to)"
    " SELECT * FROM unnest($1::text[], $2::bigint[])"
    " ON CONFLICT(user_id) DO UPDATE SET read_up_to = excluded.read_up_to";

// One account may take the email that another gives up in the same batch.
constexpr char kGiveUpEmails[] =
    "UPDATE accounts a SET email = '' FROM unnest($1::text[], $2::text[]) AS n(user_id, email)"
    " WHERE a.user_id = n.user_id AND a.email <> n.email";
constexpr char kWriteAccounts[] =
    "INSERT INTO accounts(user_id, role, name, email, password_hash, bio, birthday, disabled,"
    " erased, created_ms)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
    " $6::text[], $7::text[], $8::boolean[], $9::boolean[], $10::bigint[])"
    " ON CONFLICT(user_id) DO UPDATE SET role = excluded.role, name = excluded.name,"
    " email = excluded.email, password_hash = excluded.password_hash, bio = excluded.bio,"
    " birthday = excluded.birthday, disabled = excluded.disabled, erased = excluded.erased,"
    " created_ms = excluded.created_ms";
constexpr char kWriteSessions[] =
    "INSERT INTO sessions(session_id, user_id, token_hash, previous_token_hash, rotated_ms,"
    " expires_ms, revoked)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],"
    " $6::bigint[], $7::boolean[])"
    " ON CONFLICT(session_id) DO UPDATE SET user_id = excluded.user_id,"
    " token_hash = excluded.token_hash, previous_token_hash = excluded.previous_token_hash,"
    " rotated_ms = excluded.rotated_ms, expires_ms = excluded.expires_ms,"
    " revoked = excluded.revoked";

// Every drop that a log row of the batch names.
std::set<std::uint64_t> NamedDrops(const CommitBatch& batch) {
  std::set<std::uint64_t> named;
  std::uint64_t last = 0;
  for (const OrderRow& row : batch.orders) {
    if (row.drop_no != last || last == 0) named.insert(row.drop_no);
    last = row.drop_no;
  }
  for (const EventRow& row : batch.events) {
    if (row.drop_no != 0) named.insert(row.drop_no);
  }
  return named;
}

}  // namespace

void BatchWriter::Add(const char* sql) {
  pipeline_->Add(sql, params_);
  params_.Clear();
}

void BatchWriter::Add(const CommitBatch& batch, const Head& expected, std::size_t schema_version,
                      Pipeline* pipeline) {
  pipeline_ = pipeline;
  params_.Clear();
  params_.Add(expected.seq).Add(expected.hash).Add(static_cast<std::int32_t>(schema_version));
  params_.Add(batch.head.seq).Add(batch.head.hash);
  Add(kMoveHead);
  AddOrders(batch.orders);
  AddEvents(batch.events);
  AddOrderChanges(batch.order_changes);
  AddDrops(batch.drops);
  AddDropsKnown(batch);
  AddProducts(batch.products);
  AddFollows(batch.follows);
  AddCreators(batch.creators);
  AddUsers(batch.users);
  AddAccounts(batch.accounts);
  AddSessions(batch.sessions);
}

void BatchWriter::Committed(const CommitBatch& batch) {
  for (const DropRow& row : batch.drops) known_drops_.insert(row.drop_no);
}

// --- the log -----------------------------------------------------------------------------------

void BatchWriter::AddOrders(std::span<const OrderRow> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const OrderRow& row) { return row.seq; })
      .AddColumn(rows, [](const OrderRow& row) { return row.drop_no; })
      .AddColumn(rows, [](const OrderRow& row) { return row.aggregate_seq; })
      .AddColumn(rows, [](const OrderRow& row) { return row.at; })
      .AddColumn(rows, [](const OrderRow& row) { return row.amount; })
      .AddColumn(rows, [](const OrderRow& row) { return row.quantity; })
      .AddColumn(rows, [](const OrderRow& row) { return row.balance; })
      .AddColumn(rows, [](const OrderRow& row) { return row.ttl_seconds; })
      .AddColumn(rows, [](const OrderRow& row) { return row.order_id; })
      .AddColumn(rows, [](const OrderRow& row) { return row.hash; })
      .AddColumn(rows, [](const OrderRow& row) { return row.user; })
      .AddColumn(rows, [](const OrderRow& row) { return row.key; })
      .AddColumn(rows, [](const OrderRow& row) { return TextOrNull{row.actor}; });
  Add(kInsertOrders);
}

void BatchWriter::AddEvents(std::span<const EventRow> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const EventRow& row) { return row.seq; })
      .AddColumn(rows, [](const EventRow& row) { return row.aggregate_seq; })
      .AddColumn(rows, [](const EventRow& row) { return row.at; })
      .AddColumn(rows, [](const EventRow& row) { return row.fingerprint; })
      .AddColumn(rows, [](const EventRow& row) { return NumberOrNull{row.drop_no}; })
      .AddColumn(rows, [](const EventRow& row) { return NumberOrNull{row.order_seq}; })
      .AddColumn(rows, [](const EventRow& row) { return row.delta; })
      .AddColumn(rows, [](const EventRow& row) { return row.balance; })
      .AddColumn(rows, [](const EventRow& row) { return ToString(row.type); })
      .AddColumn(rows, [](const EventRow& row) { return std::string_view(row.aggregate); })
      .AddColumn(rows, [](const EventRow& row) { return std::string_view(row.actor); })
      .AddColumn(rows, [](const EventRow& row) { return std::string_view(row.subject); })
      .AddColumn(rows, [](const EventRow& row) { return std::string_view(row.body); })
      .AddColumn(rows, [](const EventRow& row) { return TextOrNull{row.key}; })
      .AddColumn(rows, [](const EventRow& row) { return TextOrNull{row.creator}; })
      .AddColumn(rows, [](const EventRow& row) { return TextOrNull{row.user}; })
      .AddColumn(rows, [](const EventRow& row) { return row.hash; });
  Add(kInsertEvents);
}

void BatchWriter::AddOrderChanges(std::span<const OrderChange> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const OrderChange& row) { return row.seq; })
      .AddColumn(rows, [](const OrderChange& row) { return ToString(row.status); })
      .AddColumn(rows, [](const OrderChange& row) { return row.quantity; })
      .AddColumn(rows, [](const OrderChange& row) { return row.expires_at; })
      .Add(static_cast<std::int64_t>(rows.size()));
  Add(kChangeOrders);
}

// --- the present state -------------------------------------------------------------------------

void BatchWriter::AddDrops(std::span<const DropRow> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const DropRow& row) { return row.drop_no; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.id.view(); })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.creator.view(); })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.product.view(); })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.created_at; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.price.minor_units; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.price.currency.view(); })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.init_stock; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.adjust; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.current_stock; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.held; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.low_stock; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.max_per_order; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.max_per_user; })
      .AddColumn(rows, [](const DropRow& row) { return ToString(row.drop.confirmation); })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.hold_seconds; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.start_time; })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.end_time; })
      .AddColumn(rows, [](const DropRow& row) { return row.changed_at; })
      .AddColumn(rows, [](const DropRow& row) { return row.started; })
      .AddColumn(rows, [](const DropRow& row) { return row.paused; })
      .AddColumn(rows, [](const DropRow& row) { return row.ended; })
      .AddColumn(rows, [](const DropRow& row) { return row.cancelled; })
      .AddColumn(rows, [](const DropRow& row) { return ToString(StatusAt(row, row.changed_at)); })
      .AddColumn(rows, [](const DropRow& row) { return row.drop.version; })
      .AddColumn(rows, [](const DropRow& row) { return row.fingerprint; });
  Add(kWriteDrops);
}

// A foreign key would ask for every order again; most batches are about drops that were here
// before.
void BatchWriter::AddDropsKnown(const CommitBatch& batch) {
  std::set<std::uint64_t> unknown = NamedDrops(batch);
  std::erase_if(unknown, [&](std::uint64_t drop_no) { return known_drops_.contains(drop_no); });
  if (unknown.empty()) return;
  params_.AddColumn(unknown, [](std::uint64_t drop_no) { return drop_no; })
      .Add(static_cast<std::int64_t>(unknown.size()));
  Add(kRequireDrops);
}

void BatchWriter::AddProducts(std::span<const ProductRow> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const ProductRow& row) { return row.product.id.view(); })
      .AddColumn(rows, [](const ProductRow& row) { return row.product.creator.view(); })
      .AddColumn(rows, [](const ProductRow& row) { return std::string_view(row.product.name); })
      .AddColumn(rows,
                 [](const ProductRow& row) { return std::string_view(row.product.description); })
      .AddColumn(rows, [](const ProductRow& row) { return row.product.price.minor_units; })
      .AddColumn(rows, [](const ProductRow& row) { return row.product.price.currency.view(); })
      .AddColumn(rows,
                 [](const ProductRow& row) { return std::string_view(row.product.media_url); })
      .AddColumn(rows, [](const ProductRow& row) { return row.product.version; })
      .AddColumn(rows, [](const ProductRow& row) { return row.product.created_at; })
      .AddColumn(rows, [](const ProductRow& row) { return row.product.updated_at; })
      .AddColumn(rows, [](const ProductRow& row) { return row.deleted; });
  Add(kWriteProducts);
}

void BatchWriter::AddFollows(std::span<const FollowRow> rows) {
  std::vector<const FollowRow*> begun;
  std::vector<const FollowRow*> ended;
  for (const FollowRow& row : rows) (row.follow ? begun : ended).push_back(&row);
  const auto user = [](const FollowRow* row) { return row->user.view(); };
  const auto creator = [](const FollowRow* row) { return row->creator.view(); };
  if (!ended.empty()) {
    params_.AddColumn(ended, user).AddColumn(ended, creator);
    Add(kUnfollow);
  }
  if (begun.empty()) return;
  params_.AddColumn(begun, user).AddColumn(begun, creator);
  params_.AddColumn(begun, [](const FollowRow* row) { return row->since; });
  Add(kFollow);
}

void BatchWriter::AddCreators(std::span<const CreatorRow> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const CreatorRow& row) { return row.id.view(); })
      .AddColumn(rows, [](const CreatorRow& row) { return row.followers; })
      .AddColumn(rows, [](const CreatorRow& row) { return row.aggregate_seq; });
  Add(kWriteCreators);
}

void BatchWriter::AddUsers(std::span<const UserRow> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const UserRow& row) { return row.id.view(); })
      .AddColumn(rows, [](const UserRow& row) { return row.following; })
      .AddColumn(rows, [](const UserRow& row) { return row.aggregate_seq; });
  Add(kWriteUsers);
  // Most users never mark anything as read and have no row.
  std::vector<const UserRow*> readers;
  for (const UserRow& row : rows) {
    if (row.read_up_to != 0) readers.push_back(&row);
  }
  if (readers.empty()) return;
  params_.AddColumn(readers, [](const UserRow* row) { return row->id.view(); })
      .AddColumn(readers, [](const UserRow* row) { return row->read_up_to; });
  Add(kMarkRead);
}

void BatchWriter::AddAccounts(std::span<const Account> rows) {
  if (rows.empty()) return;
  const auto id = [](const Account& row) { return row.id.view(); };
  const auto email = [](const Account& row) { return std::string_view(row.email); };
  params_.AddColumn(rows, id).AddColumn(rows, email);
  Add(kGiveUpEmails);
  params_.AddColumn(rows, id)
      .AddColumn(rows, [](const Account& row) { return ToString(row.role); })
      .AddColumn(rows, [](const Account& row) { return std::string_view(row.name); })
      .AddColumn(rows, email)
      .AddColumn(rows, [](const Account& row) { return std::string_view(row.password_hash); })
      .AddColumn(rows, [](const Account& row) { return std::string_view(row.bio); })
      .AddColumn(rows, [](const Account& row) { return std::string_view(row.birthday); })
      .AddColumn(rows, [](const Account& row) { return row.disabled; })
      .AddColumn(rows, [](const Account& row) { return row.erased; })
      .AddColumn(rows, [](const Account& row) { return row.created_at; });
  Add(kWriteAccounts);
}

void BatchWriter::AddSessions(std::span<const Session> rows) {
  if (rows.empty()) return;
  params_.AddColumn(rows, [](const Session& row) { return std::string_view(row.id); })
      .AddColumn(rows, [](const Session& row) { return row.user.view(); })
      .AddColumn(rows, [](const Session& row) { return std::string_view(row.token_hash); })
      .AddColumn(rows, [](const Session& row) { return std::string_view(row.previous_token_hash); })
      .AddColumn(rows, [](const Session& row) { return row.rotated_at; })
      .AddColumn(rows, [](const Session& row) { return row.expires_at; })
      .AddColumn(rows, [](const Session& row) { return row.revoked; });
  Add(kWriteSessions);
}

}  // namespace livedrops::postgres
