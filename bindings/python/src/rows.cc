#include "rows.h"

#include "livedrops/spi/log_text.h"
#include "module.h"
#include "record.h"

namespace livedrops::python {

OwnedOrderRow::OwnedOrderRow(const OrderRow& from)
    : row(from), user(from.user), actor(from.actor), key(from.key) {}

OrderRow OwnedOrderRow::View() const {
  OrderRow view = row;
  view.user = user;
  view.actor = actor;
  view.key = key;
  return view;
}

OwnedCommit::OwnedCommit(const CommitBatch& batch)
    : orders(batch.orders.begin(), batch.orders.end()),
      events(batch.events.begin(), batch.events.end()),
      order_changes(batch.order_changes.begin(), batch.order_changes.end()),
      drops(batch.drops.begin(), batch.drops.end()),
      products(batch.products.begin(), batch.products.end()),
      follows(batch.follows.begin(), batch.follows.end()),
      creators(batch.creators.begin(), batch.creators.end()),
      users(batch.users.begin(), batch.users.end()),
      accounts(batch.accounts.begin(), batch.accounts.end()),
      sessions(batch.sessions.begin(), batch.sessions.end()),
      head(batch.head) {}

namespace {

// A field of the OrderRow inside an OwnedOrderRow.
template <class Member>
void RowField(Record<OwnedOrderRow>& record, const char* name, Member OrderRow::* member,
              const char* doc = "") {
  record.Property(
      name, [member](const OwnedOrderRow& owned) { return owned.row.*member; },
      [member](OwnedOrderRow& owned, Member value) { owned.row.*member = value; }, doc);
}

void RegisterLogRows(py::module_& module) {
  Record<OwnedOrderRow> order(module, "OrderRow", "The creation of an order, immutable.");
  RowField(order, "seq", &OrderRow::seq);
  RowField(order, "drop_no", &OrderRow::drop_no, "The seq of the drop's DROP_SCHEDULED row.");
  RowField(order, "aggregate_seq", &OrderRow::aggregate_seq, "Gapless in the drop.");
  RowField(order, "at", &OrderRow::at);
  order.Field("user", &OwnedOrderRow::user)
      .Field("actor", &OwnedOrderRow::actor, "Empty: the user.")
      .Field("key", &OwnedOrderRow::key);
  RowField(order, "quantity", &OrderRow::quantity);
  RowField(order, "amount", &OrderRow::amount);
  RowField(order, "balance", &OrderRow::balance, "Stock of the drop after it.");
  RowField(order, "ttl_seconds", &OrderRow::ttl_seconds, "0: confirmed at once.");
  RowField(order, "order_id", &OrderRow::order_id);
  RowField(order, "hash", &OrderRow::hash);

  Record<EventRow>(module, "EventRow", "Any other state change, immutable.")
      .Field("seq", &EventRow::seq)
      .Field("type", &EventRow::type)
      .Field("aggregate", &EventRow::aggregate)
      .Field("aggregate_seq", &EventRow::aggregate_seq)
      .TimeField("at", &EventRow::at)
      .Field("actor", &EventRow::actor)
      .Field("subject", &EventRow::subject)
      .Field("body", &EventRow::body)
      .Field("key", &EventRow::key, "The command's key with its scope; opaque.")
      .Field("fingerprint", &EventRow::fingerprint)
      .Field("drop_no", &EventRow::drop_no, "0: no drop concerned.")
      .Field("order_seq", &EventRow::order_seq, "0: no order concerned.")
      .Field("delta", &EventRow::delta)
      .Field("balance", &EventRow::balance)
      .Field("creator", &EventRow::creator, "Whose channel it goes to; may be empty.")
      .Field("user", &EventRow::user, "Whose channel it goes to; empty for those of an order.")
      .Field("hash", &EventRow::hash);
}

void RegisterStateRows(py::module_& module) {
  Record<OrderChange>(module, "OrderChange", "The present state of an order.")
      .Field("seq", &OrderChange::seq)
      .Field("status", &OrderChange::status)
      .Field("quantity", &OrderChange::quantity)
      .TimeField("expires_at", &OrderChange::expires_at, "Of a hold; else the epoch.");
  Record<DropRow>(module, "DropRow", "The present state of a drop: insert or replace.")
      .Field("drop_no", &DropRow::drop_no)
      .Field("drop", &DropRow::drop)
      .Field("started", &DropRow::started)
      .Field("paused", &DropRow::paused)
      .Field("ended", &DropRow::ended)
      .Field("cancelled", &DropRow::cancelled)
      .Field("fingerprint", &DropRow::fingerprint)
      .TimeField("changed_at", &DropRow::changed_at);
  Record<ProductRow>(module, "ProductRow", "The present state of a product.")
      .Field("product", &ProductRow::product)
      .Field("deleted", &ProductRow::deleted);
  Record<FollowRow>(module, "FollowRow", "A follow; follow=False deletes the row.")
      .Field("creator", &FollowRow::creator)
      .Field("user", &FollowRow::user)
      .TimeField("since", &FollowRow::since)
      .Field("follow", &FollowRow::follow);
  Record<CreatorRow>(module, "CreatorRow", "Counters of a creator.")
      .Field("id", &CreatorRow::id)
      .Field("followers", &CreatorRow::followers)
      .Field("aggregate_seq", &CreatorRow::aggregate_seq);
  Record<UserRow>(module, "UserRow", "Counters of a user.")
      .Field("id", &UserRow::id)
      .Field("following", &UserRow::following)
      .Field("aggregate_seq", &UserRow::aggregate_seq)
      .Field("read_up_to", &UserRow::read_up_to);
  Record<ShopInfo>(module, "ShopInfo", "Identity of a database, made at its creation.")
      .Field("epoch", &ShopInfo::epoch)
      .Field("secret", &ShopInfo::secret, "32 random bytes.");
}

void RegisterCommit(py::module_& module) {
  Record<OwnedCommit>(module, "CommitBatch",
                      "Everything that must agree: one transaction. orders and events ascend by\n"
                      "seq and together are contiguous after the expected head.")
      .Field("orders", &OwnedCommit::orders)
      .Field("events", &OwnedCommit::events)
      .Field("order_changes", &OwnedCommit::order_changes)
      .Field("drops", &OwnedCommit::drops)
      .Field("products", &OwnedCommit::products)
      .Field("follows", &OwnedCommit::follows)
      .Field("creators", &OwnedCommit::creators)
      .Field("users", &OwnedCommit::users)
      .Field("accounts", &OwnedCommit::accounts)
      .Field("sessions", &OwnedCommit::sessions)
      .Field("head", &OwnedCommit::head, "The head after it.");
}

void RegisterQueries(py::module_& module) {
  Record<EventQuery>(module, "EventQuery", "Which rows of the log, newest first.")
      .Field("actor", &EventQuery::actor)
      .Field("action", &EventQuery::action)
      .Field("subject", &EventQuery::subject)
      .TimeField("from_", &EventQuery::from, "Inclusive.")
      .TimeField("to", &EventQuery::to, "Exclusive.")
      .Field("before_seq", &EventQuery::before_seq, "Exclusive; 0: newest.")
      .Field("limit", &EventQuery::limit);
  Record<DropQuery>(module, "DropQuery", "Which drops: newest first, ties by id.")
      .Field("creator", &DropQuery::creator)
      .Field("product", &DropQuery::product)
      .TimeField("after_created", &DropQuery::after_created)
      .Field("after_id", &DropQuery::after_id, "Empty: from the start.")
      .Field("limit", &DropQuery::limit);
  Record<OrderQuery>(module, "OrderQuery",
                     "Orders of one user, newest first, or of one drop, oldest first.")
      .Field("user", &OrderQuery::user)
      .Field("drop", &OrderQuery::drop)
      .Field("status", &OrderQuery::status)
      .Field("after_seq", &OrderQuery::after_seq, "Exclusive; 0: from the start.")
      .Field("limit", &OrderQuery::limit);
  Record<FollowQuery>(module, "FollowQuery", "Followers of a creator, or whom a user follows.")
      .Field("creator", &FollowQuery::creator)
      .Field("user", &FollowQuery::user)
      .TimeField("after_since", &FollowQuery::after_since)
      .Field("after_id", &FollowQuery::after_id, "Empty: from the start.")
      .Field("limit", &FollowQuery::limit);
  Record<SessionQuery>(module, "SessionQuery",
                       "Sessions of a user that are not revoked: the first to expire first.")
      .Field("user", &SessionQuery::user)
      .TimeField("expires_after", &SessionQuery::expires_after, "Exclusive.")
      .Field("limit", &SessionQuery::limit);
  Record<ChannelQuery>(module, "ChannelQuery", "Rows of the log that go to one channel.")
      .Field("channel", &ChannelQuery::channel, "drop:ID, creator:ID, user:ID; empty: every row.")
      .Field("after_seq", &ChannelQuery::after_seq)
      .Field("until_seq", &ChannelQuery::until_seq, "Inclusive; 0: no limit.")
      .Field("limit", &ChannelQuery::limit)
      .Field("newest_first", &ChannelQuery::newest_first);
  Record<ProductFilter>(module, "ProductFilter", "Which products, page by page.")
      .Field("status", &ProductFilter::status, "A drop of the product has it.")
      .Field("creator", &ProductFilter::creator)
      .Field("page", &ProductFilter::page, "From 1.")
      .Field("limit", &ProductFilter::limit);
}

}  // namespace

void RegisterRows(py::module_& module) {
  RegisterLogRows(module);
  RegisterStateRows(module);
  RegisterCommit(module);
  RegisterQueries(module);
  module.def("status_at", &StatusAt, py::arg("row"), py::arg("now"),
             "A drop's status from its row at a time.");
  module.def(
      "event_of_order",
      [](const OwnedOrderRow& row, const DropId& drop) { return ToEvent(row.View(), drop.view()); },
      py::arg("row"), py::arg("drop"),
      "The creation of an order as readers of events see it; `drop` is the id of its drop.");
  module.def(
      "event_of", [](const EventRow& row) { return ToEvent(row); }, py::arg("row"),
      "Any other row. Whose user channel an order's event goes to, the storage must fill in.");
}

}  // namespace livedrops::python
