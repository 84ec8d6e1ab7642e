// Routes of products.
#include <limits>

#include "server/gateway/caching.h"
#include "server/gateway/creators.h"
#include "server/gateway/handlers.h"
#include "server/gateway/idempotency.h"
#include "server/gateway/negotiation.h"
#include "server/gateway/query_reader.h"
#include "server/json/write_domain.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kNameMax = 200;
constexpr std::size_t kTextMax = 4000;
// Packing more than that, 1 ms of work, is nothing for a loop. A page may have 1.6 MB.
constexpr std::size_t kBodyPackedHere = 64 * 1024;

// How a product is wanted: fields=, view=, include=drop,creator.
struct Shape {
  FieldFilter fields;
  FieldFilter drop_fields;
  bool drop = false;
  bool creator = false;

  bool plain() const { return fields.all() && !drop && !creator; }
  std::string ToString() const {
    return fields.ToString() + ";" + (drop ? drop_fields.ToString() + ";drop" : "") +
           (creator ? ";creator" : "");
  }
};

void ReadShape(const Context& context, QueryReader* query, Shape* shape) {
  query->Fields(kProductFields, kEssentialProductFields, &shape->fields);
  if (context.request.Query("view") == "essential") {
    shape->drop_fields = FieldFilter::Of(kEssentialDropFields);
  }
  const auto value = context.request.Query("include");
  std::string_view rest = value.value_or("");
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (name == "drop") {
      shape->drop = true;
    } else if (name == "creator") {
      shape->creator = true;
    } else {
      query->Refuse("include", "must be of drop, creator");
      return;
    }
  }
}

// One product as JSON, with what was asked to be included. What it shows goes into `tag`.
Status WriteProduct(Context& context, const Product& product, const Shape& shape, JsonWriter* json,
                    TagBuilder* tag) {
  Caches& caches = context.shared.caches;
  std::string drop_json;
  std::string creator_json;
  tag->Add(product);
  if (shape.drop) {
    const Result<std::optional<Drop>> drop =
        caches.GetDropOf(context.service(), product, &context.stale);
    if (!drop.ok()) return drop.status();
    if (*drop) {
      JsonWriter inner(&drop_json);
      Write(**drop, context.Now(), &inner, shape.drop_fields);
      tag->Add(**drop);
    }
  }
  if (shape.creator) {
    const Result<CreatorCard> creator =
        caches.GetCreator(context.service(), product.creator, &context.stale);
    if (!creator.ok() && creator.status().code() != StatusCode::kNotFound) return creator.status();
    if (creator.ok()) creator_json = ToJson(product.creator, *creator);
    tag->Add(creator_json);
  }
  Write(product, json, shape.fields, drop_json, creator_json);
  return OkStatus();
}

std::string ToJson(const Product& product) {
  std::string body;
  JsonWriter json(&body);
  Write(product, &json);
  return body;
}

// The product that the path names, if this principal may change it. Answers when not.
std::optional<Product> OwnedProduct(Context& context) {
  const Result<Product> product =
      context.service().products().Get(context.ParameterId<ProductId>());
  if (!product.ok()) {
    context.Refuse(product.status(), ProblemCode::not_found);
    return std::nullopt;
  }
  if (const auto problem = context.CheckOwner(product->creator.view())) {
    context.Refuse(*problem);
    return std::nullopt;
  }
  return *product;
}

// If-Match and Idempotency-Key of a change. Answers when one of them is wrong.
template <class Change>
bool ReadConditions(Context& context, std::uint64_t version, Change* change) {
  std::optional<Problem> problem = ReadKey(context, &change->key);
  if (!problem) change->if_version = WantedVersionOf(context, version, &problem);
  if (problem) context.Refuse(*problem);
  return !problem;
}

}  // namespace

void handle::create_product(Context& context) {
  CreateProduct create;
  create.price.currency = context.shared.currency;
  ObjectReader body = context.Body();
  body.Optional("prodId", &create.id);
  body.Required("name", &create.name, std::size_t{1}, kNameMax);
  body.Required("desc", &create.description, std::size_t{0}, kTextMax);
  body.Required("price", &create.price.minor_units, std::int64_t{0}, kMoneyMax);
  body.Optional("currency", &create.price.currency);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (const auto problem = ReadKey(context, &create.key)) return context.Refuse(*problem);
  create.creator = CreatorId(context.subject().view());
  const bool with_id = !create.id.empty();
  context.Submit(std::move(create), [with_id](Context& self, const Reply& reply) {
    Response response(reply.repeated && with_id ? 200 : 201, "application/json",
                      ToJson(*reply.product));
    self.tag = TagOf(*reply.product);
    response.Set("Location", "/products/" + reply.product->id.str());
    if (reply.repeated) response.Set("Idempotent-Replayed", "true");
    self.Send(std::move(response));
  });
}

namespace {

// A page of the list, and everything that makes it another one.
struct WantedPage {
  ProductFilter filter;
  Shape shape;

  // What products alone decide is forgotten when one of them changes.
  Caches::Kind kind() const {
    const bool of_products = !shape.drop && !shape.creator && !filter.status;
    return of_products ? Caches::Kind::products : Caches::Kind::others;
  }
  std::string Key() const {
    std::string key = filter.creator.str() + ";";
    if (filter.status) key += ToString(*filter.status);
    key += ";" + std::to_string(filter.page) + ";" + std::to_string(filter.limit) + ";";
    return key + shape.ToString();
  }
};

Result<WrittenPage> WritePage(Context& context, const WantedPage& wanted) {
  const auto& [filter, shape] = wanted;
  const Result<ProductPage> page = context.service().products().List(filter);
  if (!page.ok()) return page.status();
  std::string body;
  TagBuilder tag(context.Now());
  tag.Add(wanted.Key());
  tag.Add(std::to_string(page->total));
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const Product& product : page->data) {
    const Status written = WriteProduct(context, product, shape, &json, &tag);
    if (!written.ok()) return written;
  }
  json.EndArray().Member("page", filter.page).Member("limit", filter.limit);
  json.Member("total", page->total);
  json.Member("totalPages", (page->total + filter.limit - 1) / filter.limit).EndObject();
  return WrittenPage{std::make_shared<const std::string>(std::move(body)), tag.Take(),
                     tag.changes_at()};
}

void AnswerPage(Context& context, const WantedPage& wanted) {
  const auto page = context.shared.caches.GetPage(wanted.kind(), wanted.Key(),
                                                  [&]() { return WritePage(context, wanted); });
  if (!page.ok()) return context.Refuse(page.status());
  context.stale |= page->stale;
  const WrittenPage& written = *page->value;
  AnswerPublic(context, written.body, written.tag,
               wanted.kind() == Caches::Kind::products
                   ? kCacheProduct
                   : CacheUntil(written.changes_at, context.Now()));
}

}  // namespace

void handle::products(Context& context) {
  WantedPage wanted;
  auto& [filter, shape] = wanted;
  QueryReader query(context.request);
  query.Word("status", ParseDropStatus, &filter.status).Identifier("creatorId", &filter.creator);
  query.Integer("page", 1, std::numeric_limits<int>::max(), &filter.page);
  query.Integer("limit", 1, 100, &filter.limit);
  ReadShape(context, &query, &shape);
  if (const auto problem = query.Finish()) return context.Refuse(*problem);
  if (wanted.kind() == Caches::Kind::products) {
    const auto page = context.shared.caches.FreshPage(wanted.Key());
    if (page != nullptr && page->body->size() <= kBodyPackedHere) {
      return AnswerPublic(context, page->body, page->tag, kCacheProduct);
    }
  }
  context.limit = {};  // Here: who waits too long is answered by the loop, which reads it.
  context.Read([wanted = std::move(wanted)](Context& self) { AnswerPage(self, wanted); });
}

void handle::product(Context& context) {
  Shape shape;
  QueryReader query(context.request);
  ReadShape(context, &query, &shape);
  if (const auto problem = query.Finish()) return context.Refuse(*problem);
  const Result<Product> product = context.shared.caches.GetProduct(
      context.service(), context.ParameterId<ProductId>(), &context.stale);
  if (!product.ok()) return context.Refuse(product.status(), ProblemCode::not_found);
  std::string body;
  TagBuilder form(context.Now());
  JsonWriter json(&body);
  const Status written = WriteProduct(context, *product, shape, &json, &form);
  if (!written.ok()) return context.Refuse(written);
  form.Add(shape.drop_fields.ToString());
  AnswerPublic(context, std::move(body),
               TagOf(*product, shape.plain() ? "" : shape.fields.ToString() + form.Take()),
               shape.drop ? CacheUntil(form.changes_at(), context.Now()) : kCacheProduct);
}

void handle::update_product(Context& context) {
  UpdateProduct update;
  std::optional<std::int64_t> price;
  std::optional<Currency> currency;
  ObjectReader body = context.Body();
  body.Optional("name", &update.name, std::size_t{1}, kNameMax);
  body.Optional("desc", &update.description, std::size_t{0}, kTextMax);
  body.Optional("price", &price, std::int64_t{0}, kMoneyMax).Optional("currency", &currency);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  const std::optional<Product> product = OwnedProduct(context);
  if (!product || !ReadConditions(context, product->version, &update)) return;
  if (price || currency) {
    update.price = Money{price.value_or(product->price.minor_units),
                         currency.value_or(product->price.currency)};
  }
  update.id = product->id;
  update.actor = context.subject();
  context.Submit(std::move(update), [](Context& self, const Reply& reply) {
    AnswerThing(self, 200, ToJson(*reply.product), TagOf(*reply.product), reply.repeated);
  });
}

void handle::delete_product(Context& context) {
  const std::optional<Product> product = OwnedProduct(context);
  DeleteProduct del;
  if (!product || !ReadConditions(context, product->version, &del)) return;
  del.id = product->id;
  del.actor = context.subject();
  context.Submit(std::move(del), [id = product->id](Context& self, const Reply&) {
    self.shared.caches.ProductGone(id);
    self.Send(Response(204));
  });
}

void handle::put_media(Context& context) {
  const std::optional<std::string_view> type = PictureType(context.request.body());
  if (!type || MediaType(context.request.Header("Content-Type").value_or("")) != *type) {
    return context.Refuse(ProblemCode::unsupported_media_type,
                          "the content is no picture of the type that was named");
  }
  UpdateProduct update;
  const std::optional<Product> product = OwnedProduct(context);
  if (!product || !ReadConditions(context, product->version, &update)) return;
  update.id = product->id;
  update.actor = context.subject();
  context.RunOn(context.shared.background, [update](Context& self) mutable {
    const Result<std::string> name = self.shared.media.Put(self.request.body());
    if (!name.ok()) {
      self.shared.log.Say(LogLevel::error, "media: " + name.status().ToString());
      return self.Refuse(ProblemCode::unavailable);
    }
    update.media_url = "/media/" + *name;
    self.Submit(std::move(update), [](Context& done, const Reply& reply) {
      AnswerThing(done, 200, ToJson(*reply.product), TagOf(*reply.product), reply.repeated);
    });
  });
}

}  // namespace livedrops::server
