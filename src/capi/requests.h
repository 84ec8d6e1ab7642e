// From the requests and filters of C to those of C++. What the core validates (ids, keys, numbers)
// is passed on as it is; what C++ types cannot even hold (wrong enums, order ids, currencies) is
// refused.
#pragma once

#include "livedrops/c.h"
#include "livedrops/service.h"

namespace livedrops::capi {

// Errors: invalid_argument with the field and its value.
Status ReadRequest(const ld_shop_options_t& from, ServiceOptions* to);

Status ReadRequest(const ld_place_order_t& from, PlaceOrder* to);
Status ReadRequest(const ld_confirm_order_t& from, ConfirmOrder* to);
Status ReadRequest(const ld_extend_order_t& from, ExtendOrder* to);
Status ReadRequest(const ld_cancel_order_t& from, CancelOrder* to);

Status ReadRequest(const ld_create_product_t& from, CreateProduct* to);
Status ReadRequest(const ld_update_product_t& from, UpdateProduct* to);
Status ReadRequest(const ld_delete_product_t& from, DeleteProduct* to);

Status ReadRequest(const ld_create_drop_t& from, CreateDrop* to);
Status ReadRequest(const ld_update_drop_t& from, UpdateDrop* to);
Status ReadRequest(const ld_change_drop_t& from, ChangeDrop* to);
Status ReadRequest(const ld_restock_t& from, Restock* to);

Status ReadRequest(const ld_follow_creator_t& from, FollowCreator* to);

Status ReadRequest(const ld_page_request_t& from, PageRequest* to);
Status ReadRequest(const ld_order_filter_t& from, OrderFilter* to);
Status ReadRequest(const ld_product_filter_t& from, ProductFilter* to);
Status ReadRequest(const ld_drop_filter_t& from, DropFilter* to);
Status ReadRequest(const ld_audit_filter_t& from, AuditFilter* to);

// With an empty epoch: none.
Status ReadPosition(const ld_position_t& from, std::optional<Position>* to);

}  // namespace livedrops::capi
