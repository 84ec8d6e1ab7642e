#include "capi/call.h"

using namespace livedrops;        // NOLINT: the functions below stand outside of a namespace
using namespace livedrops::capi;  // NOLINT

ld_status_t ld_drops_create(ld_shop_t* shop, const ld_create_drop_t* request, ld_reply_t* reply,
                            ld_error_t* error) {
  return Command<CreateDrop>(
      shop, request, reply, error,
      [](Service& service, const CreateDrop& c) { return service.drops().Create(c); });
}

ld_status_t ld_drops_update(ld_shop_t* shop, const ld_update_drop_t* request, ld_reply_t* reply,
                            ld_error_t* error) {
  return Command<UpdateDrop>(
      shop, request, reply, error,
      [](Service& service, const UpdateDrop& u) { return service.drops().Update(u); });
}

ld_status_t ld_drops_change(ld_shop_t* shop, const ld_change_drop_t* request, ld_reply_t* reply,
                            ld_error_t* error) {
  return Command<ChangeDrop>(
      shop, request, reply, error,
      [](Service& service, const ChangeDrop& c) { return service.drops().Change(c); });
}

ld_status_t ld_drops_restock(ld_shop_t* shop, const ld_restock_t* request, ld_reply_t* reply,
                             ld_error_t* error) {
  return Command<Restock>(shop, request, reply, error, [](Service& service, const Restock& r) {
    return service.drops().Restock(r);
  });
}

ld_status_t ld_drops_get(ld_shop_t* shop, const char* id, ld_drop_t* drop, ld_error_t* error) {
  return ReadOne(shop, "drop", drop, error,
                 [&](Service& service) { return service.drops().Get(IdOf<DropId>(id)); });
}

ld_status_t ld_drops_list(ld_shop_t* shop, const ld_drop_filter_t* filter, ld_page_t** page,
                          ld_error_t* error) {
  return ReadPage<DropFilter, ld_drop_filter_t>(
      shop, "filter", filter, LD_DROP_FILTER_INIT, page, error,
      [](Service& service, const DropFilter& wanted) { return service.drops().List(wanted); });
}
