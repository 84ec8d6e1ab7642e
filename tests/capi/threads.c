/* Many threads, one shop: exactly the stock is sold, and closing beside running calls is safe. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <unistd.h>

#include "kit.h"

#define THREADS 8
#define ORDERS_PER_THREAD 400
#define STOCK 1000

typedef struct {
  ld_shop_t* shop;
  int number;
  int granted;
  int closed; /* Calls that found the shop closed. */
} seller_t;

static ld_place_order_t order_number(const seller_t* seller, int i, char* key, size_t size) {
  ld_place_order_t order = order_of("d", "u", key);
  snprintf(key, size, "t%d-%d", seller->number, i);
  return order;
}

static void* sell(void* argument) {
  seller_t* seller = argument;
  char key[32];
  int i;
  for (i = 0; i < ORDERS_PER_THREAD; ++i) {
    const ld_order_reply_t reply = place(seller->shop, order_number(seller, i, key, sizeof key));
    CHECK(reply.error.code == LD_OK);
    CHECK(ld_outcome_granted(reply.outcome) || reply.outcome == LD_OUTCOME_SOLD_OUT);
    seller->granted += ld_outcome_granted(reply.outcome);
  }
  return NULL;
}

static int sum_of(seller_t* sellers, void* (*work)(void*), ld_shop_t* shop, int close_meanwhile) {
  ld_error_t error = LD_ERROR_INIT;
  pthread_t threads[THREADS];
  int granted = 0;
  int i;
  for (i = 0; i < THREADS; ++i) {
    memset(&sellers[i], 0, sizeof sellers[i]);
    sellers[i].shop = shop;
    sellers[i].number = i;
    CHECK(pthread_create(&threads[i], NULL, work, &sellers[i]) == 0);
  }
  if (close_meanwhile) {
    ld_stats_t stats = LD_STATS_INIT;
    while (stats.granted == 0) CHECK_OK(ld_shop_stats(shop, &stats, &error));
    CHECK_OK(ld_shop_close(shop, &error));
  }
  for (i = 0; i < THREADS; ++i) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    granted += sellers[i].granted;
  }
  return granted;
}

static void exactly_the_stock_is_sold(const char* url) {
  ld_error_t error = LD_ERROR_INIT;
  seller_t sellers[THREADS];
  ld_drop_t drop = LD_DROP_INIT;
  ld_shop_t* shop = open_shop(url);
  create_product(shop);
  create_drop(shop, "d", STOCK);
  CHECK(sum_of(sellers, sell, shop, 0) == STOCK);
  CHECK_OK(ld_drops_get(shop, "d", &drop, &error));
  CHECK(drop.current_stock == 0 && drop.status == LD_DROP_SOLD_OUT);
  ld_shop_free(shop);
}

/* Sells until the shop is closed, by every way in. */
static void* sell_until_closed(void* argument) {
  seller_t* seller = argument;
  int i;
  for (i = 0; seller->closed < 3; ++i) {
    ld_error_t error = LD_ERROR_INIT;
    ld_order_reply_t reply = LD_ORDER_REPLY_INIT;
    ld_drop_t drop = LD_DROP_INIT;
    char key[32];
    const ld_place_order_t order = order_number(seller, i, key, sizeof key);
    ld_status_t status = ld_orders_place(seller->shop, &order, &reply, 1, &error);
    if (status == LD_OK) status = reply.error.code;
    CHECK(status == LD_OK || status == LD_CLOSED);
    seller->granted += ld_outcome_granted(reply.outcome);
    seller->closed += status == LD_CLOSED;
    status = ld_drops_get(seller->shop, "d", &drop, &error);
    CHECK(status == LD_OK || status == LD_CLOSED);
    seller->closed += status == LD_CLOSED;
  }
  return NULL;
}

static void closing_waits_for_running_calls(const char* url) {
  ld_error_t error = LD_ERROR_INIT;
  seller_t sellers[THREADS];
  ld_drop_t drop = LD_DROP_INIT;
  int granted;
  ld_shop_t* shop = open_shop(url);
  create_product(shop);
  create_drop(shop, "d", INT32_MAX);
  granted = sum_of(sellers, sell_until_closed, shop, 1);
  CHECK(ld_shop_close(shop, &error) == LD_CLOSED);
  ld_shop_free(shop);
  shop = open_shop(url);
  CHECK_OK(ld_drops_get(shop, "d", &drop, &error));
  CHECK(drop.current_stock == INT32_MAX - granted); /* What was granted is there. */
  ld_shop_free(shop);
}

/* Of many who close only one does. */
static void* close_once(void* argument) {
  seller_t* seller = argument;
  ld_error_t error = LD_ERROR_INIT;
  const ld_status_t status = ld_shop_close(seller->shop, &error);
  CHECK(status == LD_OK || status == LD_CLOSED);
  seller->granted = status == LD_OK;
  return NULL;
}

static void one_of_many_closes(void) {
  seller_t sellers[THREADS];
  ld_shop_t* shop = open_shop("memory:");
  CHECK(sum_of(sellers, close_once, shop, 0) == 1);
  ld_shop_free(shop);
}

int main(void) {
  char directory[] = "/tmp/capi_threads_XXXXXX";
  char first[80];
  char second[80];
  CHECK(mkdtemp(directory) != NULL);
  snprintf(first, sizeof first, "sqlite:%s/first.db", directory);
  snprintf(second, sizeof second, "sqlite:%s/second.db", directory);
  exactly_the_stock_is_sold("memory:");
  exactly_the_stock_is_sold(first);
  closing_waits_for_running_calls(second);
  one_of_many_closes();
  CHECK(unlink(first + strlen("sqlite:")) == 0 && unlink(second + strlen("sqlite:")) == 0);
  CHECK(rmdir(directory) == 0);
  return 0;
}
