/* What the functions of c.h are asked: options, requests and filters. Plain C99 and C++.
 *
 * Each struct begins as its LD_..._INIT constant, which holds the defaults; set what is demanded
 * and what differs. Texts are UTF-8, end with NUL, and are copied before the call returns. A text
 * that is NULL is not given, nor is an empty id, key or cursor; a number that is LD_ABSENT is not
 * given. Fields that take an enum are int32_t, so that any wrong number is refused.
 */
#ifndef LIVEDROPS_C_REQUESTS_H_
#define LIVEDROPS_C_REQUESTS_H_

#include "livedrops/c_types.h"

/* Of a filter: whatever the status is. */
#define LD_ANY_STATUS (-1)

/* --- the shop -------------------------------------------------------------------------------- */

/* What a confirmation that comes after its hold expired does. */
typedef enum ld_late_confirm {
  LD_LATE_CONFIRM_REFUSE = 0, /* LD_OUTCOME_ORDER_STATE. */
  LD_LATE_CONFIRM_REHOLD = 1, /* Confirmed after all if the drop goes on and has stock left. */
  LD_LATE_CONFIRM_REFUND = 2  /* As rehold; else LD_OUTCOME_REFUND_DUE, once. */
} ld_late_confirm_t;

/* What happens to live holds when a drop ends. */
typedef enum ld_holds_at_end {
  LD_HOLDS_AT_END_CONFIRM = 0, /* They may confirm until they expire. */
  LD_HOLDS_AT_END_CANCEL = 1
} ld_holds_at_end_t;

typedef struct ld_shop_options {
  size_t struct_size;
  int32_t create;       /* 1: make the database when it does not exist. */
  int32_t late_confirm; /* ld_late_confirm_t */
  int32_t holds_at_end; /* ld_holds_at_end_t */
  int32_t live_holds_per_user_max;
  int32_t queue_max; /* Requests that wait; more are LD_OVERLOADED. 1 to 1,048,576. */
  int32_t orders_per_drop_and_commit_max;
  int64_t unknown_deadline_ms; /* How long a caller waits for a storage in doubt. */
} ld_shop_options_t;

#define LD_SHOP_OPTIONS_INIT  \
  {sizeof(ld_shop_options_t), \
   1,                         \
   LD_LATE_CONFIRM_REFUSE,    \
   LD_HOLDS_AT_END_CONFIRM,   \
   100,                       \
   65536,                     \
   256,                       \
   5000}

/* --- orders ---------------------------------------------------------------------------------- */

/* An order for units of a drop. Demanded: drop, user, key. */
typedef struct ld_place_order {
  size_t struct_size;
  const char* drop;
  const char* user;
  /* Makes a retry safe: carry the key of the first try. A new intent needs a new key. */
  const char* key;
  int64_t quantity;     /* 1 to 2^31-1. */
  const char* product;  /* If given, it must be the drop's. */
  int64_t deadline_ms;  /* Not decided until then: refused. Guards against a stale duplicate. */
  int32_t confirmation; /* ld_confirmation_t; LD_CONFIRMATION_HOLD makes a hold. */
  int32_t ttl_seconds;  /* How long a hold lives, 30 to 3600; 0: as the drop says. */
  int32_t replace_hold; /* 1: gives back the user's live hold of this drop when granted. */
  const char* actor;    /* Who acts, for the audit; not given: the user. */
} ld_place_order_t;

#define LD_PLACE_ORDER_INIT                                        \
  {sizeof(ld_place_order_t), NULL, NULL, NULL, 1, NULL, LD_ABSENT, \
   LD_CONFIRMATION_OF_DROP,  0,    0,    NULL}

/* The money was taken: turns a hold into a sale. Confirming again is done again. */
typedef struct ld_confirm_order {
  size_t struct_size;
  const char* order;
  int64_t quantity; /* LD_ABSENT: all. A smaller one returns the rest to the stock. */
  const char* actor;
  const char* key; /* Optional. Scope: actor and order. */
} ld_confirm_order_t;

#define LD_CONFIRM_ORDER_INIT {sizeof(ld_confirm_order_t), NULL, LD_ABSENT, NULL, NULL}

/* Lets a hold live ttl_seconds from now, never longer than 3600 s after its creation. */
typedef struct ld_extend_order {
  size_t struct_size;
  const char* order;
  int32_t ttl_seconds; /* 30 to 3600. */
  const char* actor;
  const char* key; /* Optional. Scope: actor and order. */
} ld_extend_order_t;

#define LD_EXTEND_ORDER_INIT {sizeof(ld_extend_order_t), NULL, 600, NULL, NULL}

/* Returns units to the stock, once. */
typedef struct ld_cancel_order {
  size_t struct_size;
  const char* order;
  int64_t quantity; /* LD_ABSENT: all. For a part give a key, or a retry cancels another part. */
  const char* actor;
  const char* key; /* Optional. Scope: actor and order. */
  /* 1: only while it is held, even if it is confirmed a moment before: LD_OUTCOME_ORDER_STATE. */
  int32_t held_only;
} ld_cancel_order_t;

#define LD_CANCEL_ORDER_INIT {sizeof(ld_cancel_order_t), NULL, LD_ABSENT, NULL, NULL, 0}

/* --- products -------------------------------------------------------------------------------- */

/* Demanded: creator, name. Without an id one is made; give a key then, or a retry makes another. */
typedef struct ld_create_product {
  size_t struct_size;
  const char* id;
  const char* creator;
  const char* name;        /* 1 to 200 characters. */
  const char* description; /* Up to 4,000 characters. */
  int64_t price_minor_units;
  const char* currency; /* ISO 4217. */
  const char* actor;    /* Not given: the creator. */
  const char* key;      /* Optional. Scope: actor. */
} ld_create_product_t;

#define LD_CREATE_PRODUCT_INIT \
  {sizeof(ld_create_product_t), NULL, NULL, NULL, NULL, 0, "USD", NULL, NULL}

/* Changes what is given. No existing drop changes: a drop has a copy of the price. */
typedef struct ld_update_product {
  size_t struct_size;
  const char* id;
  const char* name;
  const char* description; /* An empty text is given, and empties it. */
  const char* media_url;   /* So here. */
  int64_t price_minor_units;
  const char* currency; /* Given with the price, and only then. */
  uint64_t if_version;  /* Else LD_OUTCOME_PRECONDITION_FAILED; 0: whatever the version is. */
  const char* actor;
  const char* key; /* Optional. Scope: actor and product. */
} ld_update_product_t;

#define LD_UPDATE_PRODUCT_INIT \
  {sizeof(ld_update_product_t), NULL, NULL, NULL, NULL, LD_ABSENT, NULL, 0, NULL, NULL}

/* Hides the product; LD_OUTCOME_DROP_STATE while one of its drops goes on. */
typedef struct ld_delete_product {
  size_t struct_size;
  const char* id;
  uint64_t if_version; /* 0: whatever the version is. */
  const char* actor;
  const char* key;
} ld_delete_product_t;

#define LD_DELETE_PRODUCT_INIT {sizeof(ld_delete_product_t), NULL, 0, NULL, NULL}

/* --- drops ----------------------------------------------------------------------------------- */

/* Demanded: product, end_time_ms. Without an id one is made; give a key then. */
typedef struct ld_create_drop {
  size_t struct_size;
  const char* id;
  const char* product;
  const char* creator;   /* Not given: the product's. */
  int64_t start_time_ms; /* LD_ABSENT: now. */
  int64_t end_time_ms;   /* Later than now and than the start, up to the year 9999. */
  int64_t stock;         /* 0 to 2^31-1, as the next three. */
  int64_t low_stock;
  int64_t max_per_order; /* 0: no limit. */
  int64_t max_per_user;  /* 0: no limit. */
  int32_t confirmation;  /* LD_CONFIRMATION_DIRECT or LD_CONFIRMATION_HOLD. */
  int32_t hold_seconds;  /* 30 to 3600. */
  const char* actor;     /* Not given: the creator. */
  const char* key;       /* Optional. Scope: actor. */
} ld_create_drop_t;

#define LD_CREATE_DROP_INIT                                                      \
  {sizeof(ld_create_drop_t), NULL, NULL, NULL, LD_ABSENT, LD_ABSENT, 0, 0, 0, 0, \
   LD_CONFIRMATION_DIRECT,   600,  NULL, NULL}

/* Changes what is given. Start and price only while scheduled; the end only to later than now. */
typedef struct ld_update_drop {
  size_t struct_size;
  const char* id;
  int64_t start_time_ms;
  int64_t end_time_ms;
  int64_t low_stock;
  int64_t max_per_order;
  int64_t max_per_user;
  int64_t price_minor_units;
  uint64_t if_version; /* 0: whatever the version is. */
  const char* actor;
  const char* key; /* Optional. Scope: actor and drop. */
} ld_update_drop_t;

#define LD_UPDATE_DROP_INIT  \
  {sizeof(ld_update_drop_t), \
   NULL,                     \
   LD_ABSENT,                \
   LD_ABSENT,                \
   LD_ABSENT,                \
   LD_ABSENT,                \
   LD_ABSENT,                \
   LD_ABSENT,                \
   0,                        \
   NULL,                     \
   NULL}

typedef enum ld_drop_action {
  LD_DROP_ACTION_START = 0, /* Starts a scheduled drop now. */
  LD_DROP_ACTION_PAUSE = 1, /* Stops new orders; holds still confirm, the end does not move. */
  LD_DROP_ACTION_RESUME = 2,
  LD_DROP_ACTION_END = 3,   /* Sets the end to now. */
  LD_DROP_ACTION_CANCEL = 4 /* Also cancels the live holds; confirmed orders are the host's. */
} ld_drop_action_t;

/* Does one of the above. What already holds is done again. */
typedef struct ld_change_drop {
  size_t struct_size;
  const char* id;
  int32_t action; /* ld_drop_action_t. Demanded. */
  const char* actor;
  const char* key; /* Optional. Scope: actor and drop. */
} ld_change_drop_t;

#define LD_CHANGE_DROP_INIT {sizeof(ld_change_drop_t), NULL, -1, NULL, NULL}

/* Adds units, or takes out up to the current stock (more: LD_OUTCOME_DROP_STATE). */
typedef struct ld_restock {
  size_t struct_size;
  const char* id;
  int64_t quantity; /* Not 0; -(2^31-1) to 2^31-1. */
  const char* actor;
  const char* key; /* Demanded: the adjustment id that makes a retry safe. */
} ld_restock_t;

#define LD_RESTOCK_INIT {sizeof(ld_restock_t), NULL, 0, NULL, NULL}

/* --- follows --------------------------------------------------------------------------------- */

/* Idempotent. Demanded: creator, user. */
typedef struct ld_follow_creator {
  size_t struct_size;
  const char* creator;
  const char* user;
  int32_t follow;    /* 1: follow, 0: unfollow. */
  const char* actor; /* Not given: the user. */
} ld_follow_creator_t;

#define LD_FOLLOW_CREATOR_INIT {sizeof(ld_follow_creator_t), NULL, NULL, 1, NULL}

/* --- lists; where a filter or page may be NULL, that is the _INIT constant ------------------- */

/* Pages by cursor: NULL for the first, then what ld_page_next_cursor() says. */
typedef struct ld_page_request {
  size_t struct_size;
  const char* cursor;
  int32_t limit; /* 1 to 100. */
} ld_page_request_t;

#define LD_PAGE_REQUEST_INIT {sizeof(ld_page_request_t), NULL, 20}

typedef struct ld_order_filter {
  size_t struct_size;
  int32_t status; /* ld_order_status_t */
  const char* cursor;
  int32_t limit;
} ld_order_filter_t;

#define LD_ORDER_FILTER_INIT {sizeof(ld_order_filter_t), LD_ANY_STATUS, NULL, 20}

/* Products with a drop of this status, of this creator. Paged by number. */
typedef struct ld_product_filter {
  size_t struct_size;
  int32_t status; /* ld_drop_status_t */
  const char* creator;
  int32_t page; /* From 1. A page past the end is empty. */
  int32_t limit;
} ld_product_filter_t;

#define LD_PRODUCT_FILTER_INIT {sizeof(ld_product_filter_t), LD_ANY_STATUS, NULL, 1, 20}

typedef struct ld_drop_filter {
  size_t struct_size;
  int32_t status; /* ld_drop_status_t */
  const char* creator;
  const char* cursor;
  int32_t limit;
} ld_drop_filter_t;

#define LD_DROP_FILTER_INIT {sizeof(ld_drop_filter_t), LD_ANY_STATUS, NULL, NULL, 20}

typedef struct ld_audit_filter {
  size_t struct_size;
  const char* actor;
  const char* action; /* The type of an event, "orderConfirmed". */
  const char* subject;
  int64_t from_ms; /* Inclusive. */
  int64_t to_ms;   /* Exclusive. */
  const char* cursor;
  int32_t limit;
} ld_audit_filter_t;

#define LD_AUDIT_FILTER_INIT \
  {sizeof(ld_audit_filter_t), NULL, NULL, NULL, LD_ABSENT, LD_ABSENT, NULL, 20}

#endif /* LIVEDROPS_C_REQUESTS_H_ */
