/* Sells one cup in C: opens a shop in a file, offers a drop of one unit, and takes two orders for
 * it. */
#include <stdio.h>

#include "livedrops/c.h"

static int fail(const ld_error_t* error) {
  fprintf(stderr, "%s: %s\n", ld_status_name(error->code), error->message);
  return 1;
}

int main(void) {
  ld_error_t error = LD_ERROR_INIT;
  ld_shop_t* shop = NULL;
  ld_reply_t reply = LD_REPLY_INIT;
  if (ld_shop_open("sqlite:shop.db", NULL, &shop, &error) != LD_OK) return fail(&error);

  ld_create_product_t cup = LD_CREATE_PRODUCT_INIT;
  cup.id = "cup", cup.creator = "anna", cup.name = "Cup", cup.price_minor_units = 1999;
  if (ld_products_create(shop, &cup, &reply, &error) != LD_OK) return fail(&error);

  ld_create_drop_t drop = LD_CREATE_DROP_INIT;
  drop.id = "cups", drop.product = "cup", drop.stock = 1, drop.end_time_ms = 253402300799999;
  if (ld_drops_create(shop, &drop, &reply, &error) != LD_OK) return fail(&error);

  ld_place_order_t orders[2] = {LD_PLACE_ORDER_INIT, LD_PLACE_ORDER_INIT};
  ld_order_reply_t replies[2] = {LD_ORDER_REPLY_INIT};
  orders[0].drop = "cups", orders[0].user = "ben", orders[0].key = "ben-1";
  orders[1].drop = "cups", orders[1].user = "cleo", orders[1].key = "cleo-1";
  if (ld_orders_place(shop, orders, replies, 2, &error) != LD_OK) return fail(&error);

  for (int i = 0; i < 2; ++i) {
    if (replies[i].error.code != LD_OK) return fail(&replies[i].error);
    printf("%s: %s\n", orders[i].user, ld_outcome_name(replies[i].outcome));
  }
  ld_shop_free(shop);
  return 0;
}
