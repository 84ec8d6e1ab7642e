#include "capi/page.h"

#include "capi/results.h"

namespace livedrops::capi {
namespace {

template <class Row, class From>
std::vector<Row> RowsOf(const std::vector<From>& from) {
  std::vector<Row> rows(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) Fill(from[i], &rows[i]);
  return rows;
}

template <class Row>
const Row* RowAt(const ld_page_t* page, std::size_t index) {
  const auto* rows = page == nullptr ? nullptr : std::get_if<std::vector<Row>>(&page->rows);
  return rows == nullptr || index >= rows->size() ? nullptr : &(*rows)[index];
}

}  // namespace

PagePtr NewPage(Page<Order> from) {
  auto page = std::make_unique<ld_page>();
  page->rows = RowsOf<ld_order_t>(from.data);
  page->next_cursor = std::move(from.next_cursor);
  return page;
}

PagePtr NewPage(Page<Drop> from) {
  auto page = std::make_unique<ld_page>();
  page->rows = RowsOf<ld_drop_t>(from.data);
  page->next_cursor = std::move(from.next_cursor);
  return page;
}

PagePtr NewPage(Page<Event> from) {
  PagePtr page = NewPage(std::move(from.data));
  page->next_cursor = std::move(from.next_cursor);
  return page;
}

PagePtr NewPage(ProductPage from) {
  auto page = std::make_unique<ld_page>();
  page->products = std::move(from.data);
  page->rows = RowsOf<ld_product_t>(page->products);
  page->total = from.total;
  return page;
}

PagePtr NewPage(FollowPage from) {
  auto page = std::make_unique<ld_page>();
  page->rows = RowsOf<ld_follow_t>(from.data);
  page->next_cursor = std::move(from.next_cursor);
  page->total = from.total;
  return page;
}

PagePtr NewPage(std::vector<Event> from) {
  auto page = std::make_unique<ld_page>();
  page->events = std::move(from);
  page->rows = RowsOf<ld_event_t>(page->events);
  return page;
}

PagePtr NewPage(Inbox from) {
  auto page = std::make_unique<ld_page>();
  page->next_cursor = std::move(from.next_cursor);
  page->unread = from.unread;
  page->events.reserve(from.data.size());
  for (Notification& notification : from.data) {
    page->events.push_back(std::move(notification.event));
  }
  page->inbox_events = RowsOf<ld_event_t>(page->events);
  std::vector<ld_notification_t> rows;
  rows.reserve(from.data.size());
  for (std::size_t i = 0; i < from.data.size(); ++i) {
    rows.push_back({sizeof(ld_notification_t), &page->inbox_events[i], from.data[i].read ? 1 : 0});
  }
  page->rows = std::move(rows);
  return page;
}

PagePtr NewPage(Product from) {
  ProductPage one;
  one.data.push_back(std::move(from));
  one.total = 1;
  return NewPage(std::move(one));
}

}  // namespace livedrops::capi

using livedrops::capi::RowAt;

size_t ld_page_size(const ld_page_t* page) {
  if (page == nullptr) return 0;
  return std::visit([](const auto& rows) { return rows.size(); }, page->rows);
}

const ld_order_t* ld_page_order(const ld_page_t* page, size_t index) {
  return RowAt<ld_order_t>(page, index);
}
const ld_product_t* ld_page_product(const ld_page_t* page, size_t index) {
  return RowAt<ld_product_t>(page, index);
}
const ld_drop_t* ld_page_drop(const ld_page_t* page, size_t index) {
  return RowAt<ld_drop_t>(page, index);
}
const ld_follow_t* ld_page_follow(const ld_page_t* page, size_t index) {
  return RowAt<ld_follow_t>(page, index);
}
const ld_event_t* ld_page_event(const ld_page_t* page, size_t index) {
  return RowAt<ld_event_t>(page, index);
}
const ld_notification_t* ld_page_notification(const ld_page_t* page, size_t index) {
  return RowAt<ld_notification_t>(page, index);
}

const char* ld_page_next_cursor(const ld_page_t* page) {
  return page == nullptr || page->next_cursor.empty() ? nullptr : page->next_cursor.c_str();
}
int64_t ld_page_total(const ld_page_t* page) { return page == nullptr ? -1 : page->total; }
int64_t ld_page_unread(const ld_page_t* page) { return page == nullptr ? -1 : page->unread; }

void ld_page_free(ld_page_t* page) { delete page; }
