/* Calls every exported function once in the way it is meant, on both storages. exports_test.py
 * holds the list of names against this and the other C tests. */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "kit.h"
#include "livedrops/version.h"

static void names(void) {
  CHECK(same(ld_version(), LIVEDROPS_VERSION));
  CHECK(same(ld_status_name(LD_OUTCOME_UNKNOWN), "outcome_unknown"));
  CHECK(same(ld_status_name(99), "unknown") && same(ld_status_name(-1), "unknown"));
  CHECK(same(ld_outcome_name(LD_OUTCOME_SOLD_OUT), "sold_out"));
  CHECK(same(ld_outcome_name(LD_OUTCOME_EMAIL_TAKEN), "email_taken"));
  CHECK(same(ld_outcome_name(LD_OUTCOME_NONE), "unknown"));
  CHECK(strlen(ld_outcome_text(LD_OUTCOME_HELD_OUT)) > 10);
  CHECK(same(ld_order_status_name(LD_ORDER_EXPIRED), "expired"));
  CHECK(same(ld_drop_status_name(LD_DROP_SOLD_OUT), "sold_out"));
  CHECK(ld_outcome_granted(LD_OUTCOME_HELD) && ld_outcome_granted(LD_OUTCOME_CONFIRMED));
  CHECK(!ld_outcome_granted(LD_OUTCOME_NONE) && !ld_outcome_granted(LD_OUTCOME_REPEATED));
}

static void products(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_page_t* page = NULL;
  ld_update_product_t update = LD_UPDATE_PRODUCT_INIT;
  ld_delete_product_t del = LD_DELETE_PRODUCT_INIT;
  ld_product_filter_t filter = LD_PRODUCT_FILTER_INIT;
  create_product(shop);

  update.id = "p";
  update.description = "Holds 0.3 l";
  update.price_minor_units = 2000;
  update.currency = "EUR";
  CHECK_OK(ld_products_update(shop, &update, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE && reply.version == 2 && same(reply.id, "p"));
  update.if_version = 1;
  CHECK_OK(ld_products_update(shop, &update, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_PRECONDITION_FAILED);

  CHECK_OK(ld_products_get(shop, "p", &page, &error));
  CHECK(ld_page_size(page) == 1 && ld_page_drop(page, 0) == NULL && !ld_page_product(page, 1));
  CHECK(same(ld_page_product(page, 0)->name, "Caf\xc3\xa9 cup"));
  CHECK(same(ld_page_product(page, 0)->description, "Holds 0.3 l"));
  CHECK(same(ld_page_product(page, 0)->currency, "EUR"));
  CHECK(ld_page_product(page, 0)->price_minor_units == 2000);
  ld_page_free(page);

  filter.creator = "c";
  CHECK_OK(ld_products_list(shop, &filter, &page, &error));
  CHECK(ld_page_size(page) == 1 && ld_page_total(page) == 1 && ld_page_unread(page) == -1);
  ld_page_free(page);

  del.id = "none";
  CHECK_OK(ld_products_delete(shop, &del, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_NOT_FOUND);
}

static void drops(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_drop_t drop = LD_DROP_INIT;
  ld_page_t* page = NULL;
  ld_update_drop_t update = LD_UPDATE_DROP_INIT;
  ld_change_drop_t change = LD_CHANGE_DROP_INIT;
  ld_restock_t restock = LD_RESTOCK_INIT;
  ld_drop_filter_t filter = LD_DROP_FILTER_INIT;
  create_drop(shop, "d", 10);
  create_drop(shop, "other", 1);

  update.id = "d";
  update.low_stock = 2;
  CHECK_OK(ld_drops_update(shop, &update, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE && reply.drop.low_stock == 2);

  change.id = "d";
  change.action = LD_DROP_ACTION_PAUSE;
  CHECK_OK(ld_drops_change(shop, &change, &reply, &error));
  CHECK(reply.drop.status == LD_DROP_PAUSED);
  change.action = LD_DROP_ACTION_RESUME;
  CHECK_OK(ld_drops_change(shop, &change, &reply, &error));
  CHECK(reply.drop.status == LD_DROP_LIVE && !reply.repeated);
  CHECK_OK(ld_drops_change(shop, &change, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE && reply.repeated);

  restock.id = "d";
  restock.quantity = 5;
  restock.key = "delivery-1";
  CHECK_OK(ld_drops_restock(shop, &restock, &reply, &error));
  CHECK_OK(ld_drops_restock(shop, &restock, &reply, &error));
  CHECK(reply.repeated);

  CHECK_OK(ld_drops_get(shop, "d", &drop, &error));
  CHECK(drop.current_stock == 15 && drop.init_stock == 10 && drop.adjust == 5);
  CHECK(same(drop.creator, "c") && same(drop.product, "p") && same(drop.currency, "EUR"));
  CHECK(drop.end_time_ms == FAR_MS && drop.price_minor_units == 2000);

  filter.status = LD_DROP_LIVE;
  filter.limit = 1;
  CHECK_OK(ld_drops_list(shop, &filter, &page, &error));
  CHECK(ld_page_size(page) == 1 && ld_page_next_cursor(page) != NULL);
  CHECK(ld_page_drop(page, 0)->struct_size == sizeof(ld_drop_t));
  CHECK(ld_page_total(page) == -1);
  ld_page_free(page);
}

static void orders(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_place_order_t requests[3];
  ld_order_reply_t replies[3] = {LD_ORDER_REPLY_INIT}; /* The first is enough. */
  ld_order_reply_t reply = LD_ORDER_REPLY_INIT;
  ld_order_t order = LD_ORDER_INIT;
  ld_extend_order_t extend = LD_EXTEND_ORDER_INIT;
  ld_confirm_order_t confirm = LD_CONFIRM_ORDER_INIT;
  ld_cancel_order_t cancel = LD_CANCEL_ORDER_INIT;

  requests[0] = order_of("d", "u", "sale");
  requests[1] = order_of("d", "u", "hold");
  requests[1].quantity = 3;
  requests[1].confirmation = LD_CONFIRMATION_HOLD;
  requests[1].ttl_seconds = 60;
  requests[2] = order_of("d", "v", "too much");
  CHECK_OK(ld_orders_place(shop, requests, replies, 3, &error));
  CHECK(replies[0].outcome == LD_OUTCOME_CONFIRMED && replies[0].error.code == LD_OK);
  CHECK(replies[0].order.amount_minor_units == 2000 && same(replies[0].order.currency, "EUR"));
  CHECK(replies[0].order.expires_at_ms == LD_ABSENT);
  CHECK(replies[1].outcome == LD_OUTCOME_HELD && replies[1].order.expires_at_ms > 0);
  CHECK(replies[2].error.code == LD_INVALID_ARGUMENT); /* A key has no blanks. */
  CHECK(replies[2].outcome == LD_OUTCOME_NONE);

  reply = place(shop, requests[0]);
  CHECK(reply.outcome == LD_OUTCOME_REPEATED && reply.repeated);
  CHECK(same(reply.order.id, replies[0].order.id));

  extend.order = confirm.order = cancel.order = replies[1].order.id;
  CHECK_OK(ld_orders_extend(shop, &extend, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE);
  CHECK(reply.order.expires_at_ms > replies[1].order.expires_at_ms);
  confirm.quantity = 2;
  CHECK_OK(ld_orders_confirm(shop, &confirm, &reply, &error));
  CHECK(reply.order.status == LD_ORDER_CONFIRMED && reply.order.quantity == 2);
  cancel.held_only = 1; /* It is sold. */
  CHECK_OK(ld_orders_cancel(shop, &cancel, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_ORDER_STATE);
  cancel.held_only = 0;
  cancel.quantity = 1;
  cancel.key = "return-1";
  CHECK_OK(ld_orders_cancel(shop, &cancel, &reply, &error));
  CHECK(reply.order.quantity == 1);

  CHECK_OK(ld_orders_get(shop, replies[1].order.id, &order, &error));
  CHECK(order.quantity == 1 && same(order.user, "u") && same(order.key, "hold"));
  CHECK(ld_orders_get(shop, "01890a5d-ac96-774b-bcce-b302099a8057", &order, &error) ==
        LD_NOT_FOUND);
}

static void order_lists(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_page_t* page = NULL;
  ld_order_filter_t filter = LD_ORDER_FILTER_INIT;
  char cursor[500];
  filter.limit = 1;
  CHECK_OK(ld_orders_of_user(shop, "u", &filter, &page, &error));
  CHECK(ld_page_size(page) == 1 && same(ld_page_order(page, 0)->key, "hold"));
  snprintf(cursor, sizeof cursor, "%s", ld_page_next_cursor(page));
  ld_page_free(page);
  filter.cursor = cursor;
  CHECK_OK(ld_orders_of_user(shop, "u", &filter, &page, &error));
  CHECK(ld_page_size(page) == 1 && same(ld_page_order(page, 0)->key, "sale"));
  CHECK(ld_page_next_cursor(page) == NULL && ld_page_order(page, 1) == NULL);
  ld_page_free(page);
  CHECK_OK(ld_orders_of_drop(shop, "d", NULL, &page, &error));
  CHECK(ld_page_size(page) == 2 && same(ld_page_order(page, 0)->key, "sale"));
  ld_page_free(page);
}

static void submitted(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_place_order_t order = order_of("d", "u", "async");
  ld_completion_t completions[4] = {LD_COMPLETION_INIT};
  size_t count = 0;
  CHECK(ld_shop_poll_fd(shop) >= 0);
  CHECK_OK(ld_orders_submit(shop, &order, 77, &error));
  while (count == 0) CHECK_OK(ld_shop_poll(shop, completions, 4, &count, &error));
  CHECK(count == 1 && completions[0].tag == 77);
  CHECK(completions[0].reply.outcome == LD_OUTCOME_CONFIRMED);
}

static void follows(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_follow_creator_t requests[2] = {LD_FOLLOW_CREATOR_INIT, LD_FOLLOW_CREATOR_INIT};
  ld_reply_t replies[2] = {LD_REPLY_INIT};
  ld_page_request_t request = LD_PAGE_REQUEST_INIT;
  ld_page_t* page = NULL;
  int32_t following = 7;
  requests[0].creator = requests[1].creator = "c";
  requests[0].user = "u";
  requests[1].user = "v";
  CHECK_OK(ld_follows_set(shop, requests, replies, 2, &error));
  CHECK(replies[0].outcome == LD_OUTCOME_DONE && replies[1].since_ms > 0);
  CHECK_OK(ld_follows_is_following(shop, "c", "u", &following, &error));
  CHECK(following == 1);
  CHECK_OK(ld_follows_is_following(shop, "c", "w", &following, &error));
  CHECK(following == 0);
  request.limit = 1;
  CHECK_OK(ld_follows_followers(shop, "c", &request, &page, &error));
  CHECK(ld_page_size(page) == 1 && ld_page_total(page) == 2 && ld_page_next_cursor(page));
  ld_page_free(page);
  CHECK_OK(ld_follows_following(shop, "u", NULL, &page, &error));
  CHECK(ld_page_size(page) == 1 && same(ld_page_follow(page, 0)->creator, "c"));
  ld_page_free(page);
}

static void events(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_page_t* page = NULL;
  ld_head_t head = LD_HEAD_INIT;
  ld_audit_filter_t filter = LD_AUDIT_FILTER_INIT;
  size_t i;
  CHECK_OK(ld_audit_head(shop, &head, &error));
  CHECK_OK(ld_events_read(shop, 0, 1000, &page, &error));
  CHECK(ld_page_size(page) == head.seq);
  for (i = 0; i < ld_page_size(page); ++i) CHECK(ld_page_event(page, i)->seq == i + 1);
  CHECK(same(ld_page_event(page, 0)->type, "productCreated"));
  CHECK(same(ld_page_event(page, 0)->actor, "c") && same(ld_page_event(page, 0)->subject, "p"));
  CHECK(same(ld_page_event(page, 0)->aggregate, "creator:c"));
  CHECK(ld_page_event(page, 0)->balance == LD_ABSENT);
  CHECK(memcmp(ld_page_event(page, i - 1)->hash, head.hash, LD_HASH_SIZE) == 0);
  ld_page_free(page);

  filter.action = "orderConfirmed";
  CHECK_OK(ld_audit_list(shop, &filter, &page, &error));
  CHECK(ld_page_size(page) == 3);
  CHECK(same(ld_page_event(page, 0)->drop, "d") && ld_page_event(page, 0)->delta == -1);
  CHECK(strlen(ld_page_event(page, 0)->order) == 36);
  ld_page_free(page);
}

static void channels(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_page_t* page = NULL;
  ld_position_t position = LD_POSITION_INIT;
  int32_t recovered = 7;
  CHECK_OK(ld_channel_read(shop, "user:u", &position, &recovered, &page, &error));
  CHECK(recovered == 1 && ld_page_size(page) == 0 && position.epoch[0] != '\0');
  ld_page_free(page);
  CHECK(place(shop, order_of("d", "u", "later")).outcome == LD_OUTCOME_CONFIRMED);
  CHECK_OK(ld_channel_read(shop, "user:u", &position, &recovered, &page, &error));
  CHECK(recovered == 1 && ld_page_size(page) == 1);
  CHECK(position.offset == ld_page_event(page, 0)->seq);
  ld_page_free(page);
  position.offset += 1000;
  CHECK_OK(ld_channel_read(shop, "user:u", &position, &recovered, &page, &error));
  CHECK(recovered == 0);
  ld_page_free(page);
}

static void inboxes(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_page_t* page = NULL;
  const ld_notification_t* newest;
  uint64_t id;
  CHECK_OK(ld_inbox_read(shop, "u", NULL, &page, &error));
  newest = ld_page_notification(page, 0);
  CHECK(newest != NULL && !newest->read && newest->event->seq > 0);
  CHECK(ld_page_unread(page) == (int64_t)ld_page_size(page));
  id = newest->event->seq;
  ld_page_free(page);
  CHECK_OK(ld_inbox_mark(shop, "u", id, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE);
  CHECK_OK(ld_inbox_read(shop, "u", NULL, &page, &error));
  CHECK(ld_page_unread(page) == 0 && ld_page_notification(page, 0)->read);
  ld_page_free(page);
}

static void closing(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_stats_t stats = LD_STATS_INIT;
  CHECK_OK(ld_shop_close(shop, &error));
  CHECK_OK(ld_shop_stats(shop, &stats, &error));
  CHECK(stats.commits > 0 && stats.granted > 0 && stats.queue_depth == 0);
  ld_shop_free(shop);
}

static void whole_life(const char* url) {
  ld_shop_t* shop = open_shop(url);
  products(shop);
  drops(shop);
  orders(shop);
  order_lists(shop);
  submitted(shop);
  follows(shop);
  events(shop);
  channels(shop);
  inboxes(shop);
  closing(shop);
}

static void a_page_outlives_its_shop(const char* url) {
  ld_error_t error = LD_ERROR_INIT;
  ld_page_t* page = NULL;
  ld_shop_t* shop = open_shop(url);
  CHECK_OK(ld_products_get(shop, "p", &page, &error));
  ld_shop_free(shop);
  CHECK(same(ld_page_product(page, 0)->id, "p"));
  ld_page_free(page);
}

int main(void) {
  char directory[] = "/tmp/capi_every_XXXXXX";
  char url[64];
  CHECK(mkdtemp(directory) != NULL);
  snprintf(url, sizeof url, "sqlite:%s/shop.db", directory);
  names();
  whole_life("memory:");
  whole_life(url);
  a_page_outlives_its_shop(url);
  CHECK(unlink(url + strlen("sqlite:")) == 0);
  CHECK(rmdir(directory) == 0);
  return 0;
}
