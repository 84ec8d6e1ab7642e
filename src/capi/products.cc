#include "capi/call.h"

using namespace livedrops;        // NOLINT: the functions below stand outside of a namespace
using namespace livedrops::capi;  // NOLINT

ld_status_t ld_products_create(ld_shop_t* shop, const ld_create_product_t* request,
                               ld_reply_t* reply, ld_error_t* error) {
  return Command<CreateProduct>(
      shop, request, reply, error,
      [](Service& service, const CreateProduct& c) { return service.products().Create(c); });
}

ld_status_t ld_products_update(ld_shop_t* shop, const ld_update_product_t* request,
                               ld_reply_t* reply, ld_error_t* error) {
  return Command<UpdateProduct>(
      shop, request, reply, error,
      [](Service& service, const UpdateProduct& u) { return service.products().Update(u); });
}

ld_status_t ld_products_delete(ld_shop_t* shop, const ld_delete_product_t* request,
                               ld_reply_t* reply, ld_error_t* error) {
  return Command<DeleteProduct>(
      shop, request, reply, error,
      [](Service& service, const DeleteProduct& d) { return service.products().Delete(d); });
}

ld_status_t ld_products_get(ld_shop_t* shop, const char* id, ld_page_t** page, ld_error_t* error) {
  return ReadPage(shop, page, error,
                  [&](Service& service) { return service.products().Get(IdOf<ProductId>(id)); });
}

ld_status_t ld_products_list(ld_shop_t* shop, const ld_product_filter_t* filter, ld_page_t** page,
                             ld_error_t* error) {
  return ReadPage<ProductFilter, ld_product_filter_t>(
      shop, "filter", filter, LD_PRODUCT_FILTER_INIT, page, error,
      [](Service& service, const ProductFilter& wanted) {
        return service.products().List(wanted);
      });
}
