/* The C snippets of docs/reference/c-api.md, word for word (exports_test.py compares), and run. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>

#include "kit.h"

static int fail(const ld_error_t* error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

static void handle(const ld_completion_t* done, size_t count) {
  CHECK(count == 1 && done[0].tag == 5 && ld_outcome_granted(done[0].reply.outcome));
}

static int event_loop(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  const ld_place_order_t order = order_of("d", "ben", "submitted");
  CHECK_OK(ld_orders_submit(shop, &order, 5, &error));
  struct pollfd waiting = {ld_shop_poll_fd(shop), POLLIN, 0};
  ld_completion_t done[64] = {LD_COMPLETION_INIT};
  size_t count = 0;
  poll(&waiting, 1, -1);
  if (ld_shop_poll(shop, done, 64, &count, &error) == LD_OK) handle(done, count);
  return 0;
}

static int list(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_order_filter_t filter = LD_ORDER_FILTER_INIT;
  char cursor[512] = "";
  do {
    ld_page_t* page = NULL;
    filter.cursor = cursor;
    if (ld_orders_of_user(shop, "ben", &filter, &page, &error) != LD_OK) return fail(&error);
    for (size_t i = 0; i < ld_page_size(page); ++i) puts(ld_page_order(page, i)->id);
    const char* next = ld_page_next_cursor(page);
    snprintf(cursor, sizeof cursor, "%s", next ? next : "");
    ld_page_free(page);
  } while (cursor[0] != '\0');
  return 0;
}

int main(void) {
  char key[16];
  int i;
  ld_shop_t* shop = open_shop("memory:");
  create_product(shop);
  create_drop(shop, "d", 100);
  for (i = 0; i < 45; ++i) { /* Three pages. */
    snprintf(key, sizeof key, "%d", i);
    CHECK(place(shop, order_of("d", "ben", key)).outcome == LD_OUTCOME_CONFIRMED);
  }
  CHECK(event_loop(shop) == 0 && list(shop) == 0);
  ld_shop_free(shop);
  return 0;
}
