// The _INIT constants of C hold the defaults of C++.
#include <gtest/gtest.h>

#include "livedrops/c.h"
#include "livedrops/service.h"

namespace livedrops {
namespace {

TEST(CDefaults, OfTheShopAreThoseOfTheService) {
  const ld_shop_options_t c = LD_SHOP_OPTIONS_INIT;
  const ServiceOptions cpp;
  EXPECT_EQ(c.late_confirm, static_cast<int>(cpp.late_confirm));
  EXPECT_EQ(c.holds_at_end, static_cast<int>(cpp.holds_at_end));
  EXPECT_EQ(c.live_holds_per_user_max, cpp.live_holds_per_user_max);
  EXPECT_EQ(c.queue_max, cpp.queue_max);
  EXPECT_EQ(c.orders_per_drop_and_commit_max, cpp.orders_per_drop_and_commit_max);
  EXPECT_EQ(c.unknown_deadline_ms, cpp.unknown_deadline.count());
}

TEST(CDefaults, OfRequestsAreTheSame) {
  const ld_place_order_t place = LD_PLACE_ORDER_INIT;
  EXPECT_EQ(place.quantity, PlaceOrder{}.quantity);
  const ld_extend_order_t extend = LD_EXTEND_ORDER_INIT;
  EXPECT_EQ(extend.ttl_seconds, ExtendOrder{}.ttl_seconds);
  const ld_create_product_t product = LD_CREATE_PRODUCT_INIT;
  EXPECT_EQ(product.currency, CreateProduct{}.price.currency.view());
  const ld_create_drop_t drop = LD_CREATE_DROP_INIT;
  EXPECT_EQ(drop.hold_seconds, CreateDrop{}.hold_seconds);
  EXPECT_EQ(drop.confirmation, static_cast<int>(CreateDrop{}.confirmation));
  const ld_follow_creator_t follow = LD_FOLLOW_CREATOR_INIT;
  EXPECT_EQ(follow.follow, FollowCreator{}.follow);
}

TEST(CDefaults, OfListsAreTheSame) {
  const int limit = PageRequest{}.limit;
  EXPECT_EQ((ld_page_request_t LD_PAGE_REQUEST_INIT).limit, limit);
  EXPECT_EQ((ld_order_filter_t LD_ORDER_FILTER_INIT).limit, limit);
  EXPECT_EQ((ld_drop_filter_t LD_DROP_FILTER_INIT).limit, limit);
  EXPECT_EQ((ld_audit_filter_t LD_AUDIT_FILTER_INIT).limit, limit);
  EXPECT_EQ((ld_product_filter_t LD_PRODUCT_FILTER_INIT).limit, ProductFilter{}.limit);
  EXPECT_EQ((ld_product_filter_t LD_PRODUCT_FILTER_INIT).page, ProductFilter{}.page);
}

TEST(CDefaults, EveryStructKnowsItsSize) {
  EXPECT_EQ((ld_completion_t LD_COMPLETION_INIT).reply.order.struct_size, sizeof(ld_order_t));
  EXPECT_EQ((ld_reply_t LD_REPLY_INIT).drop.struct_size, sizeof(ld_drop_t));
  EXPECT_EQ((ld_reply_t LD_REPLY_INIT).outcome, LD_OUTCOME_NONE);
  EXPECT_EQ((ld_order_reply_t LD_ORDER_REPLY_INIT).order.expires_at_ms, LD_ABSENT);
}

}  // namespace
}  // namespace livedrops
