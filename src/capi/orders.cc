#include "capi/call.h"

using namespace livedrops;        // NOLINT: the functions below stand outside of a namespace
using namespace livedrops::capi;  // NOLINT

ld_status_t ld_orders_place(ld_shop_t* shop, const ld_place_order_t* requests,
                            ld_order_reply_t* replies, size_t n, ld_error_t* error) {
  return Batch<PlaceOrder>(shop, requests, replies, n, error,
                           [](Service& service, const auto& orders, auto& answers) {
                             service.orders().PlaceBatch(orders, answers);
                           });
}

ld_status_t ld_orders_submit(ld_shop_t* shop, const ld_place_order_t* request, uint64_t tag,
                             ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    if (Status bad = CheckStruct("request", request); !bad.ok()) return bad;
    PlaceOrder order;
    if (Status bad = ReadRequest(*request, &order); !bad.ok()) return bad;
    return visit.service().SubmitPolled(order, tag);
  });
}

ld_status_t ld_orders_confirm(ld_shop_t* shop, const ld_confirm_order_t* request,
                              ld_order_reply_t* reply, ld_error_t* error) {
  return Command<ConfirmOrder>(
      shop, request, reply, error,
      [](Service& service, const ConfirmOrder& order) { return service.orders().Confirm(order); });
}

ld_status_t ld_orders_extend(ld_shop_t* shop, const ld_extend_order_t* request,
                             ld_order_reply_t* reply, ld_error_t* error) {
  return Command<ExtendOrder>(
      shop, request, reply, error,
      [](Service& service, const ExtendOrder& order) { return service.orders().Extend(order); });
}

ld_status_t ld_orders_cancel(ld_shop_t* shop, const ld_cancel_order_t* request,
                             ld_order_reply_t* reply, ld_error_t* error) {
  return Command<CancelOrder>(
      shop, request, reply, error,
      [](Service& service, const CancelOrder& order) { return service.orders().Cancel(order); });
}

ld_status_t ld_orders_get(ld_shop_t* shop, const char* order_id, ld_order_t* order,
                          ld_error_t* error) {
  return ReadOne(shop, "order", order, error, [&](Service& service) -> Result<Order> {
    OrderId id;
    if (Status bad = ReadOrderId("order_id", order_id, &id); !bad.ok()) return bad;
    return service.orders().Get(id);
  });
}

ld_status_t ld_orders_of_user(ld_shop_t* shop, const char* user, const ld_order_filter_t* filter,
                              ld_page_t** page, ld_error_t* error) {
  return ReadPage<OrderFilter, ld_order_filter_t>(
      shop, "filter", filter, LD_ORDER_FILTER_INIT, page, error,
      [&](Service& service, const OrderFilter& wanted) {
        return service.orders().OfUser(IdOf<UserId>(user), wanted);
      });
}

ld_status_t ld_orders_of_drop(ld_shop_t* shop, const char* drop, const ld_order_filter_t* filter,
                              ld_page_t** page, ld_error_t* error) {
  return ReadPage<OrderFilter, ld_order_filter_t>(
      shop, "filter", filter, LD_ORDER_FILTER_INIT, page, error,
      [&](Service& service, const OrderFilter& wanted) {
        return service.orders().OfDrop(IdOf<DropId>(drop), wanted);
      });
}
