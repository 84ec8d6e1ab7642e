// The page handle: rows of one kind, and what they point into.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "livedrops/c.h"
#include "livedrops/service.h"

struct ld_page {
  std::variant<std::vector<ld_order_t>, std::vector<ld_product_t>, std::vector<ld_drop_t>,
               std::vector<ld_follow_t>, std::vector<ld_event_t>, std::vector<ld_notification_t>>
      rows;
  std::string next_cursor;
  std::int64_t total = -1;
  std::int64_t unread = -1;

  // Owners of the texts, and of the events of an inbox.
  std::vector<livedrops::Product> products;
  std::vector<livedrops::Event> events;
  std::vector<ld_event_t> inbox_events;
};

namespace livedrops::capi {

using PagePtr = std::unique_ptr<ld_page>;

PagePtr NewPage(Page<Order> from);
PagePtr NewPage(Page<Drop> from);
PagePtr NewPage(Page<Event> from);
PagePtr NewPage(ProductPage from);
PagePtr NewPage(FollowPage from);
PagePtr NewPage(std::vector<Event> from);
PagePtr NewPage(Inbox from);
PagePtr NewPage(Product from);

}  // namespace livedrops::capi
