/* What the C tests share: CHECK, and a shop with a product and a drop. */
#ifndef LIVEDROPS_TESTS_CAPI_KIT_H_
#define LIVEDROPS_TESTS_CAPI_KIT_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "livedrops/c.h"

/* 9999-12-31: a drop that does not end. */
#define FAR_MS INT64_C(253402300799999)

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

/* That a call went well; prints the message when it did not. */
#define CHECK_OK(call)                                                  \
  do {                                                                  \
    if ((call) != LD_OK) {                                              \
      fprintf(stderr, "%s:%d: %s: %s: %s\n", __FILE__, __LINE__, #call, \
              ld_status_name(error.code), error.message);               \
      exit(1);                                                          \
    }                                                                   \
    CHECK(error.code == LD_OK && error.message[0] == '\0');             \
  } while (0)

static inline int same(const char* a, const char* b) { return strcmp(a, b) == 0; }

static inline ld_shop_t* open_shop(const char* url) {
  ld_error_t error = LD_ERROR_INIT;
  ld_shop_t* shop = NULL;
  CHECK_OK(ld_shop_open(url, NULL, &shop, &error));
  CHECK(shop != NULL);
  return shop;
}

/* The product "p" of the creator "c", at 19.99 EUR. */
static inline void create_product(ld_shop_t* shop) {
  ld_error_t error = LD_ERROR_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_create_product_t product = LD_CREATE_PRODUCT_INIT;
  product.id = "p";
  product.creator = "c";
  product.name = "Caf\xc3\xa9 cup";
  product.price_minor_units = 1999;
  product.currency = "EUR";
  CHECK_OK(ld_products_create(shop, &product, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE);
}

static inline void create_drop(ld_shop_t* shop, const char* id, int64_t stock) {
  ld_error_t error = LD_ERROR_INIT;
  ld_reply_t reply = LD_REPLY_INIT;
  ld_create_drop_t drop = LD_CREATE_DROP_INIT;
  drop.id = id;
  drop.product = "p";
  drop.end_time_ms = FAR_MS;
  drop.stock = stock;
  CHECK_OK(ld_drops_create(shop, &drop, &reply, &error));
  CHECK(reply.outcome == LD_OUTCOME_DONE);
}

static inline ld_place_order_t order_of(const char* drop, const char* user, const char* key) {
  ld_place_order_t order = LD_PLACE_ORDER_INIT;
  order.drop = drop;
  order.user = user;
  order.key = key;
  return order;
}

static inline ld_order_reply_t place(ld_shop_t* shop, ld_place_order_t order) {
  ld_error_t error = LD_ERROR_INIT;
  ld_order_reply_t reply = LD_ORDER_REPLY_INIT;
  CHECK_OK(ld_orders_place(shop, &order, &reply, 1, &error));
  return reply;
}

#endif /* LIVEDROPS_TESTS_CAPI_KIT_H_ */
