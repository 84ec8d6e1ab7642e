/* The pollable way: submit without waiting, wait with poll(2), take the answers by their tags. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>

#include "kit.h"

#define ORDERS 500
#define STOCK 100
/* Far longer than an answer takes, so that a lost one fails the test and does not hang it. */
#define PATIENCE_MS 30000

static int readable(ld_shop_t* shop, int timeout_ms) {
  struct pollfd waiting = {0, POLLIN, 0};
  waiting.fd = ld_shop_poll_fd(shop);
  return poll(&waiting, 1, timeout_ms) == 1;
}

static void submit_all(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  char key[32];
  int i;
  for (i = 0; i < ORDERS; ++i) {
    ld_place_order_t order = order_of("d", "u", key);
    snprintf(key, sizeof key, "order-%d", i); /* Copied: the next one may overwrite it. */
    CHECK_OK(ld_orders_submit(shop, &order, (uint64_t)i, &error));
  }
}

/* Takes a few at a time; `seen[tag]` counts. */
static int take(ld_shop_t* shop, int* seen, int* granted) {
  ld_error_t error = LD_ERROR_INIT;
  ld_completion_t completions[7] = {LD_COMPLETION_INIT};
  size_t count = 0;
  size_t i;
  CHECK_OK(ld_shop_poll(shop, completions, 7, &count, &error));
  for (i = 0; i < count; ++i) {
    CHECK(completions[i].tag < ORDERS && completions[i].reply.error.code == LD_OK);
    ++seen[completions[i].tag];
    *granted += ld_outcome_granted(completions[i].reply.outcome);
  }
  return (int)count;
}

static void every_order_is_answered_once(void) {
  int seen[ORDERS] = {0};
  int granted = 0;
  int answered = 0;
  int i;
  ld_shop_t* shop = open_shop("memory:");
  create_product(shop);
  create_drop(shop, "d", STOCK);
  CHECK(!readable(shop, 0));
  submit_all(shop);
  while (answered < ORDERS) {
    CHECK(readable(shop, PATIENCE_MS));
    answered += take(shop, seen, &granted);
  }
  for (i = 0; i < ORDERS; ++i) CHECK(seen[i] == 1);
  CHECK(granted == STOCK);
  CHECK(!readable(shop, 0) && take(shop, seen, &granted) == 0);
  ld_shop_free(shop);
}

/* Closing commits what was submitted; the answers can be taken afterwards. */
static void closing_loses_no_answer(void) {
  ld_error_t error = LD_ERROR_INIT;
  int seen[ORDERS] = {0};
  int granted = 0;
  int i;
  ld_shop_t* shop = open_shop("memory:");
  create_product(shop);
  create_drop(shop, "d", STOCK);
  submit_all(shop);
  CHECK_OK(ld_shop_close(shop, &error));
  CHECK(readable(shop, 0));
  while (take(shop, seen, &granted) != 0) continue;
  for (i = 0; i < ORDERS; ++i) CHECK(seen[i] == 1);
  CHECK(granted == STOCK);
  ld_shop_free(shop);
}

static void a_full_queue_is_told(void) {
  ld_shop_options_t options = LD_SHOP_OPTIONS_INIT;
  ld_error_t error = LD_ERROR_INIT;
  ld_shop_t* shop = NULL;
  ld_place_order_t order = order_of("d", "u", "k");
  ld_status_t status = LD_OK;
  int i;
  options.queue_max = 1;
  CHECK_OK(ld_shop_open("memory:", &options, &shop, &error));
  for (i = 0; i < 1000000 && status == LD_OK; ++i) {
    status = ld_orders_submit(shop, &order, 0, &error);
  }
  CHECK(status == LD_OVERLOADED &&
        strstr(error.message, "wait") != NULL); /* in the queue, or to be polled */
  ld_shop_free(shop);                           /* With answers that nobody took. */
}

int main(void) {
  every_order_is_answered_once();
  closing_loses_no_answer();
  a_full_queue_is_told();
  return 0;
}
