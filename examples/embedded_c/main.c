/* Sells one cup in C: opens a shop in a file, offers a drop, and takes an order. */
#include <stdio.h>

#include "livedrops/c.h"

static int fail(const ld_error_t* error) {
  fprintf(stderr, "%s: %s\n", ld_status_name(error->code), error->message);
  return 1;
}

int main(void) {
  ld_error_t error = LD_ERROR_INIT;
  ld_shop_t* shop = NULL;
  if (ld_shop_open("sqlite:shop.db", NULL, &shop, &error) != LD_OK) return fail(&error);

  ld_reply_t reply = LD_REPLY_INIT;
  ld_create_product_t cup = LD_CREATE_PRODUCT_INIT;
  cup.id = "cup", cup.creator = "anna", cup.name = "Cup", cup.price_minor_units = 1999;
  if (ld_products_create(shop, &cup, &reply, &error) != LD_OK) return fail(&error);

  ld_create_drop_t drop = LD_CREATE_DROP_INIT;
  drop.id = "cups", drop.product = "cup", drop.stock = 1, drop.end_time_ms = 253402300799999;
  if (ld_drops_create(shop, &drop, &reply, &error) != LD_OK) return fail(&error);

  ld_order_reply_t sold = LD_ORDER_REPLY_INIT;
  ld_place_order_t order = LD_PLACE_ORDER_INIT;
  order.drop = "cups", order.user = "ben", order.key = "ben-1";
  if (ld_orders_place(shop, &order, &sold, 1, &error) != LD_OK) return fail(&error);
  if (sold.error.code != LD_OK) return fail(&sold.error);
  printf("ben: %s, order %s\n", ld_outcome_name(sold.outcome), sold.order.id);
  ld_shop_free(shop);
  return 0;
}
