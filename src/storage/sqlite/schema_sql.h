// The SQL text of the schema. Steps are kept for ever; views are made anew by every migration.
#pragma once

#include "base/sql_orders.h"

namespace livedrops::sqlite {

// Times are milliseconds since 1970, ids text, hashes and order ids blobs. NULL means "none" and,
// in the last columns of orders, "as it was created".
//
// orders: one row is order, ledger entry, event and audit entry. It has no index: each would cost
// the commit more than the row itself. Lists use the sorted runs in order_runs and order_blocks.
// follows: each of the three orders has its b-tree, so that every page and every question costs one
// seek. Two begin with the user: follows come grouped by user, or from new users whose ids ascend.
inline constexpr char kSchemaVersion1[] = R"sql(
PRAGMA application_id = 1279554160;
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE orders(
  seq INTEGER PRIMARY KEY,
  drop_no INTEGER NOT NULL,
  off INTEGER NOT NULL,
  at INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  actor TEXT,
  idem_key TEXT NOT NULL,
  qty INTEGER NOT NULL CONSTRAINT order_quantity_positive CHECK(qty > 0),
  amount INTEGER NOT NULL CONSTRAINT order_amount_in_range
    CHECK(amount BETWEEN 0 AND 9007199254740991),
  balance INTEGER NOT NULL CONSTRAINT order_balance_not_negative CHECK(balance >= 0),
  ttl INTEGER NOT NULL CONSTRAINT order_ttl_not_negative CHECK(ttl >= 0),
  order_id BLOB NOT NULL,
  hash BLOB NOT NULL,
  status TEXT,
  now_qty INTEGER CONSTRAINT order_present_quantity_in_range CHECK(now_qty BETWEEN 1 AND qty),
  now_expires INTEGER
) STRICT;

CREATE TABLE events(
  seq INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  aggregate_seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  idem_key TEXT,
  fingerprint INTEGER NOT NULL,
  drop_no INTEGER,
  order_seq INTEGER,
  delta INTEGER NOT NULL,
  balance INTEGER NOT NULL CONSTRAINT event_balance_not_negative CHECK(balance >= 0),
  creator_id TEXT,
  user_id TEXT,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX events_of_drop ON events(drop_no)
  WHERE drop_no IS NOT NULL AND order_seq IS NULL;
CREATE INDEX events_of_creator ON events(creator_id) WHERE creator_id IS NOT NULL;
CREATE INDEX events_of_user ON events(user_id) WHERE user_id IS NOT NULL;
CREATE INDEX events_of_order ON events(order_seq) WHERE order_seq IS NOT NULL;
CREATE INDEX events_with_key ON events(seq) WHERE idem_key IS NOT NULL;

CREATE TABLE drops(
  drop_no INTEGER PRIMARY KEY,
  drop_id TEXT NOT NULL UNIQUE,
  creator_id TEXT NOT NULL,
  prod_id TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  unit_price INTEGER NOT NULL CONSTRAINT drop_price_in_range
    CHECK(unit_price BETWEEN 0 AND 9007199254740991),
  currency TEXT NOT NULL,
  init_stock INTEGER NOT NULL CONSTRAINT drop_init_stock_not_negative CHECK(init_stock >= 0),
  adjust INTEGER NOT NULL,
  current_stock INTEGER NOT NULL CONSTRAINT drop_stock_not_negative CHECK(current_stock >= 0),
  held INTEGER NOT NULL CONSTRAINT drop_held_not_negative CHECK(held >= 0),
  low_stock INTEGER NOT NULL CONSTRAINT drop_low_stock_not_negative CHECK(low_stock >= 0),
  max_per_order INTEGER NOT NULL
    CONSTRAINT drop_max_per_order_not_negative CHECK(max_per_order >= 0),
  max_per_user INTEGER NOT NULL
    CONSTRAINT drop_max_per_user_not_negative CHECK(max_per_user >= 0),
  confirmation TEXT NOT NULL,
  hold_seconds INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  started INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL,
  CONSTRAINT drop_stock_conserved CHECK(current_stock + held <= init_stock + adjust)
) STRICT;
CREATE INDEX drops_newest ON drops(created_ms DESC, drop_id);
CREATE INDEX drops_of_creator ON drops(creator_id, created_ms DESC, drop_id);
CREATE INDEX drops_of_product ON drops(prod_id);

CREATE TABLE products(
  prod_id TEXT PRIMARY KEY,
  creator_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  price INTEGER NOT NULL CONSTRAINT product_price_in_range
    CHECK(price BETWEEN 0 AND 9007199254740991),
  currency TEXT NOT NULL,
  media_url TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL
) STRICT;
CREATE INDEX products_newest ON products(created_ms DESC, prod_id) WHERE deleted = 0;
CREATE INDEX products_of_creator ON products(creator_id, created_ms DESC, prod_id)
  WHERE deleted = 0;

CREATE TABLE follows(
  user_id TEXT NOT NULL,
  creator_id TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY(user_id, creator_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX followers_newest ON follows(creator_id, since_ms DESC, user_id);
CREATE INDEX following_newest ON follows(user_id, since_ms DESC, creator_id);

CREATE TABLE creators(
  creator_id TEXT PRIMARY KEY,
  followers INTEGER NOT NULL CONSTRAINT followers_not_negative CHECK(followers >= 0),
  aggregate_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users(
  user_id TEXT PRIMARY KEY,
  following INTEGER NOT NULL CONSTRAINT following_not_negative CHECK(following >= 0),
  aggregate_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications(
  user_id TEXT PRIMARY KEY,
  read_up_to INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts(
  user_id TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  bio TEXT NOT NULL,
  birthday TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  erased INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_by_email ON accounts(email) WHERE email <> '';

CREATE TABLE sessions(
  session_id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  previous_token_hash TEXT NOT NULL,
  rotated_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE order_runs(
  run INTEGER PRIMARY KEY,
  after_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  written INTEGER NOT NULL,
  owner INTEGER NOT NULL
) STRICT;
CREATE TABLE order_blocks(
  run INTEGER NOT NULL,
  kind TEXT NOT NULL,
  first INTEGER NOT NULL,
  entries BLOB NOT NULL,
  PRIMARY KEY(run, kind, first)
) STRICT, WITHOUT ROWID;
)sql";

// A product's drops, newest first, and a user's live sessions. Nothing ever used the fingerprint of
// a product: a repeated creation is found by its key.
inline constexpr char kSchemaVersion2[] = R"sql(
ALTER TABLE products DROP COLUMN fingerprint;
DROP INDEX drops_of_product;
CREATE INDEX drops_of_product ON drops(prod_id, created_ms DESC, drop_id);
CREATE INDEX sessions_of_user ON sessions(user_id, expires_ms, session_id) WHERE revoked = 0;
)sql";

inline constexpr char kDropViews[] = R"sql(
DROP VIEW IF EXISTS v_drops;
DROP VIEW IF EXISTS v_orders;
DROP VIEW IF EXISTS v_ledger;
DROP VIEW IF EXISTS v_events;
DROP VIEW IF EXISTS v_notifications;
DROP VIEW IF EXISTS v_follows;
DROP VIEW IF EXISTS v_audit;
)sql";

// The 36 characters of an order id.
#define LD_UUID_TEXT(column)                                         \
  "lower(substr(hex(" column "), 1, 8) || '-' || substr(hex(" column \
  "), 9, 4) || '-' || "                                              \
  "substr(hex(" column "), 13, 4) || '-' || substr(hex(" column      \
  "), 17, 4) || '-' || "                                             \
  "substr(hex(" column "), 21, 12))"
#define LD_UUID_OR_NULL(column) "CASE WHEN " column " IS NOT NULL THEN " LD_UUID_TEXT(column) " END"

// CONTRACT.md, section 8.
inline constexpr char kCreateViews[] =
    "CREATE VIEW v_drops(drop_id, creator_id, prod_id, init_stock, adjust, current_stock,"
    " low_stock, start_ms, end_ms, status, unit_price, currency) AS"
    " SELECT drop_id, creator_id, prod_id, init_stock, adjust, current_stock, low_stock, start_ms,"
    " end_ms, status, unit_price, currency FROM drops;"

    "CREATE VIEW v_orders(order_id, user_id, drop_id, prod_id, qty, amount, currency, status,"
    " idem_key, request_fp, created_ms) AS"
    " SELECT " LD_UUID_TEXT("o.order_id") ", o.user_id, d.drop_id, d.prod_id,"
    " coalesce(o.now_qty, o.qty), o.amount / o.qty * coalesce(o.now_qty, o.qty), d.currency,"
    " " LD_ORDER_STATUS ", o.idem_key,"
    " d.prod_id || ':' || o.qty || ':' || (o.ttl > 0) || ':' || o.ttl, o.at"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no;"

    "CREATE VIEW v_ledger(seq, drop_id, order_id, delta, balance_after) AS"
    " SELECT o.seq, d.drop_id, " LD_UUID_TEXT("o.order_id") ", -o.qty, o.balance"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no"
    " UNION ALL"
    " SELECT e.seq, d.drop_id, " LD_UUID_OR_NULL("o.order_id") ", e.delta, e.balance"
    " FROM events e LEFT JOIN drops d ON d.drop_no = e.drop_no"
    " LEFT JOIN orders o ON o.seq = e.order_seq WHERE e.delta <> 0;"

    "CREATE VIEW v_events(event_id, agg_type, agg_id, agg_seq, type, drop_id, order_id, created_ms)"
    " AS"
    " SELECT o.seq, 'drop', d.drop_id, o.off, " LD_ORDER_EVENT_TYPE ", d.drop_id,"
    " " LD_UUID_TEXT("o.order_id") ", o.at"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no"
    " UNION ALL"
    " SELECT e.seq, substr(e.aggregate, 1, instr(e.aggregate, ':') - 1),"
    " substr(e.aggregate, instr(e.aggregate, ':') + 1), e.aggregate_seq, e.type, d.drop_id,"
    " " LD_UUID_OR_NULL("o.order_id") ", e.at"
    " FROM events e LEFT JOIN drops d ON d.drop_no = e.drop_no"
    " LEFT JOIN orders o ON o.seq = e.order_seq;"

    "CREATE VIEW v_notifications(id, user_id, event_id) AS"
    " SELECT seq, user_id, seq FROM orders"
    " UNION ALL"
    " SELECT e.seq, coalesce(e.user_id, o.user_id), e.seq"
    " FROM events e LEFT JOIN orders o ON o.seq = e.order_seq"
    " WHERE coalesce(e.user_id, o.user_id) IS NOT NULL;"

    "CREATE VIEW v_follows(creator_id, user_id, since_ms, shard) AS"
    " SELECT creator_id, user_id, since_ms, 0 FROM follows;"

    "CREATE VIEW v_audit(seq, ts_ms, actor, action, subject, body, prev_hash, hash) AS"
    " SELECT seq, ts_ms, actor, action, subject, body,"
    " coalesce(lag(hash) OVER (ORDER BY seq), '0'), hash FROM ("
    " SELECT o.seq AS seq, o.at AS ts_ms, coalesce(o.actor, o.user_id) AS actor,"
    " " LD_ORDER_EVENT_TYPE " AS action, " LD_UUID_TEXT("o.order_id") " AS subject,"
    " " LD_ORDER_BODY " AS body, lower(hex(o.hash)) AS hash"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no"
    " UNION ALL"
    " SELECT e.seq, e.at, e.actor, e.type, e.subject, e.body, lower(hex(e.hash)) FROM events e);";

#undef LD_UUID_TEXT
#undef LD_UUID_OR_NULL
#undef LD_ORDER_EVENT_TYPE
#undef LD_ORDER_STATUS
#undef LD_ORDER_BODY

}  // namespace livedrops::sqlite
