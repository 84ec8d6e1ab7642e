// Routes of orders. The hot path of the server: one parse, one submission, one answer.
#include "server/gateway/handlers.h"
#include "server/gateway/idempotency.h"
#include "server/gateway/order_page.h"
#include "server/gateway/query_reader.h"
#include "server/json/write_domain.h"

namespace livedrops::server {
namespace {

constexpr std::int64_t kTtlSecondsMin = 30;
constexpr std::int64_t kTtlSecondsMax = 3600;

// Reads what the body says; `in_body` is its key.
std::optional<Problem> ReadOrder(const Context& context, PlaceOrder* order, Key* in_body) {
  ObjectReader body = context.Body();
  body.Required("dropId", &order->drop).Optional("userId", &order->user);
  body.Optional("productId", &order->product);
  body.Required("quantity", &order->quantity, std::int64_t{1}, kQuantityMax);
  body.Optional("idempotencyKey", in_body).Optional("deadline", &order->deadline);
  body.Optional("hold", &order->hold);
  body.Optional("ttlSeconds", &order->ttl_seconds, kTtlSecondsMin, kTtlSecondsMax);
  body.Optional("replaceHold", &order->replace_hold);
  const bool is_service = context.principal->role == Role::service;
  if (is_service && order->user.empty()) body.Refuse("userId", "is missing");
  return body.Finish();
}

// What only a host may say, and for whom one may order.
std::optional<Problem> CheckOrder(const Context& context, PlaceOrder* order) {
  if (order->user.empty()) order->user = context.subject();
  if (auto problem = context.CheckOwner(order->user.view())) return problem;
  const bool hosts_own = order->hold.has_value() || order->ttl_seconds.has_value();
  if (hosts_own && !context.is_service_or_admin()) {
    Problem problem;
    problem.code = ProblemCode::forbidden;
    problem.detail = "hold and ttlSeconds are for the host's service";
    return problem;
  }
  if (order->user != context.subject()) order->actor = context.subject();
  return std::nullopt;
}

void AnswerOrder(Context& context, const UserId& user, const Reply& reply) {
  Order order = reply.order;
  order.user = user;
  const bool replayed = reply.outcome == Outcome::repeated;
  Response response(201, "application/json", ToJson(order));
  response.Set("Location", "/orders/" + order.id.str());
  if (replayed) response.Set("Idempotent-Replayed", "true");
  context.Send(std::move(response));
}

// The server's own deadline passed, not the client's: it was too busy, and nothing was done.
bool RanOutOfTime(const Reply& reply, const std::optional<Time>& wanted, Time ours) {
  return reply.status.ok() && reply.outcome == Outcome::request_expired &&
         (!wanted || *wanted > ours);
}

// The order that the path names, if it is this principal's. Answers 404 for another's as for none.
std::optional<Order> OwnOrder(Context& context) {
  const auto id = OrderId::Parse(context.parameter);
  if (!id) {
    context.Refuse(ProblemCode::not_found);
    return std::nullopt;
  }
  const Result<Order> order = context.service().orders().Get(*id);
  if (!order.ok()) {
    context.Refuse(order.status(), ProblemCode::not_found);
    return std::nullopt;
  }
  if (const auto problem = context.CheckOwner(order->user.view())) {
    context.Refuse(*problem);
    return std::nullopt;
  }
  return *order;
}

// A change of an order that is answered with the order as it is afterwards.
template <class Change>
void SubmitChange(Context& context, Change change, const UserId& user) {
  change.actor = context.subject();
  context.Submit(std::move(change), [user](Context& self, const Reply& reply) {
    Order order = reply.order;
    order.user = user;
    self.SendJson(200, ToJson(order), reply.repeated);
  });
}

}  // namespace

void handle::place_order(Context& context) {
  PlaceOrder order;
  Key in_body;
  if (const auto problem = ReadOrder(context, &order, &in_body)) return context.Refuse(*problem);
  if (const auto problem = ReadNeededKey(context, in_body, &order.key)) {
    return context.Refuse(*problem);
  }
  if (const auto problem = CheckOrder(context, &order)) return context.Refuse(*problem);
  const std::optional<Time> wanted = order.deadline;
  const Time ours = context.Now() + Duration(context.shared.config.server.request_deadline_ms);
  order.deadline = wanted ? std::min(*wanted, ours) : ours;
  const UserId user = order.user;
  context.SubmitAndHear(std::move(order), [user, wanted, ours](Context& self, const Reply& reply) {
    if (RanOutOfTime(reply, wanted, ours)) return self.Refuse(self.Overloaded());
    if (const auto problem = ProblemOf(reply)) return self.Refuse(*problem);
    AnswerOrder(self, user, reply);
  });
}

void handle::confirm_order(Context& context) {
  ConfirmOrder confirm;
  ObjectReader body = context.OptionalBody();
  body.Optional("quantity", &confirm.quantity, std::int64_t{1}, kQuantityMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &confirm.key)) return context.Refuse(*problem);
  const std::optional<Order> order = OwnOrder(context);
  if (!order) return;
  confirm.order = order->id;
  SubmitChange(context, confirm, order->user);
}

void handle::extend_order(Context& context) {
  ExtendOrder extend;
  ObjectReader body = context.Body();
  body.Required("ttlSeconds", &extend.ttl_seconds, kTtlSecondsMin, kTtlSecondsMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &extend.key)) return context.Refuse(*problem);
  const std::optional<Order> order = OwnOrder(context);
  if (!order) return;
  extend.order = order->id;
  SubmitChange(context, extend, order->user);
}

void handle::cancel_order(Context& context) {
  CancelOrder cancel;
  ObjectReader body = context.OptionalBody();
  body.Optional("quantity", &cancel.quantity, std::int64_t{1}, kQuantityMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &cancel.key)) return context.Refuse(*problem);
  const std::optional<Order> order = OwnOrder(context);
  if (!order) return;
  const bool may = context.shared.config.orders.user_cancel || context.is_service_or_admin();
  if (order->status == OrderStatus::confirmed && !may) {
    return context.Refuse(ProblemCode::forbidden, "confirmed orders are cancelled by the shop");
  }
  cancel.order = order->id;
  // It may be confirmed by now: who decides is told, too.
  cancel.held_only = !may;
  SubmitChange(context, cancel, order->user);
}

void handle::order(Context& context) {
  FieldFilter fields;
  if (const auto problem = QueryReader(context.request).Fields(kOrderFields, &fields).Finish()) {
    return context.Refuse(*problem);
  }
  const std::optional<Order> order = OwnOrder(context);
  if (!order) return;
  std::string body;
  JsonWriter json(&body);
  Write(*order, &json, fields);
  context.SendJson(200, std::move(body));
}

// The token's own orders; a service or an admin may name whose.
void handle::orders(Context& context) {
  UserId user = context.subject();
  OrderFilter filter;
  FieldFilter fields;
  QueryReader query(context.request);
  query.Identifier("userId", &user).Word("status", ParseOrderStatus, &filter.status);
  query.Page(&filter.page).Fields(kOrderFields, &fields);
  if (const auto problem = query.Finish()) return context.Refuse(*problem);
  if (const auto problem = context.CheckOwner(user.view())) return context.Refuse(*problem);
  context.Read([user, filter, fields](Context& self) {
    const Result<Page<Order>> page = self.service().orders().OfUser(user, filter);
    if (!page.ok()) return self.Refuse(page.status(), ProblemCode::invalid_cursor);
    self.SendJson(200, PageJson(*page, fields));
  });
}

}  // namespace livedrops::server
