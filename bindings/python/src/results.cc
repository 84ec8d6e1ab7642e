// What commands answer and reads return (reply.h, products.h, follows.h, notifications.h,
// accounts.h, service.h).
#include "livedrops/service.h"
#include "module.h"
#include "record.h"

namespace livedrops::python {
namespace {

void RegisterOrder(py::module_& module) {
  Record<Order>(module, "Order", "An order as it stands. In a Reply: as its first answer said.")
      .Field("id", &Order::id, "A UUIDv7 that livedrops made.")
      .Field("user", &Order::user, "Empty in the rows of a batch.")
      .Field("drop", &Order::drop)
      .Field("product", &Order::product)
      .Field("key", &Order::key, "Idempotency key. Empty in the rows of a batch.")
      .Field("quantity", &Order::quantity, "Units it has now, or had last.")
      .MoneyField("amount", &Order::amount, "quantity x price, in minor units.")
      .Field("status", &Order::status)
      .TimeField("created_at", &Order::created_at)
      .TimeField("expires_at", &Order::expires_at, "When a hold ends; None when it is not held.")
      .Field("seq", &Order::seq, "Position of its creating row in the log.");
}

void RegisterDrop(py::module_& module) {
  Record<Drop>(module, "Drop",
               "A limited sale of one product.\n\n"
               "init_stock + adjust == current_stock + held + units confirmed, always.")
      .Field("id", &Drop::id)
      .Field("creator", &Drop::creator)
      .Field("product", &Drop::product)
      .MoneyField("price", &Drop::price, "Of a unit, in minor units; copied from the product.")
      .Field("init_stock", &Drop::init_stock)
      .Field("adjust", &Drop::adjust, "Sum of the restocks.")
      .Field("current_stock", &Drop::current_stock, "Units that can be ordered now.")
      .Field("held", &Drop::held, "Units in live holds.")
      .Field("low_stock", &Drop::low_stock)
      .Field("max_per_order", &Drop::max_per_order, "0: no limit.")
      .Field("max_per_user", &Drop::max_per_user, "0: no limit.")
      .Field("confirmation", &Drop::confirmation)
      .Field("hold_seconds", &Drop::hold_seconds)
      .TimeField("start_time", &Drop::start_time)
      .TimeField("end_time", &Drop::end_time, "Exclusive.")
      .Field("status", &Drop::status)
      .Field("version", &Drop::version, "Grows with every committed change, sales included.")
      .TimeField("created_at", &Drop::created_at);
}

void RegisterProduct(py::module_& module) {
  Record<Product>(module, "Product", "What a creator sells.")
      .Field("id", &Product::id)
      .Field("creator", &Product::creator)
      .Field("name", &Product::name)
      .Field("description", &Product::description)
      .MoneyField("price", &Product::price, "In minor units.")
      .Absentable("media_url", &Product::media_url)
      .Field("version", &Product::version)
      .TimeField("created_at", &Product::created_at)
      .TimeField("updated_at", &Product::updated_at);
}

void RegisterEvent(py::module_& module) {
  Record<Event>(module, "Event", "One row of the log.")
      .Field("seq", &Event::seq, "Its id, and its offset in every channel.")
      .Field("type", &Event::type)
      .Field("aggregate", &Event::aggregate, "drop:ID, creator:ID, user:ID or shop:SEQ.")
      .Field("aggregate_seq", &Event::aggregate_seq, "Its gapless position there.")
      .TimeField("at", &Event::at)
      .Field("actor", &Event::actor)
      .Field("subject", &Event::subject, "The order, drop, product or user it is about.")
      .Absentable("drop", &Event::drop)
      .Absentable("creator", &Event::creator)
      .Absentable("user", &Event::user)
      .Absentable("order", &Event::order)
      .Field("body", &Event::body, "The immutable facts, form-encoded: quantity=2&amount=3998.")
      .Field("delta", &Event::delta, "Change of the drop's stock.")
      .Field("balance", &Event::balance, "Stock after it; None when it is not concerned.")
      .Field("hash", &Event::hash, "SHA-256 of the row, chained.");
}

void RegisterReply(py::module_& module) {
  Record<Reply> record(module, "Reply", "The answer to a command. A failed call raises instead.");
  record.Field("outcome", &Reply::outcome)
      .Field("repeated", &Reply::repeated,
             "It is the answer of an earlier request; nothing was done now.")
      .Field("seq", &Reply::seq, "Log position of the change; 0 when nothing changed.")
      .Property(
          "order",
          [](const Reply& reply) {
            return reply.order.id.empty() ? std::nullopt : std::optional(reply.order);
          },
          [](Reply& reply, std::optional<Order> order) { reply.order = order.value_or(Order()); },
          "The order as its first answer said, or as a command on it left it.")
      .Field("remaining", &Reply::remaining, "SOLD_OUT, HELD_OUT: units in stock now.")
      .TimeField("retry_at", &Reply::retry_at,
                 "HELD_OUT: when the next hold ends. DROP_NOT_STARTED: when it starts.")
      .Property(
          "drop",
          [](const Reply& reply) { return reply.drop ? std::optional(*reply.drop) : std::nullopt; },
          [](Reply& reply, const std::optional<Drop>& drop) {
            reply.drop = drop ? std::make_shared<const Drop>(*drop) : nullptr;
          },
          "The drop after a command on it.")
      .Property(
          "product",
          [](const Reply& reply) {
            return reply.product ? std::optional(*reply.product) : std::nullopt;
          },
          [](Reply& reply, const std::optional<Product>& product) {
            reply.product = product ? std::make_shared<const Product>(*product) : nullptr;
          },
          "The product after a command on it.")
      .TimeField("since", &Reply::since, "Follow: since when the user follows.")
      .Absentable("id", &Reply::id, "Accounts, sessions: the id given or made.");
  record.python_class().def_property_readonly(
      "granted", [](const Reply& reply) { return Granted(reply.outcome); },
      "HELD or CONFIRMED: the units are the user's. Not true for REPEATED: see order.status.");
}

void RegisterFollows(py::module_& module) {
  Record<FollowEntry>(module, "FollowEntry", "That a user follows a creator.")
      .Field("creator", &FollowEntry::creator)
      .Field("user", &FollowEntry::user)
      .TimeField("since", &FollowEntry::since);
  Record<FollowPage>(module, "FollowPage", "A page of follows, newest first.")
      .Field("data", &FollowPage::data)
      .Absentable("next_cursor", &FollowPage::next_cursor)
      .Field("total", &FollowPage::total, "Of the whole list, exact.");
}

template <class T>
void RegisterPage(py::module_& module, const char* name) {
  Record<Page<T>>(module, name, "A page of a list. Without next_cursor it is the last one.")
      .Field("data", &Page<T>::data)
      .Absentable("next_cursor", &Page<T>::next_cursor, "Opaque; good for this list only.");
}

void RegisterNotifications(py::module_& module) {
  Record<Position>(module, "Position", "A place in a channel.")
      .Field("epoch", &Position::epoch, "Changes when a database is restored.")
      .Field("offset", &Position::offset);
  Record<ChannelPage>(module, "ChannelPage", "What happened in a channel since a position.")
      .Field("events", &ChannelPage::events, "Oldest first.")
      .Field("position", &ChannelPage::position, "Read on from here.")
      .Field("recovered", &ChannelPage::recovered, "True: nothing between was missed.");
  Record<Notification>(module, "Notification", "An event in a user's inbox.")
      .Field("id", &Notification::id)
      .Field("type", &Notification::type)
      .TimeField("created_at", &Notification::created_at)
      .Field("read", &Notification::read)
      .Field("event", &Notification::event);
  Record<Inbox>(module, "Inbox", "A page of a user's inbox, newest first.")
      .Field("data", &Inbox::data)
      .Absentable("next_cursor", &Inbox::next_cursor)
      .Field("unread", &Inbox::unread);
}

void RegisterAccounts(py::module_& module) {
  Record<Account>(module, "Account", "Who signs in. None of it is in the log.")
      .Field("id", &Account::id)
      .Field("role", &Account::role)
      .Field("name", &Account::name)
      .Field("email", &Account::email)
      .Field("password_hash", &Account::password_hash)
      .Field("bio", &Account::bio)
      .Field("birthday", &Account::birthday)
      .Field("disabled", &Account::disabled)
      .Field("erased", &Account::erased)
      .TimeField("created_at", &Account::created_at);
  Record<Session>(module, "Session", "A signed-in device.")
      .Field("id", &Session::id)
      .Field("user", &Session::user)
      .Field("token_hash", &Session::token_hash)
      .Field("previous_token_hash", &Session::previous_token_hash)
      .TimeField("rotated_at", &Session::rotated_at)
      .TimeField("expires_at", &Session::expires_at)
      .Field("revoked", &Session::revoked);
}

void RegisterStats(py::module_& module) {
  Record<ServiceStats>(module, "Stats", "Counters since the shop was opened.")
      .Field("commits", &ServiceStats::commits)
      .Field("rows_committed", &ServiceStats::rows_committed)
      .Field("requests", &ServiceStats::requests)
      .Field("granted", &ServiceStats::granted)
      .Field("refused", &ServiceStats::refused)
      .Field("fenced", &ServiceStats::fenced, "Another process wrote meanwhile.")
      .Field("commit_failures", &ServiceStats::commit_failures)
      .Field("unknown_outcomes", &ServiceStats::unknown_outcomes)
      .Field("queue_depth", &ServiceStats::queue_depth)
      .Field("queue_wait_us_sum", &ServiceStats::queue_wait_us_sum)
      .Field("commit_us_sum", &ServiceStats::commit_us_sum);
  Record<Head>(module, "Head", "How far a log reaches.")
      .Field("seq", &Head::seq)
      .Field("hash", &Head::hash);
}

}  // namespace

void RegisterResults(py::module_& module) {
  RegisterOrder(module);
  RegisterDrop(module);
  RegisterProduct(module);
  RegisterEvent(module);
  RegisterReply(module);
  RegisterFollows(module);
  RegisterPage<Order>(module, "OrderPage");
  RegisterPage<Drop>(module, "DropPage");
  RegisterPage<Event>(module, "EventPage");
  Record<ProductPage>(module, "ProductPage", "A page of products, newest first.")
      .Field("data", &ProductPage::data)
      .Field("total", &ProductPage::total, "Of all pages.");
  RegisterNotifications(module);
  RegisterAccounts(module);
  RegisterStats(module);
}

}  // namespace livedrops::python
