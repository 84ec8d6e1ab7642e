// Routes of notifications and of the audit.
#include "server/gateway/handlers.h"
#include "server/gateway/query_reader.h"
#include "server/json/write_domain.h"

namespace livedrops::server {
namespace {

// A sentence for people who read no event types. English only: a client that wants another language
// has the type and the event.
std::string_view MessageOf(EventType type) {
  switch (type) {
    case EventType::productCreated:
      return "A new product";
    case EventType::productUpdated:
      return "A product was changed";
    case EventType::productDeleted:
      return "A product is no longer offered";
    case EventType::dropScheduled:
      return "A drop was announced";
    case EventType::dropStart:
      return "A drop has started";
    case EventType::dropPaused:
      return "A drop is paused";
    case EventType::dropResumed:
      return "A drop goes on";
    case EventType::dropUpdated:
      return "A drop was changed";
    case EventType::dropEnd:
      return "A drop is over";
    case EventType::dropCancelled:
      return "A drop was cancelled";
    case EventType::restocked:
      return "A drop was restocked";
    case EventType::lowStock:
      return "Only a few are left";
    case EventType::soldOut:
      return "A drop is sold out";
    case EventType::orderHeld:
      return "Your order is held until it is paid";
    case EventType::orderConfirmed:
      return "Your order is confirmed";
    case EventType::orderExtended:
      return "Your order is held for longer";
    case EventType::orderCancelled:
      return "Your order was cancelled";
    case EventType::orderExpired:
      return "Your held order has expired";
    case EventType::refundDue:
      return "Your payment came too late and will be returned";
    default:
      return "Something changed";
  }
}

// A hundred channels are read.
void AnswerInbox(Context& context, const PageRequest& request) {
  const Result<Inbox> inbox = context.service().notifications().Read(context.subject(), request);
  if (!inbox.ok()) return context.Refuse(inbox.status(), ProblemCode::invalid_cursor);
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const Notification& notification : inbox->data) {
    json.BeginObject().Member("id", notification.id);
    json.Member("type", ToString(notification.type));
    json.Member("message", MessageOf(notification.type));
    json.Member("createdAt", notification.created_at).Member("read", notification.read);
    json.Name("event");
    Write(notification.event, &json);
    json.EndObject();
  }
  json.EndArray().Member("unread", inbox->unread);
  if (!inbox->next_cursor.empty()) json.Member("nextCursor", inbox->next_cursor);
  json.EndObject();
  context.SendJson(200, std::move(body));
}

// The log is searched.
void AnswerAudit(Context& context, const AuditFilter& filter) {
  const Result<Page<Event>> page = context.service().audit().List(filter);
  if (!page.ok()) return context.Refuse(page.status(), ProblemCode::invalid_cursor);
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const Event& event : page->data) WriteAudit(event, &json);
  json.EndArray();
  if (!page->next_cursor.empty()) json.Member("nextCursor", page->next_cursor);
  json.EndObject();
  context.SendJson(200, std::move(body));
}

}  // namespace

void handle::notifications(Context& context) {
  PageRequest request;
  if (const auto problem = QueryReader(context.request).Page(&request).Finish()) {
    return context.Refuse(*problem);
  }
  context.Read([request](Context& self) { AnswerInbox(self, request); });
}

void handle::read_notifications(Context& context) {
  MarkRead mark;
  ObjectReader body = context.Body();
  body.Required("upTo", &mark.up_to, std::int64_t{0}, kMoneyMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  mark.user = context.subject();
  context.Submit(mark, [](Context& self, const Reply&) { self.Send(Response(204)); });
}

void handle::audit(Context& context) {
  AuditFilter filter;
  QueryReader query(context.request);
  query.Text("actor", &filter.actor).Word("action", ParseEventType, &filter.action);
  query.Text("subject", &filter.subject).Moment("from", &filter.from).Moment("to", &filter.to);
  if (const auto problem = query.Page(&filter.page).Finish()) return context.Refuse(*problem);
  context.Read([filter](Context& self) { AnswerAudit(self, filter); });
}

}  // namespace livedrops::server
