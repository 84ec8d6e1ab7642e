/* What the functions of c.h answer: errors, outcomes, and the data of a shop. Plain C99 and C++.
 *
 * Struct sizes: a struct that begins with `struct_size` is made with its LD_..._INIT constant; the
 * library refuses a size that it does not know. Fields are only added, and only at the end.
 * Texts: `char[]` fields end with NUL and belong to the struct; `const char*` fields point into the
 * page that the struct came from and live as long as it.
 * Times: milliseconds since 1970, UTC. Numbers of an enum are stable; new ones may be added.
 */
#ifndef LIVEDROPS_C_TYPES_H_
#define LIVEDROPS_C_TYPES_H_

#include <stddef.h>
#include <stdint.h>

/* A number that is not given or not known, where 0 has a meaning of its own. */
#define LD_ABSENT INT64_MIN

/* Ids have up to 64 bytes of [A-Za-z0-9._:-]; keys up to 255 of visible ASCII. */
#define LD_ID_SIZE 65
#define LD_KEY_SIZE 256
/* An order id is a UUID: 36 characters. */
#define LD_ORDER_ID_SIZE 37
#define LD_HASH_SIZE 32
#define LD_MESSAGE_SIZE 252

/* Most requests of one batch. */
#define LD_BATCH_MAX 1048576

/* --- how a call went ------------------------------------------------------------------------- */

/* What the caller should do next. Sold out is not among them: that is an outcome. */
typedef enum ld_status {
  LD_OK = 0,
  /* Fix the call: the message names the argument. Nothing happened. */
  LD_INVALID_ARGUMENT = 1,
  /* What the call names does not exist. Nothing happened. */
  LD_NOT_FOUND = 2,
  /* The shop was closed. Nothing happened. */
  LD_CLOSED = 3,
  /* The queue is full. Nothing happened; retry later. */
  LD_OVERLOADED = 4,
  /* The storage cannot be written or read now, or no memory is left. Nothing happened; retry. */
  LD_UNAVAILABLE = 5,
  /* The change may or may not have happened. Retry with the same key to find out. */
  LD_OUTCOME_UNKNOWN = 6,
  /* The stored data contradicts itself. Run `livedrops verify`. */
  LD_CORRUPT = 7,
  /* The storage was written by a newer version, or support for it was not built in. */
  LD_UNSUPPORTED = 8,
  /* A bug in livedrops was noticed. Please report it. */
  LD_BROKEN_INVARIANT = 9
} ld_status_t;

/* Owned by the caller and always filled in: LD_OK and an empty message when all went well. The
 * message is one line of UTF-8 and names the value that was wrong; it is cut when it is longer. */
typedef struct ld_error {
  ld_status_t code;
  char message[LD_MESSAGE_SIZE];
} ld_error_t;

#define LD_ERROR_INIT {LD_OK, {0}}

/* --- what was decided ------------------------------------------------------------------------ */

/* For an order the first one that applies, in this order; ld_outcome_text() explains each. */
typedef enum ld_outcome {
  LD_OUTCOME_NONE = -1, /* Nothing was decided: see the status. */
  LD_OUTCOME_REPEATED = 0,
  LD_OUTCOME_REPEATED_DIFFERS = 1,
  LD_OUTCOME_DROP_NOT_FOUND = 2,
  LD_OUTCOME_REQUEST_EXPIRED = 3,
  LD_OUTCOME_PRODUCT_MISMATCH = 4,
  LD_OUTCOME_DROP_CANCELLED = 5,
  LD_OUTCOME_DROP_ENDED = 6,
  LD_OUTCOME_DROP_NOT_STARTED = 7,
  LD_OUTCOME_DROP_PAUSED = 8,
  LD_OUTCOME_QUANTITY_OUT_OF_RANGE = 9,
  LD_OUTCOME_USER_LIMIT_EXCEEDED = 10,
  LD_OUTCOME_SOLD_OUT = 11,
  LD_OUTCOME_HELD_OUT = 12,
  LD_OUTCOME_HELD = 13,      /* Granted: the units are held until expires_at_ms. */
  LD_OUTCOME_CONFIRMED = 14, /* Granted: the units are sold. */
  /* Answers of the other commands. */
  LD_OUTCOME_DONE = 15,
  LD_OUTCOME_NOT_FOUND = 16,
  LD_OUTCOME_ORDER_STATE = 17,
  LD_OUTCOME_DROP_STATE = 18,
  LD_OUTCOME_CONFLICT = 19,
  LD_OUTCOME_PRECONDITION_FAILED = 20,
  LD_OUTCOME_REFUND_DUE = 21,
  LD_OUTCOME_EMAIL_TAKEN = 22
} ld_outcome_t;

/* held -> confirmed | cancelled | expired, or confirmed at once. */
typedef enum ld_order_status {
  LD_ORDER_HELD = 0,
  LD_ORDER_CONFIRMED = 1,
  LD_ORDER_CANCELLED = 2,
  LD_ORDER_EXPIRED = 3
} ld_order_status_t;

typedef enum ld_drop_status {
  LD_DROP_SCHEDULED = 0,
  LD_DROP_LIVE = 1,
  LD_DROP_SOLD_OUT = 2,
  LD_DROP_PAUSED = 3,
  LD_DROP_ENDED = 4,
  LD_DROP_CANCELLED = 5
} ld_drop_status_t;

/* Whether an order is a sale at once or a hold that is confirmed when the money was taken. */
typedef enum ld_confirmation {
  LD_CONFIRMATION_OF_DROP = -1, /* Of an order: as its drop says. */
  LD_CONFIRMATION_DIRECT = 0,
  LD_CONFIRMATION_HOLD = 1
} ld_confirmation_t;

/* --- the data -------------------------------------------------------------------------------- */

typedef struct ld_order {
  size_t struct_size;
  char id[LD_ORDER_ID_SIZE];
  char user[LD_ID_SIZE]; /* user and key are empty in replies: who places an order knows them. */
  char drop[LD_ID_SIZE];
  char product[LD_ID_SIZE];
  char key[LD_KEY_SIZE];
  char currency[4];
  ld_order_status_t status;
  /* Units it has now. A cancelled or expired order keeps the number that it had last. */
  int32_t quantity;
  int64_t amount_minor_units;
  int64_t created_at_ms;
  int64_t expires_at_ms; /* When the hold ends; LD_ABSENT for an order that is not held. */
  uint64_t seq;          /* Position in the log; orders of a drop are decided in this order. */
} ld_order_t;

#define LD_ORDER_INIT \
  {sizeof(ld_order_t), {0}, {0}, {0}, {0}, {0}, {0}, LD_ORDER_HELD, 0, 0, 0, LD_ABSENT, 0}

/* A limited sale of one product. init_stock + adjust = current_stock + held + confirmed always. */
typedef struct ld_drop {
  size_t struct_size;
  char id[LD_ID_SIZE];
  char creator[LD_ID_SIZE];
  char product[LD_ID_SIZE];
  char currency[4];
  int64_t price_minor_units; /* Copied from the product at creation. */
  int32_t init_stock;
  int32_t adjust; /* Sum of the restocks. */
  int32_t current_stock;
  int32_t held;
  int32_t low_stock;
  int32_t max_per_order; /* 0: no limit. */
  int32_t max_per_user;  /* 0: no limit. */
  int32_t hold_seconds;
  ld_confirmation_t confirmation;
  ld_drop_status_t status;
  int64_t start_time_ms;
  int64_t end_time_ms; /* Orders are taken while start <= now < end. */
  int64_t created_at_ms;
  uint64_t version; /* Grows with every committed change of the drop, sales included. */
} ld_drop_t;

#define LD_DROP_INIT                                                                         \
  {sizeof(ld_drop_t), {0}, {0}, {0}, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, LD_CONFIRMATION_DIRECT, \
   LD_DROP_SCHEDULED, 0,   0,   0,   0}

typedef struct ld_product {
  size_t struct_size;
  char id[LD_ID_SIZE];
  char creator[LD_ID_SIZE];
  char currency[4];
  int64_t price_minor_units;
  const char* name;
  const char* description;
  const char* media_url;
  int64_t created_at_ms;
  int64_t updated_at_ms;
  uint64_t version;
} ld_product_t;

typedef struct ld_follow {
  size_t struct_size;
  char creator[LD_ID_SIZE];
  char user[LD_ID_SIZE];
  int64_t since_ms;
} ld_follow_t;

/* One row of the log. */
typedef struct ld_event {
  size_t struct_size;
  uint64_t seq;     /* Its id; also its offset in every channel. */
  const char* type; /* "dropStart", "orderConfirmed"; outcome.h lists them all. */
  /* What changed, "drop:ID", "creator:ID", "user:ID" or "shop:SEQ"; the event's gapless position
   * there; what it is about: the id of an order, drop, product or user. */
  const char* aggregate;
  uint64_t aggregate_seq;
  const char* actor;
  const char* subject;
  char drop[LD_ID_SIZE]; /* This and the next three are empty where they do not apply. */
  char creator[LD_ID_SIZE];
  char user[LD_ID_SIZE];
  char order[LD_ORDER_ID_SIZE];
  const char* body; /* The immutable facts, form-encoded: "quantity=2&amount=3998". */
  int64_t at_ms;
  int64_t balance; /* Stock of the drop after it; LD_ABSENT when the stock is not concerned. */
  int32_t delta;   /* Change of the stock. */
  uint8_t hash[LD_HASH_SIZE];
} ld_event_t;

/* An event in a user's inbox; its seq is the notification's id. */
typedef struct ld_notification {
  size_t struct_size;
  const ld_event_t* event;
  int32_t read; /* 1 when it was marked as read. */
} ld_notification_t;

/* How far the log reaches. Keep it outside of the database: a chain of hashes alone does not show
 * that its tail was cut. */
typedef struct ld_head {
  size_t struct_size;
  uint64_t seq;
  uint8_t hash[LD_HASH_SIZE];
} ld_head_t;

#define LD_HEAD_INIT {sizeof(ld_head_t), 0, {0}}

/* Where a reader of a channel stands. With an empty epoch: nowhere yet. */
typedef struct ld_position {
  size_t struct_size;
  char epoch[LD_ID_SIZE]; /* Of one database: no other knows it. */
  uint64_t offset;
} ld_position_t;

#define LD_POSITION_INIT {sizeof(ld_position_t), {0}, 0}

/* Counters since the shop was opened. */
typedef struct ld_stats {
  size_t struct_size;
  uint64_t commits;
  uint64_t rows_committed;
  uint64_t requests;
  uint64_t granted;
  uint64_t refused;
  uint64_t fenced;           /* Another process wrote meanwhile. */
  uint64_t commit_failures;  /* Their requests were answered LD_UNAVAILABLE. */
  uint64_t unknown_outcomes; /* Commits in doubt. */
  uint64_t queue_depth;
  uint64_t queue_wait_us_sum;
  uint64_t commit_us_sum;
} ld_stats_t;

#define LD_STATS_INIT {sizeof(ld_stats_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* --- replies --------------------------------------------------------------------------------- */

/* The answer to a command on an order. With an error.code other than LD_OK nothing was decided:
 * the outcome is LD_OUTCOME_NONE and the other fields say nothing. */
typedef struct ld_order_reply {
  size_t struct_size;
  ld_error_t error;
  ld_outcome_t outcome;
  /* 1: the answer is that of an earlier request with the same key; nothing was done now. The
   * outcome of an order is then LD_OUTCOME_REPEATED, and `order` its first answer. */
  int32_t repeated;
  int32_t remaining;   /* sold_out, held_out: units in stock now. */
  int64_t retry_at_ms; /* held_out: the next hold ends then. drop_not_started. Else LD_ABSENT. */
  uint64_t seq;        /* Log position of the change; 0 when nothing changed. */
  ld_order_t order;    /* With an empty id when the outcome comes without an order. */
} ld_order_reply_t;

#define LD_ORDER_REPLY_INIT \
  {sizeof(ld_order_reply_t), LD_ERROR_INIT, LD_OUTCOME_NONE, 0, 0, LD_ABSENT, 0, LD_ORDER_INIT}

/* The answer to every other command. Errors: as ld_order_reply_t. */
typedef struct ld_reply {
  size_t struct_size;
  ld_error_t error;
  ld_outcome_t outcome;
  int32_t repeated;    /* 1: it was done before; nothing was done now. */
  uint64_t seq;        /* Log position of the change; 0 when nothing changed. */
  char id[LD_ID_SIZE]; /* Of the product or drop, given or made. */
  uint64_t version;    /* Of the product or drop, after the command; 0 when there is none. */
  int64_t since_ms;    /* Since when the user follows; LD_ABSENT when he does not. */
  ld_drop_t drop;      /* The drop after the command; with an empty id when it is not about one. */
} ld_reply_t;

#define LD_REPLY_INIT \
  {sizeof(ld_reply_t), LD_ERROR_INIT, LD_OUTCOME_NONE, 0, 0, {0}, 0, LD_ABSENT, LD_DROP_INIT}

/* A submitted order that was answered. */
typedef struct ld_completion {
  size_t struct_size;
  uint64_t tag; /* As it was given to ld_orders_submit. */
  ld_order_reply_t reply;
} ld_completion_t;

#define LD_COMPLETION_INIT {sizeof(ld_completion_t), 0, LD_ORDER_REPLY_INIT}

#endif /* LIVEDROPS_C_TYPES_H_ */
