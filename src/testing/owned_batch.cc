#include "testing/owned_batch.h"

namespace livedrops {
namespace {

template <class Row>
std::vector<Row> Copy(std::span<const Row> rows) {
  return {rows.begin(), rows.end()};
}

}  // namespace

OrderRow OwnedOrder::View() const {
  OrderRow view = row;
  view.user = user;
  view.actor = actor;
  view.key = key;
  return view;
}

OwnedRows::OwnedRows(const CommitBatch& batch)
    : events(Copy(batch.events)),
      order_changes(Copy(batch.order_changes)),
      drops(Copy(batch.drops)),
      products(Copy(batch.products)),
      follows(Copy(batch.follows)),
      creators(Copy(batch.creators)),
      users(Copy(batch.users)),
      accounts(Copy(batch.accounts)),
      sessions(Copy(batch.sessions)),
      head(batch.head) {}

CommitBatch OwnedRows::ViewWith(std::span<const OrderRow> orders) const {
  return {orders,   events, order_changes, drops,    products, follows,
          creators, users,  accounts,      sessions, head};
}

CommitBatch OwnedBatch::View(std::vector<OrderRow>* views) const {
  views->clear();
  for (const OwnedOrder& order : orders) views->push_back(order.View());
  return ViewWith(*views);
}

}  // namespace livedrops
