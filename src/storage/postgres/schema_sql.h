// The SQL text of the schema. Steps are kept for ever; views are made anew by every migration.
#pragma once

#include "base/sql_orders.h"

namespace livedrops::postgres {

// Times are milliseconds since 1970, ids text compared byte by byte, hashes bytea. NULL means
// "none" and, in the last columns of orders, "as it was created".
//
// log_head: one row, the end of the log, and what fences commits: each writes into the two booleans
// whether the head and the schema are those that it was decided on, and the constraints refuse
// false. orders: one row is order, ledger entry, event and audit entry. The indexes on negated
// times show the newest first, ties by id, and every page costs one seek.
inline constexpr char kSchemaVersion1[] = R"sql(
CREATE TABLE schema_versions(
  version integer PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE meta(
  name text PRIMARY KEY,
  value bytea NOT NULL
);

CREATE TABLE log_head(
  only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT head_is_one_row CHECK(only_row),
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  schema_version integer NOT NULL,
  is_expected boolean NOT NULL CONSTRAINT head_is_expected CHECK(is_expected),
  schema_is_known boolean NOT NULL CONSTRAINT schema_is_known CHECK(schema_is_known)
) WITH (fillfactor = 10);
INSERT INTO log_head VALUES(true, 0, decode(repeat('00', 32), 'hex'), 0, true, true);

CREATE FUNCTION ld_require(ok boolean, what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF ok IS NOT TRUE THEN
    RAISE EXCEPTION '%', what USING ERRCODE = 'LD001';
  END IF;
  RETURN true;
END $$;

CREATE TABLE orders(
  seq bigint PRIMARY KEY,
  drop_no bigint NOT NULL,
  off bigint NOT NULL,
  at bigint NOT NULL,
  amount bigint NOT NULL CONSTRAINT order_amount_in_range
    CHECK(amount BETWEEN 0 AND 9007199254740991),
  now_expires bigint,
  qty integer NOT NULL CONSTRAINT order_quantity_positive CHECK(qty > 0),
  balance integer NOT NULL CONSTRAINT order_balance_not_negative CHECK(balance >= 0),
  ttl integer NOT NULL CONSTRAINT order_ttl_not_negative CHECK(ttl >= 0),
  now_qty integer CONSTRAINT order_present_quantity_in_range CHECK(now_qty BETWEEN 1 AND qty),
  order_id uuid NOT NULL,
  hash bytea NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  idem_key text COLLATE "C" NOT NULL,
  actor text COLLATE "C",
  status text
);
CREATE INDEX orders_of_user ON orders USING hash(user_id);
CREATE INDEX orders_of_drop ON orders(drop_no, seq);

CREATE TABLE events(
  seq bigint PRIMARY KEY,
  aggregate_seq bigint NOT NULL,
  at bigint NOT NULL,
  fingerprint bigint NOT NULL,
  drop_no bigint,
  order_seq bigint,
  delta integer NOT NULL,
  balance integer NOT NULL CONSTRAINT event_balance_not_negative CHECK(balance >= 0),
  type text NOT NULL,
  aggregate text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  body text NOT NULL,
  idem_key text COLLATE "C",
  creator_id text COLLATE "C",
  user_id text COLLATE "C",
  hash bytea NOT NULL
);
CREATE INDEX events_of_drop ON events(drop_no, seq)
  WHERE drop_no IS NOT NULL AND order_seq IS NULL;
CREATE INDEX events_of_creator ON events(creator_id, seq) WHERE creator_id IS NOT NULL;
CREATE INDEX events_of_user ON events(user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_of_order ON events(order_seq, seq) WHERE order_seq IS NOT NULL;
CREATE INDEX events_with_key ON events(seq) WHERE idem_key IS NOT NULL;

CREATE TABLE drops(
  drop_no bigint PRIMARY KEY,
  drop_id text COLLATE "C" NOT NULL UNIQUE,
  creator_id text COLLATE "C" NOT NULL,
  prod_id text COLLATE "C" NOT NULL,
  created_ms bigint NOT NULL,
  unit_price bigint NOT NULL CONSTRAINT drop_price_in_range
    CHECK(unit_price BETWEEN 0 AND 9007199254740991),
  currency text NOT NULL,
  init_stock integer NOT NULL CONSTRAINT drop_init_stock_not_negative CHECK(init_stock >= 0),
  adjust integer NOT NULL,
  current_stock integer NOT NULL CONSTRAINT drop_stock_not_negative CHECK(current_stock >= 0),
  held integer NOT NULL CONSTRAINT drop_held_not_negative CHECK(held >= 0),
  low_stock integer NOT NULL CONSTRAINT drop_low_stock_not_negative CHECK(low_stock >= 0),
  max_per_order integer NOT NULL
    CONSTRAINT drop_max_per_order_not_negative CHECK(max_per_order >= 0),
  max_per_user integer NOT NULL
    CONSTRAINT drop_max_per_user_not_negative CHECK(max_per_user >= 0),
  confirmation text NOT NULL,
  hold_seconds integer NOT NULL,
  start_ms bigint NOT NULL,
  end_ms bigint NOT NULL,
  changed_ms bigint NOT NULL,
  started boolean NOT NULL,
  paused boolean NOT NULL,
  ended boolean NOT NULL,
  cancelled boolean NOT NULL,
  status text NOT NULL,
  version bigint NOT NULL,
  fingerprint bigint NOT NULL,
  CONSTRAINT drop_stock_conserved
    CHECK(current_stock::bigint + held <= init_stock::bigint + adjust)
) WITH (fillfactor = 20);
CREATE INDEX drops_newest ON drops((-created_ms), drop_id);
CREATE INDEX drops_of_creator ON drops(creator_id, (-created_ms), drop_id);
CREATE INDEX drops_of_product ON drops(prod_id);

CREATE TABLE products(
  prod_id text COLLATE "C" PRIMARY KEY,
  creator_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  price bigint NOT NULL CONSTRAINT product_price_in_range
    CHECK(price BETWEEN 0 AND 9007199254740991),
  currency text NOT NULL,
  media_url text NOT NULL,
  version bigint NOT NULL,
  created_ms bigint NOT NULL,
  updated_ms bigint NOT NULL,
  deleted boolean NOT NULL,
  fingerprint bigint NOT NULL
);
CREATE INDEX products_newest ON products((-created_ms), prod_id) WHERE NOT deleted;
CREATE INDEX products_of_creator ON products(creator_id, (-created_ms), prod_id)
  WHERE NOT deleted;

CREATE TABLE follows(
  user_id text COLLATE "C" NOT NULL,
  creator_id text COLLATE "C" NOT NULL,
  since_ms bigint NOT NULL,
  PRIMARY KEY(user_id, creator_id)
);
CREATE INDEX followers_newest ON follows(creator_id, (-since_ms), user_id);
CREATE INDEX following_newest ON follows(user_id, (-since_ms), creator_id);

CREATE TABLE creators(
  creator_id text COLLATE "C" PRIMARY KEY,
  followers bigint NOT NULL CONSTRAINT followers_not_negative CHECK(followers >= 0),
  aggregate_seq bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE users(
  user_id text COLLATE "C" PRIMARY KEY,
  following bigint NOT NULL CONSTRAINT following_not_negative CHECK(following >= 0),
  aggregate_seq bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE notifications(
  user_id text COLLATE "C" PRIMARY KEY,
  read_up_to bigint NOT NULL
);

CREATE TABLE accounts(
  user_id text COLLATE "C" PRIMARY KEY,
  role text NOT NULL,
  name text NOT NULL,
  email text COLLATE "C" NOT NULL,
  password_hash text NOT NULL,
  bio text NOT NULL,
  birthday text NOT NULL,
  disabled boolean NOT NULL,
  erased boolean NOT NULL,
  created_ms bigint NOT NULL
);
CREATE UNIQUE INDEX accounts_by_email ON accounts(email) WHERE email <> '';

CREATE TABLE sessions(
  session_id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  token_hash text NOT NULL,
  previous_token_hash text NOT NULL,
  rotated_ms bigint NOT NULL,
  expires_ms bigint NOT NULL,
  revoked boolean NOT NULL
);
)sql";

// A product's drops, newest first, and a user's live sessions. Nothing ever used the fingerprint of
// a product: a repeated creation is found by its key.
inline constexpr char kSchemaVersion2[] = R"sql(
ALTER TABLE products DROP COLUMN fingerprint;
DROP INDEX drops_of_product;
CREATE INDEX drops_of_product ON drops(prod_id, (-created_ms), drop_id);
CREATE INDEX sessions_of_user ON sessions(user_id, expires_ms, session_id) WHERE NOT revoked;
)sql";

inline constexpr char kDropViews[] =
    "DROP VIEW IF EXISTS v_drops, v_orders, v_ledger, v_events, v_notifications, v_follows,"
    " v_audit;";

// The contract's views: the same columns with the same values as those of the SQLite storage.
inline constexpr char kCreateViews[] =
    "CREATE VIEW v_drops(drop_id, creator_id, prod_id, init_stock, adjust, current_stock,"
    " low_stock, start_ms, end_ms, status, unit_price, currency) AS"
    " SELECT drop_id, creator_id, prod_id, init_stock, adjust, current_stock, low_stock, start_ms,"
    " end_ms, status, unit_price, currency FROM drops;"

    "CREATE VIEW v_orders(order_id, user_id, drop_id, prod_id, qty, amount, currency, status,"
    " idem_key, request_fp, created_ms) AS"
    " SELECT o.order_id::text, o.user_id, d.drop_id, d.prod_id,"
    " coalesce(o.now_qty, o.qty), o.amount / o.qty * coalesce(o.now_qty, o.qty), d.currency,"
    " " LD_ORDER_STATUS
    ", o.idem_key,"
    " d.prod_id || ':' || o.qty || ':' || (o.ttl > 0)::int || ':' || o.ttl, o.at"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no;"

    "CREATE VIEW v_ledger(seq, drop_id, order_id, delta, balance_after) AS"
    " SELECT o.seq, d.drop_id, o.order_id::text, -o.qty, o.balance"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no"
    " UNION ALL"
    " SELECT e.seq, d.drop_id, o.order_id::text, e.delta, e.balance"
    " FROM events e LEFT JOIN drops d ON d.drop_no = e.drop_no"
    " LEFT JOIN orders o ON o.seq = e.order_seq WHERE e.delta <> 0;"

    "CREATE VIEW v_events(event_id, agg_type, agg_id, agg_seq, type, drop_id, order_id, created_ms)"
    " AS"
    " SELECT o.seq, 'drop', d.drop_id, o.off, " LD_ORDER_EVENT_TYPE
    ", d.drop_id,"
    " o.order_id::text, o.at"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no"
    " UNION ALL"
    " SELECT e.seq, split_part(e.aggregate, ':', 1),"
    " substr(e.aggregate, strpos(e.aggregate, ':') + 1), e.aggregate_seq, e.type, d.drop_id,"
    " o.order_id::text, e.at"
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
    " " LD_ORDER_EVENT_TYPE
    " AS action, o.order_id::text AS subject,"
    " " LD_ORDER_BODY
    " AS body, encode(o.hash, 'hex') AS hash"
    " FROM orders o LEFT JOIN drops d ON d.drop_no = o.drop_no"
    " UNION ALL"
    " SELECT e.seq, e.at, e.actor, e.type, e.subject, e.body, encode(e.hash, 'hex') FROM events e)"
    " AS log;";

#undef LD_ORDER_EVENT_TYPE
#undef LD_ORDER_STATUS
#undef LD_ORDER_BODY

}  // namespace livedrops::postgres
