// Routes of drops.
#include "server/gateway/caching.h"
#include "server/gateway/handlers.h"
#include "server/gateway/idempotency.h"
#include "server/gateway/order_page.h"
#include "server/gateway/query_reader.h"
#include "server/json/write_domain.h"

namespace livedrops::server {
namespace {

constexpr std::int64_t kHoldSecondsMin = 30;
constexpr std::int64_t kHoldSecondsMax = 3600;

std::optional<Confirmation> ParseConfirmation(std::string_view text) {
  if (text == "direct") return Confirmation::direct;
  if (text == "hold") return Confirmation::hold;
  return std::nullopt;
}

std::string ToJson(const Drop& drop, Time now, const FieldFilter& fields = {}) {
  std::string body;
  JsonWriter json(&body);
  Write(drop, now, &json, fields);
  return body;
}

void Answer(Context& context, const Reply& reply) {
  AnswerThing(context, 200, ToJson(*reply.drop, context.Now()), TagOf(*reply.drop), reply.repeated);
}

// The drop that the path names, if this principal may use it. Answers when not.
std::optional<Drop> OwnedDrop(Context& context) {
  const Result<Drop> drop = context.service().drops().Get(context.ParameterId<DropId>());
  if (!drop.ok()) {
    context.Refuse(drop.status(), ProblemCode::not_found);
    return std::nullopt;
  }
  if (const auto problem = context.CheckOwner(drop->creator.view())) {
    context.Refuse(*problem);
    return std::nullopt;
  }
  return *drop;
}

void Change(Context& context, DropAction action) {
  ChangeDrop change;
  ObjectReader body = context.OptionalBody();
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &change.key)) return context.Refuse(*problem);
  const std::optional<Drop> drop = OwnedDrop(context);
  if (!drop) return;
  change.id = drop->id;
  change.action = action;
  change.actor = context.subject();
  context.Submit(change, Answer);
}

void ReadCreation(ObjectReader* body, CreateDrop* create) {
  body->Optional("dropId", &create->id).Required("prodId", &create->product);
  body->Optional("creatorId", &create->creator);
  body->Optional("startTime", &create->start_time).Required("endTime", &create->end_time);
  body->Required("currentStock", &create->stock, std::int64_t{0}, kQuantityMax);
  body->Optional("lowStock", &create->low_stock, std::int64_t{0}, kQuantityMax);
  body->Optional("maxPerOrder", &create->max_per_order, std::int64_t{1}, kQuantityMax);
  body->Optional("maxPerUser", &create->max_per_user, std::int64_t{1}, kQuantityMax);
  body->Optional("confirmation", &create->confirmation, ParseConfirmation, "direct, hold");
  body->Optional("holdSeconds", &create->hold_seconds, kHoldSecondsMin, kHoldSecondsMax);
}

// Whether the drop may be this principal's: 404 without the product, 403 for another's.
std::optional<Problem> CheckProduct(const Context& context, CreateDrop* create) {
  const Result<Product> product = context.service().products().Get(create->product);
  if (!product.ok()) {
    Problem problem = ProblemOf(product.status());
    if (problem.code == ProblemCode::not_found) {
      // Deleted, it may be, since its creator made the drop by this key: the engine knows.
      if (!create->key.empty() && create->creator.empty()) {
        create->creator = CreatorId(context.subject().view());
        return std::nullopt;
      }
      problem.detail = "there is no such product";
    }
    return problem;
  }
  if (auto problem = context.CheckOwner(product->creator.view())) return problem;
  if (!create->creator.empty() && create->creator != product->creator) {
    Problem problem;
    problem.code = ProblemCode::forbidden;
    problem.detail = "the product is another creator's";
    return problem;
  }
  create->creator = product->creator;
  return std::nullopt;
}

// What the engine says of a window that cannot be, in the words of the body.
template <class Answer>
auto OrWindowRefused(const char* pointer, Answer answer) {
  return [pointer, answer = std::move(answer)](Context& self, const Reply& reply) {
    if (reply.status.code() == StatusCode::kInvalidArgument) {
      return self.Refuse(
          InvalidField(pointer, "endTime must be later than now and than startTime"));
    }
    if (const auto problem = ProblemOf(reply)) return self.Refuse(*problem);
    answer(self, reply);
  };
}

}  // namespace

void handle::create_drop(Context& context) {
  CreateDrop create;
  ObjectReader body = context.Body();
  ReadCreation(&body, &create);
  const bool repeatable = !create.id.empty() || context.request.Header("Idempotency-Key");
  if (create.end_time != Time() && create.start_time && create.end_time <= *create.start_time) {
    body.Refuse("endTime", "must be later than startTime");
  } else if (create.end_time != Time() && create.end_time <= context.Now() && !repeatable) {
    // What was created before may be over by now: then the engine tells.
    body.Refuse("endTime", "must be later than now");
  }
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &create.key)) return context.Refuse(*problem);
  if (const auto problem = CheckProduct(context, &create)) return context.Refuse(*problem);
  create.actor = context.subject();
  const bool with_id = !create.id.empty();
  const auto answer = [with_id](Context& self, const Reply& reply) {
    // Whoever repeats a creation by its key gets the same 201 again: the time of that moment.
    const Time now = with_id ? self.Now() : reply.drop->created_at;
    Response response(reply.repeated && with_id ? 200 : 201, "application/json",
                      ToJson(*reply.drop, now));
    self.tag = TagOf(*reply.drop);
    response.Set("Location", "/drops/" + reply.drop->id.str());
    if (reply.repeated) response.Set("Idempotent-Replayed", "true");
    self.Send(std::move(response));
  };
  context.SubmitAndHear(std::move(create), OrWindowRefused("/endTime", answer));
}

namespace {

// A page of the list, and everything that makes it another one.
struct WantedPage {
  DropFilter filter;
  FieldFilter fields;

  std::string Key() const {
    std::string key = "drops;" + filter.creator.str() + ";";
    if (filter.status) key += ToString(*filter.status);
    key += ";" + filter.page.cursor + ";" + std::to_string(filter.page.limit) + ";";
    return key + fields.ToString();
  }
};

Result<WrittenPage> WritePage(Context& context, const WantedPage& wanted) {
  const Result<Page<Drop>> page = context.service().drops().List(wanted.filter);
  if (!page.ok()) return page.status();
  const Time now = context.Now();
  std::string body;
  TagBuilder tag(now);
  tag.Add(wanted.Key());
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const Drop& drop : page->data) {
    Write(drop, now, &json, wanted.fields);
    tag.Add(drop);
  }
  json.EndArray();
  if (!page->next_cursor.empty()) json.Member("nextCursor", page->next_cursor);
  json.EndObject();
  return WrittenPage{std::make_shared<const std::string>(std::move(body)), tag.Take(),
                     tag.changes_at()};
}

void AnswerPage(Context& context, const WantedPage& wanted) {
  const auto page = context.shared.caches.GetPage(Caches::Kind::others, wanted.Key(),
                                                  [&]() { return WritePage(context, wanted); });
  if (!page.ok()) return context.Refuse(page.status(), ProblemCode::invalid_cursor);
  context.stale |= page->stale;
  const WrittenPage& written = *page->value;
  AnswerPublic(context, written.body, written.tag, CacheUntil(written.changes_at, context.Now()));
}

}  // namespace

void handle::drops(Context& context) {
  WantedPage wanted;
  auto& [filter, fields] = wanted;
  QueryReader query(context.request);
  query.Word("status", ParseDropStatus, &filter.status).Identifier("creatorId", &filter.creator);
  query.Page(&filter.page).Fields(kDropFields, kEssentialDropFields, &fields);
  if (const auto problem = query.Finish()) return context.Refuse(*problem);
  context.limit = {};  // Here: who waits too long is answered by the loop, which reads it.
  context.Read([wanted = std::move(wanted)](Context& self) { AnswerPage(self, wanted); });
}

void handle::drop(Context& context) {
  FieldFilter fields;
  QueryReader query(context.request);
  if (const auto problem = query.Fields(kDropFields, kEssentialDropFields, &fields).Finish()) {
    return context.Refuse(*problem);
  }
  const Result<Drop> drop = context.shared.caches.GetDrop(
      context.service(), context.ParameterId<DropId>(), &context.stale);
  if (!drop.ok()) return context.Refuse(drop.status());
  const Time now = context.Now();
  AnswerPublic(context, ToJson(*drop, now, fields), TagOf(*drop, fields.ToString()),
               CacheUntil(NextChangeOf(*drop, now), now));
}

void handle::update_drop(Context& context) {
  UpdateDrop update;
  ObjectReader body = context.Body();
  body.Optional("startTime", &update.start_time).Optional("endTime", &update.end_time);
  body.Optional("lowStock", &update.low_stock, std::int64_t{0}, kQuantityMax);
  body.Optional("maxPerOrder", &update.max_per_order, std::int64_t{1}, kQuantityMax);
  body.Optional("maxPerUser", &update.max_per_user, std::int64_t{1}, kQuantityMax);
  body.Optional("price", &update.price_minor_units, std::int64_t{0}, kMoneyMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &update.key)) return context.Refuse(*problem);
  const std::optional<Drop> drop = OwnedDrop(context);
  if (!drop) return;
  std::optional<Problem> problem;
  update.if_version = WantedVersionOf(context, drop->version, &problem);
  if (problem) return context.Refuse(*problem);
  update.id = drop->id;
  update.actor = context.subject();
  const char* const pointer = update.end_time ? "/endTime" : "/startTime";
  context.SubmitAndHear(std::move(update), OrWindowRefused(pointer, Answer));
}

void handle::start_drop(Context& context) { Change(context, DropAction::start); }
void handle::pause_drop(Context& context) { Change(context, DropAction::pause); }
void handle::resume_drop(Context& context) { Change(context, DropAction::resume); }
void handle::end_drop(Context& context) { Change(context, DropAction::end); }
void handle::cancel_drop(Context& context) { Change(context, DropAction::cancel); }

void handle::restock(Context& context) {
  Restock restock;
  restock.quantity = 1;  // Until it is read: 0 is what is refused below.
  ObjectReader body = context.Body();
  body.Required("quantity", &restock.quantity, -kQuantityMax, kQuantityMax);
  if (restock.quantity == 0) body.Refuse("quantity", "must not be 0");
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadNeededKey(context, {}, &restock.key)) {
    return context.Refuse(*problem);
  }
  const std::optional<Drop> drop = OwnedDrop(context);
  if (!drop) return;
  restock.id = drop->id;
  restock.actor = context.subject();
  context.Submit(std::move(restock), Answer);
}

void handle::drop_orders(Context& context) {
  OrderFilter filter;
  FieldFilter fields;
  QueryReader query(context.request);
  query.Word("status", ParseOrderStatus, &filter.status).Page(&filter.page);
  if (const auto problem = query.Fields(kOrderFields, &fields).Finish()) {
    return context.Refuse(*problem);
  }
  const std::optional<Drop> drop = OwnedDrop(context);
  if (!drop) return;
  context.Read([id = drop->id, filter, fields](Context& self) {
    const Result<Page<Order>> page = self.service().orders().OfDrop(id, filter);
    if (!page.ok()) return self.Refuse(page.status(), ProblemCode::invalid_cursor);
    self.SendJson(200, PageJson(*page, fields));
  });
}

}  // namespace livedrops::server
