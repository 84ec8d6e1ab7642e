/* Whatever is wrong with a call has an error code and a message that names it, and changes nothing.
 */
#include "kit.h"

static const char* const kInvalidUtf8 = "\xff\xfe";
/* An id of 65 bytes, one too long. */
static const char* const kLongId =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char* const kNoOrder = "01890a5d-ac96-774b-bcce-b302099a8057";

/* The next message is empty unless the call fills it in. */
static ld_error_t error;

/* That a call is refused with this code and a message with this word. */
#define REFUSED_WITH(wanted, word, call)                                                     \
  do {                                                                                       \
    const ld_status_t status = (memset(&error, 0, sizeof error), (call));                    \
    if (status != (wanted) || error.code != status || strstr(error.message, word) == NULL) { \
      fprintf(stderr, "%s:%d: %s\n  got %s: %s\n", __FILE__, __LINE__, #call,                \
              ld_status_name(status), error.message);                                        \
      exit(1);                                                                               \
    }                                                                                        \
  } while (0)
#define REFUSED(word, call) REFUSED_WITH(LD_INVALID_ARGUMENT, word, call)

/* Both NULL and the size of another version are refused. */
#define REFUSED_STRUCT(word, pointer, with_pointer, with_null) \
  do {                                                         \
    const size_t good = (pointer)->struct_size;                \
    REFUSED(word, with_null);                                  \
    (pointer)->struct_size = 0;                                \
    REFUSED("struct_size 0", with_pointer);                    \
    (pointer)->struct_size = good - 1;                         \
    REFUSED("struct_size", with_pointer);                      \
    (pointer)->struct_size = good + 1;                         \
    REFUSED("struct_size", with_pointer);                      \
    (pointer)->struct_size = (size_t)-1;                       \
    REFUSED("struct_size", with_pointer);                      \
    (pointer)->struct_size = good;                             \
  } while (0)

/* A command: its shop, its request, its reply. `error` may be NULL. */
#define BAD_COMMAND(function, request, reply)                                                 \
  do {                                                                                        \
    REFUSED("shop", function(NULL, request, reply, &error));                                  \
    REFUSED_STRUCT("request is NULL", request, function(shop, request, reply, &error),        \
                   function(shop, NULL, reply, &error));                                      \
    CHECK((reply)->error.code == LD_INVALID_ARGUMENT && (reply)->outcome == LD_OUTCOME_NONE); \
    REFUSED_STRUCT("reply is NULL", reply, function(shop, request, reply, &error),            \
                   function(shop, request, NULL, &error));                                    \
    REFUSED_WITH(LD_CLOSED, "closed", function(closed, request, reply, &error));              \
    CHECK(function(NULL, NULL, NULL, NULL) == LD_INVALID_ARGUMENT);                           \
  } while (0)

/* A read: its shop, its page. */
#define BAD_READ(function, before)                                              \
  do {                                                                          \
    ld_page_t* page = (ld_page_t*)&error;                                       \
    REFUSED("shop", function(NULL, before, &page, &error));                     \
    CHECK(page == NULL);                                                        \
    REFUSED("page is NULL", function(shop, before, NULL, &error));              \
    REFUSED_WITH(LD_CLOSED, "closed", function(closed, before, &page, &error)); \
    CHECK(page == NULL);                                                        \
    CHECK(function(shop, before, &page, NULL) == LD_OK || page == NULL);        \
    ld_page_free(page);                                                         \
  } while (0)
#define TWO(a, b) a, b /* Two arguments in the place of one. */

static void bad_shops(void) {
  ld_shop_t* shop = (ld_shop_t*)&error;
  ld_shop_options_t options = LD_SHOP_OPTIONS_INIT;
  REFUSED("shop is NULL", ld_shop_open("memory:", NULL, NULL, &error));
  REFUSED("url is NULL", ld_shop_open(NULL, NULL, &shop, &error));
  CHECK(shop == NULL);
  REFUSED("url", ld_shop_open(kInvalidUtf8, NULL, &shop, &error));
  REFUSED("oracle", ld_shop_open("oracle:x", NULL, &shop, &error));
  REFUSED("memory:", ld_shop_open("memory:/\n/etc", NULL, &shop, &error));
  CHECK(strchr(error.message, '\n') == NULL);
  CHECK(ld_shop_open("sqlite:/nonexistent/shop.db", NULL, &shop, &error) == LD_UNAVAILABLE);
  CHECK(ld_shop_open("sqlite:/", NULL, &shop, &error) != LD_OK && error.message[0] != '\0');
  CHECK(ld_shop_open("oracle:x", NULL, &shop, NULL) == LD_INVALID_ARGUMENT);
  options.create = 0;
  CHECK(ld_shop_open("sqlite:does-not-exist.db", &options, &shop, &error) != LD_OK);
  options.create = 1;
  options.struct_size = 4;
  REFUSED("options", ld_shop_open("memory:", &options, &shop, &error));
  options.struct_size = sizeof options;
  options.queue_max = 0;
  REFUSED("queue_max 0", ld_shop_open("memory:", &options, &shop, &error));
  options.queue_max = 1;
  options.late_confirm = 3;
  REFUSED("late_confirm 3", ld_shop_open("memory:", &options, &shop, &error));
  options.late_confirm = 0;
  options.holds_at_end = -1;
  REFUSED("holds_at_end -1", ld_shop_open("memory:", &options, &shop, &error));
  options.holds_at_end = 0;
  options.orders_per_drop_and_commit_max = 0;
  REFUSED("orders_per_drop", ld_shop_open("memory:", &options, &shop, &error));
  options.orders_per_drop_and_commit_max = 1;
  options.unknown_deadline_ms = -1;
  REFUSED("unknown_deadline", ld_shop_open("memory:", &options, &shop, &error));
  options.unknown_deadline_ms = INT64_MAX;
  REFUSED("unknown_deadline", ld_shop_open("memory:", &options, &shop, &error));
  options.unknown_deadline_ms = 0;
  options.live_holds_per_user_max = -1;
  REFUSED("live_holds", ld_shop_open("memory:", &options, &shop, &error));
  CHECK(shop == NULL);
}

/* The longest message is cut where a character ends. */
static void long_messages(void) {
  ld_shop_t* shop = NULL;
  char url[600] = "memory:";
  size_t i;
  for (i = strlen(url); i + 2 < sizeof url; i += 2) memcpy(url + i, "\xc3\xa9", 3);
  REFUSED("memory:", ld_shop_open(url, NULL, &shop, &error));
  i = strlen(error.message);
  CHECK(i >= LD_MESSAGE_SIZE - 2 && i < LD_MESSAGE_SIZE);
  CHECK((unsigned char)error.message[i - 1] == 0xa9);
}

static void bad_shop_calls(ld_shop_t* shop, ld_shop_t* closed) {
  ld_completion_t completion = LD_COMPLETION_INIT;
  ld_stats_t stats = LD_STATS_INIT;
  size_t count = 7;
  REFUSED("shop", ld_shop_close(NULL, &error));
  REFUSED_WITH(LD_CLOSED, "closed", ld_shop_close(closed, &error));
  ld_shop_free(NULL);
  CHECK(ld_shop_poll_fd(NULL) == -1 && ld_shop_poll_fd(closed) >= 0);
  REFUSED("shop", ld_shop_poll(NULL, &completion, 1, &count, &error));
  CHECK(count == 0);
  REFUSED("count is NULL", ld_shop_poll(shop, &completion, 1, NULL, &error));
  REFUSED_STRUCT("completions is NULL", &completion,
                 ld_shop_poll(shop, &completion, 1, &count, &error),
                 ld_shop_poll(shop, NULL, 1, &count, &error));
  CHECK(ld_shop_poll(shop, NULL, 0, &count, NULL) == LD_OK);
  CHECK(ld_shop_poll(closed, &completion, 1, &count, NULL) == LD_OK && count == 0);
  REFUSED("shop", ld_shop_stats(NULL, &stats, &error));
  REFUSED_STRUCT("stats is NULL", &stats, ld_shop_stats(shop, &stats, &error),
                 ld_shop_stats(shop, NULL, &error));
  CHECK(ld_shop_stats(closed, &stats, NULL) == LD_OK);
}

static void bad_pages(void) {
  CHECK(ld_page_size(NULL) == 0 && ld_page_next_cursor(NULL) == NULL);
  CHECK(ld_page_order(NULL, 0) == NULL && ld_page_product(NULL, 0) == NULL);
  CHECK(ld_page_drop(NULL, 0) == NULL && ld_page_follow(NULL, 0) == NULL);
  CHECK(ld_page_event(NULL, 0) == NULL && ld_page_notification(NULL, 0) == NULL);
  CHECK(ld_page_total(NULL) == -1 && ld_page_unread(NULL) == -1);
  ld_page_free(NULL);
}

/* Changes one field, sees the order refused with the word in its message, and changes it back. */
#define BAD_ORDER(field, value, word)                                                   \
  do {                                                                                  \
    ld_place_order_t order = order_of("d", "u", "k");                                   \
    order.field = (value);                                                              \
    CHECK(ld_orders_place(shop, &order, &reply, 1, &error) == LD_OK);                   \
    CHECK(reply.error.code == LD_INVALID_ARGUMENT && reply.outcome == LD_OUTCOME_NONE); \
    CHECK(strstr(reply.error.message, word) != NULL);                                   \
    REFUSED(word, ld_orders_submit(shop, &order, 1, &error));                           \
  } while (0)

static void bad_orders(ld_shop_t* shop) {
  ld_order_reply_t reply = LD_ORDER_REPLY_INIT;
  char key[300];
  memset(key, 'k', sizeof key);
  key[256] = '\0';
  BAD_ORDER(drop, NULL, "drop \"\" is empty");
  BAD_ORDER(drop, "", "drop");
  BAD_ORDER(drop, kLongId, "drop \"aaaa");
  BAD_ORDER(drop, kInvalidUtf8,
            "drop \"?"
            "?\"");
  BAD_ORDER(drop, "..", "drop");
  BAD_ORDER(user, NULL, "user");
  BAD_ORDER(user, "a b", "user \"a b\"");
  BAD_ORDER(user, "caf\xc3\xa9", "user");
  BAD_ORDER(key, NULL, "key");
  BAD_ORDER(key, key, "key");
  BAD_ORDER(key, "a\tb", "key");
  BAD_ORDER(product, kLongId, "product");
  BAD_ORDER(actor, "\x01", "actor");
  BAD_ORDER(quantity, 0, "quantity 0");
  BAD_ORDER(quantity, -1, "quantity -1");
  BAD_ORDER(quantity, INT64_C(2147483648), "quantity 2147483648");
  BAD_ORDER(quantity, INT64_MAX, "quantity");
  BAD_ORDER(quantity, INT64_MIN, "quantity");
  BAD_ORDER(ttl_seconds, 29, "ttl_seconds 29");
  BAD_ORDER(ttl_seconds, -1, "ttl_seconds");
  BAD_ORDER(confirmation, 2, "confirmation 2");
  BAD_ORDER(confirmation, INT32_MIN, "confirmation");
}

static void bad_batches(ld_shop_t* shop, ld_shop_t* closed) {
  ld_place_order_t orders[2] = {LD_PLACE_ORDER_INIT, LD_PLACE_ORDER_INIT};
  ld_order_reply_t replies[2] = {LD_ORDER_REPLY_INIT};
  ld_follow_creator_t follows[2] = {LD_FOLLOW_CREATOR_INIT, LD_FOLLOW_CREATOR_INIT};
  ld_reply_t others[2] = {LD_REPLY_INIT};
  REFUSED("shop", ld_orders_place(NULL, orders, replies, 2, &error));
  REFUSED("requests is NULL", ld_orders_place(shop, NULL, replies, 2, &error));
  REFUSED_STRUCT("replies is NULL", &replies[0], ld_orders_place(shop, orders, replies, 2, &error),
                 ld_orders_place(shop, orders, NULL, 2, &error));
  REFUSED("n 1048577", ld_orders_place(shop, orders, replies, LD_BATCH_MAX + 1, &error));
  REFUSED("n ", ld_orders_place(shop, orders, replies, (size_t)-1, &error));
  orders[1].struct_size = 8;
  REFUSED("requests[1]", ld_orders_place(shop, orders, replies, 2, &error));
  orders[1].struct_size = sizeof orders[1];
  replies[1].outcome = LD_OUTCOME_CONFIRMED;
  REFUSED_WITH(LD_CLOSED, "closed", ld_orders_place(closed, orders, replies, 2, &error));
  CHECK(replies[1].outcome == LD_OUTCOME_NONE && replies[1].error.code == LD_CLOSED);
  CHECK(ld_orders_place(shop, NULL, NULL, 0, &error) == LD_OK);

  REFUSED("shop", ld_follows_set(NULL, follows, others, 2, &error));
  REFUSED("requests is NULL", ld_follows_set(shop, NULL, others, 2, &error));
  REFUSED_STRUCT("replies is NULL", &others[0], ld_follows_set(shop, follows, others, 2, &error),
                 ld_follows_set(shop, follows, NULL, 2, &error));
  follows[1].struct_size = 8;
  REFUSED("requests[1]", ld_follows_set(shop, follows, others, 2, &error));
  follows[1].struct_size = sizeof follows[1];
  REFUSED_WITH(LD_CLOSED, "closed", ld_follows_set(closed, follows, others, 2, &error));
  CHECK(ld_follows_set(shop, follows, others, 2, NULL) == LD_OK);
  CHECK(others[1].error.code == LD_INVALID_ARGUMENT && strstr(others[1].error.message, "creator"));

  REFUSED("shop", ld_orders_submit(NULL, orders, 1, &error));
  REFUSED_STRUCT("request is NULL", &orders[0], ld_orders_submit(shop, orders, 1, &error),
                 ld_orders_submit(shop, NULL, 1, &error));
  REFUSED_WITH(LD_CLOSED, "closed", ld_orders_submit(closed, orders, 1, &error));
}

/* A good order stands beside a bad one: each has its own answer. */
static void half_a_batch(ld_shop_t* shop) {
  ld_place_order_t orders[3];
  ld_order_reply_t replies[3] = {LD_ORDER_REPLY_INIT};
  orders[0] = order_of("d", "u", "bad");
  orders[0].confirmation = 9;
  orders[1] = order_of("d", "u", "good");
  orders[2] = order_of("d", "u", "zero");
  orders[2].quantity = 0;
  CHECK(ld_orders_place(shop, orders, replies, 3, &error) == LD_OK);
  CHECK(replies[0].error.code == LD_INVALID_ARGUMENT);
  CHECK(replies[1].error.code == LD_OK && replies[1].outcome == LD_OUTCOME_CONFIRMED);
  CHECK(replies[2].error.code == LD_INVALID_ARGUMENT);
}

static void bad_order_commands(ld_shop_t* shop, ld_shop_t* closed) {
  ld_order_reply_t reply = LD_ORDER_REPLY_INIT;
  ld_confirm_order_t confirm = LD_CONFIRM_ORDER_INIT;
  ld_extend_order_t extend = LD_EXTEND_ORDER_INIT;
  ld_cancel_order_t cancel = LD_CANCEL_ORDER_INIT;
  BAD_COMMAND(ld_orders_confirm, &confirm, &reply);
  BAD_COMMAND(ld_orders_extend, &extend, &reply);
  BAD_COMMAND(ld_orders_cancel, &cancel, &reply);
  REFUSED("order is NULL", ld_orders_confirm(shop, &confirm, &reply, &error));
  cancel.order = "not an id";
  REFUSED("order \"not an id\"", ld_orders_cancel(shop, &cancel, &reply, &error));
  cancel.order = kInvalidUtf8;
  REFUSED(
      "order \"?"
      "?\"",
      ld_orders_cancel(shop, &cancel, &reply, &error));
  cancel.order = confirm.order = extend.order = kNoOrder;
  cancel.quantity = 0;
  REFUSED("quantity 0", ld_orders_cancel(shop, &cancel, &reply, &error));
  cancel.quantity = -5;
  REFUSED("quantity -5", ld_orders_cancel(shop, &cancel, &reply, &error));
  confirm.key = " ";
  REFUSED("key", ld_orders_confirm(shop, &confirm, &reply, &error));
  extend.ttl_seconds = 3601;
  REFUSED("ttl_seconds 3601", ld_orders_extend(shop, &extend, &reply, &error));
  extend.ttl_seconds = 60;
  CHECK(ld_orders_extend(shop, &extend, &reply, NULL) == LD_OK);
  CHECK(reply.outcome == LD_OUTCOME_NOT_FOUND && reply.order.id[0] == '\0');
}

static void bad_products(ld_shop_t* shop, ld_shop_t* closed) {
  ld_reply_t reply = LD_REPLY_INIT;
  ld_create_product_t create = LD_CREATE_PRODUCT_INIT;
  ld_update_product_t update = LD_UPDATE_PRODUCT_INIT;
  ld_delete_product_t del = LD_DELETE_PRODUCT_INIT;
  ld_product_filter_t filter = LD_PRODUCT_FILTER_INIT;
  ld_page_t* page = NULL;
  BAD_COMMAND(ld_products_create, &create, &reply);
  BAD_COMMAND(ld_products_update, &update, &reply);
  BAD_COMMAND(ld_products_delete, &del, &reply);
  BAD_READ(ld_products_get, "p");
  BAD_READ(ld_products_list, NULL);
  create.creator = "c";
  REFUSED("name", ld_products_create(shop, &create, &reply, &error));
  create.name = kInvalidUtf8;
  REFUSED("name", ld_products_create(shop, &create, &reply, &error));
  create.name = "cup";
  create.description = "\xed\xa0\x80";
  REFUSED("description", ld_products_create(shop, &create, &reply, &error));
  create.description = NULL;
  create.price_minor_units = -1;
  REFUSED("price -1", ld_products_create(shop, &create, &reply, &error));
  create.price_minor_units = INT64_C(1) << 53;
  REFUSED("price", ld_products_create(shop, &create, &reply, &error));
  create.price_minor_units = 1;
  create.currency = "XYZ";
  REFUSED("currency \"XYZ\"", ld_products_create(shop, &create, &reply, &error));
  create.currency = NULL;
  REFUSED("currency is NULL", ld_products_create(shop, &create, &reply, &error));
  update.id = "p";
  update.currency = "EUR";
  REFUSED("currency", ld_products_update(shop, &update, &reply, &error));
  update.currency = NULL;
  update.price_minor_units = 5;
  REFUSED("currency", ld_products_update(shop, &update, &reply, &error));
  del.id = kLongId;
  REFUSED("id", ld_products_delete(shop, &del, &reply, &error));
  REFUSED_STRUCT("page is NULL", &filter, ld_products_list(shop, &filter, &page, &error),
                 ld_products_list(shop, &filter, NULL, &error));
  filter.status = 6;
  REFUSED("status 6", ld_products_list(shop, &filter, &page, &error));
  filter.status = LD_ANY_STATUS;
  filter.limit = 101;
  REFUSED("limit 101", ld_products_list(shop, &filter, &page, &error));
  filter.limit = 1;
  filter.creator = kLongId;
  REFUSED("creator", ld_products_list(shop, &filter, &page, &error));
  filter.creator = NULL;
  filter.page = 0;
  REFUSED("page 0", ld_products_list(shop, &filter, &page, &error));
  filter.page = INT32_MAX;
  CHECK(ld_products_list(shop, &filter, &page, &error) == LD_OK && ld_page_size(page) == 0);
  ld_page_free(page);
  REFUSED("product", ld_products_get(shop, NULL, &page, &error));
}

static void bad_drops(ld_shop_t* shop, ld_shop_t* closed) {
  ld_reply_t reply = LD_REPLY_INIT;
  ld_create_drop_t create = LD_CREATE_DROP_INIT;
  ld_update_drop_t update = LD_UPDATE_DROP_INIT;
  ld_change_drop_t change = LD_CHANGE_DROP_INIT;
  ld_restock_t restock = LD_RESTOCK_INIT;
  ld_drop_filter_t filter = LD_DROP_FILTER_INIT;
  ld_drop_t drop = LD_DROP_INIT;
  ld_page_t* page = NULL;
  BAD_COMMAND(ld_drops_create, &create, &reply);
  BAD_COMMAND(ld_drops_update, &update, &reply);
  BAD_COMMAND(ld_drops_change, &change, &reply);
  BAD_COMMAND(ld_drops_restock, &restock, &reply);
  BAD_READ(ld_drops_list, NULL);
  create.product = "p";
  REFUSED("end_time_ms", ld_drops_create(shop, &create, &reply, &error));
  create.end_time_ms = 1000;
  create.start_time_ms = 1000;
  REFUSED("end_time 1000", ld_drops_create(shop, &create, &reply, &error));
  create.end_time_ms = FAR_MS + 1;
  REFUSED("end_time", ld_drops_create(shop, &create, &reply, &error));
  create.end_time_ms = FAR_MS;
  create.stock = -1;
  REFUSED("stock -1", ld_drops_create(shop, &create, &reply, &error));
  create.stock = INT64_MAX;
  REFUSED("stock", ld_drops_create(shop, &create, &reply, &error));
  create.stock = 1;
  create.confirmation = LD_CONFIRMATION_OF_DROP;
  REFUSED("confirmation -1", ld_drops_create(shop, &create, &reply, &error));
  update.id = "d";
  update.max_per_user = -1;
  REFUSED("max_per_user -1", ld_drops_update(shop, &update, &reply, &error));
  change.id = "d";
  REFUSED("action -1", ld_drops_change(shop, &change, &reply, &error));
  change.action = 5;
  REFUSED("action 5", ld_drops_change(shop, &change, &reply, &error));
  restock.id = "d";
  restock.key = "k";
  REFUSED("quantity 0", ld_drops_restock(shop, &restock, &reply, &error));
  restock.quantity = INT64_MIN;
  REFUSED("quantity", ld_drops_restock(shop, &restock, &reply, &error));
  REFUSED_STRUCT("drop is NULL", &drop, ld_drops_get(shop, "d", &drop, &error),
                 ld_drops_get(shop, "d", NULL, &error));
  REFUSED("shop", ld_drops_get(NULL, "d", &drop, &error));
  REFUSED("drop \"\"", ld_drops_get(shop, NULL, &drop, &error));
  REFUSED_WITH(LD_CLOSED, "closed", ld_drops_get(closed, "d", &drop, &error));
  REFUSED_WITH(LD_NOT_FOUND, "", ld_drops_get(shop, "none", &drop, &error));
  filter.status = -2;
  REFUSED("status -2", ld_drops_list(shop, &filter, &page, &error));
  filter.status = LD_ANY_STATUS;
  filter.creator = kLongId;
  REFUSED("creator", ld_drops_list(shop, &filter, &page, &error));
  filter.creator = NULL;
  filter.cursor = "cafe";
  REFUSED("cursor", ld_drops_list(shop, &filter, &page, &error));
  filter.cursor = kInvalidUtf8;
  REFUSED("cursor", ld_drops_list(shop, &filter, &page, &error));
  filter.struct_size--;
  REFUSED("filter", ld_drops_list(shop, &filter, &page, &error));
}

static void bad_order_reads(ld_shop_t* shop, ld_shop_t* closed) {
  ld_order_t order = LD_ORDER_INIT;
  ld_order_filter_t filter = LD_ORDER_FILTER_INIT;
  ld_page_t* page = NULL;
  REFUSED("shop", ld_orders_get(NULL, kNoOrder, &order, &error));
  REFUSED("order_id is NULL", ld_orders_get(shop, NULL, &order, &error));
  REFUSED("order_id \"x\"", ld_orders_get(shop, "x", &order, &error));
  REFUSED_STRUCT("order is NULL", &order, ld_orders_get(shop, kNoOrder, &order, &error),
                 ld_orders_get(shop, kNoOrder, NULL, &error));
  REFUSED_WITH(LD_CLOSED, "closed", ld_orders_get(closed, kNoOrder, &order, &error));
  BAD_READ(ld_orders_of_user, TWO("u", NULL));
  BAD_READ(ld_orders_of_drop, TWO("d", NULL));
  REFUSED("user", ld_orders_of_user(shop, NULL, NULL, &page, &error));
  REFUSED("drop", ld_orders_of_drop(shop, kLongId, NULL, &page, &error));
  filter.status = 4;
  REFUSED("status 4", ld_orders_of_user(shop, "u", &filter, &page, &error));
  filter.status = LD_ANY_STATUS;
  filter.limit = 0;
  REFUSED("limit 0", ld_orders_of_drop(shop, "d", &filter, &page, &error));
  filter.struct_size = 1;
  REFUSED("filter", ld_orders_of_drop(shop, "d", &filter, &page, &error));
}

static void bad_follow_reads(ld_shop_t* shop, ld_shop_t* closed) {
  ld_page_request_t request = LD_PAGE_REQUEST_INIT;
  ld_page_t* page = NULL;
  int32_t following = 0;
  REFUSED("shop", ld_follows_is_following(NULL, "c", "u", &following, &error));
  REFUSED("creator", ld_follows_is_following(shop, NULL, "u", &following, &error));
  REFUSED("user", ld_follows_is_following(shop, "c", NULL, &following, &error));
  REFUSED("following is NULL", ld_follows_is_following(shop, "c", "u", NULL, &error));
  REFUSED_WITH(LD_CLOSED, "", ld_follows_is_following(closed, "c", "u", &following, &error));
  BAD_READ(ld_follows_followers, TWO("c", NULL));
  BAD_READ(ld_follows_following, TWO("u", NULL));
  REFUSED("creator", ld_follows_followers(shop, NULL, NULL, &page, &error));
  REFUSED("user", ld_follows_following(shop, "", NULL, &page, &error));
  request.limit = -1;
  REFUSED("limit -1", ld_follows_followers(shop, "c", &request, &page, &error));
  request.struct_size = 0;
  REFUSED("request", ld_follows_following(shop, "u", &request, &page, &error));
}

static void bad_event_reads(ld_shop_t* shop, ld_shop_t* closed) {
  ld_audit_filter_t filter = LD_AUDIT_FILTER_INIT;
  ld_head_t head = LD_HEAD_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_page_t* page = NULL;
  BAD_READ(ld_events_read, TWO(0, 10));
  REFUSED("limit 0", ld_events_read(shop, 0, 0, &page, &error));
  REFUSED("limit 10001", ld_events_read(shop, 0, 10001, &page, &error));
  CHECK(ld_events_read(shop, UINT64_MAX, 10, &page, &error) == LD_OK && ld_page_size(page) == 0);
  ld_page_free(page);
  BAD_READ(ld_inbox_read, TWO("u", NULL));
  REFUSED("user", ld_inbox_read(shop, NULL, NULL, &page, &error));
  REFUSED("shop", ld_inbox_mark(NULL, "u", 1, &reply, &error));
  REFUSED("user", ld_inbox_mark(shop, NULL, 1, &reply, &error));
  REFUSED_STRUCT("reply is NULL", &reply, ld_inbox_mark(shop, "u", 1, &reply, &error),
                 ld_inbox_mark(shop, "u", 1, NULL, &error));
  REFUSED_WITH(LD_CLOSED, "closed", ld_inbox_mark(closed, "u", 1, &reply, &error));
  CHECK(ld_inbox_mark(shop, "u", UINT64_MAX, &reply, &error) == LD_OK);
  BAD_READ(ld_audit_list, NULL);
  filter.action = "noSuchEvent";
  REFUSED("action \"noSuchEvent\"", ld_audit_list(shop, &filter, &page, &error));
  filter.action = NULL;
  filter.subject = kInvalidUtf8;
  REFUSED("subject", ld_audit_list(shop, &filter, &page, &error));
  filter.struct_size = 0;
  REFUSED("filter", ld_audit_list(shop, &filter, &page, &error));
  REFUSED("shop", ld_audit_head(NULL, &head, &error));
  REFUSED_STRUCT("head is NULL", &head, ld_audit_head(shop, &head, &error),
                 ld_audit_head(shop, NULL, &error));
  REFUSED_WITH(LD_CLOSED, "closed", ld_audit_head(closed, &head, &error));
}

static void bad_channels(ld_shop_t* shop, ld_shop_t* closed) {
  ld_position_t position = LD_POSITION_INIT;
  ld_page_t* page = NULL;
  int32_t recovered = 0;
  REFUSED("shop", ld_channel_read(NULL, "drop:d", &position, &recovered, &page, &error));
  REFUSED("channel is NULL", ld_channel_read(shop, NULL, &position, &recovered, &page, &error));
  REFUSED("channel", ld_channel_read(shop, kInvalidUtf8, &position, &recovered, &page, &error));
  REFUSED("channel", ld_channel_read(shop, "shop:1", &position, &recovered, &page, &error));
  REFUSED("channel", ld_channel_read(shop, "drop:", &position, &recovered, &page, &error));
  REFUSED("recovered is NULL", ld_channel_read(shop, "drop:d", &position, NULL, &page, &error));
  REFUSED("page is NULL", ld_channel_read(shop, "drop:d", &position, &recovered, NULL, &error));
  REFUSED_STRUCT("position is NULL", &position,
                 ld_channel_read(shop, "drop:d", &position, &recovered, &page, &error),
                 ld_channel_read(shop, "drop:d", NULL, &recovered, &page, &error));
  REFUSED_WITH(LD_CLOSED, "closed",
               ld_channel_read(closed, "drop:d", &position, &recovered, &page, &error));
  memset(position.epoch, 'e', sizeof position.epoch);
  REFUSED("epoch", ld_channel_read(shop, "drop:d", &position, &recovered, &page, &error));
}

int main(void) {
  ld_head_t before = LD_HEAD_INIT;
  ld_head_t after = LD_HEAD_INIT;
  ld_shop_t* closed = open_shop("memory:");
  ld_shop_t* shop = open_shop("memory:");
  CHECK_OK(ld_shop_close(closed, &error));
  create_product(shop);
  create_drop(shop, "d", 10);
  CHECK_OK(ld_audit_head(shop, &before, &error));
  bad_shops();
  long_messages();
  bad_shop_calls(shop, closed);
  bad_pages();
  bad_orders(shop);
  bad_batches(shop, closed);
  bad_order_commands(shop, closed);
  bad_products(shop, closed);
  bad_drops(shop, closed);
  bad_order_reads(shop, closed);
  bad_follow_reads(shop, closed);
  bad_event_reads(shop, closed);
  bad_channels(shop, closed);
  CHECK_OK(ld_audit_head(shop, &after, &error));
  CHECK(before.seq + 1 ==
        after.seq); /* Nothing was changed but the read mark of bad_event_reads. */
  half_a_batch(shop);
  ld_shop_free(shop);
  ld_shop_free(closed);
  return 0;
}
