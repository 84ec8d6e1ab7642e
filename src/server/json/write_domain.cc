#include "server/json/write_domain.h"

#include "base/event_json.h"
#include "base/form.h"
#include "base/hex.h"

namespace livedrops::server {
namespace {

// Writes the members that the client wants, and of texts and limits only those that are there.
class Members {
 public:
  Members(JsonWriter* json, const FieldFilter& fields) : json_(*json), fields_(fields) {
    json_.BeginObject();
  }
  ~Members() { json_.EndObject(); }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  template <class T>
  void Add(std::string_view name, const T& value) {
    if (Wanted(name)) json_.Member(name, value);
  }
  void AddText(std::string_view name, std::string_view value) {
    if (!value.empty()) Add(name, value);
  }
  void AddLimit(std::string_view name, std::int32_t value) {
    if (value != 0) Add(name, value);
  }
  void AddRaw(std::string_view name, std::string_view json) {
    if (!json.empty() && Wanted(name)) json_.Name(name).Raw(json);
  }

 private:
  bool Wanted(std::string_view name) const { return fields_.all() || fields_.Has(name); }

  JsonWriter& json_;
  const FieldFilter& fields_;
};

std::string_view TextOf(const OrderId& id, std::string* buffer) {
  buffer->resize(36);
  WriteUuid(id.bytes(), buffer->data());
  return *buffer;
}

}  // namespace

void Write(const Order& order, JsonWriter* json, const FieldFilter& fields) {
  Members members(json, fields);
  std::string id;
  members.Add("orderId", TextOf(order.id, &id));
  members.AddText("userId", order.user.view());
  members.Add("dropId", order.drop.view());
  members.Add("productId", order.product.view());
  members.Add("quantity", order.quantity);
  members.Add("amount", order.amount.minor_units);
  members.Add("currency", order.amount.currency.view());
  members.Add("status", ToString(order.status));
  members.Add("createdAt", order.created_at);
  if (order.expires_at) members.Add("expiresAt", *order.expires_at);
}

void Write(const Drop& drop, Time now, JsonWriter* json, const FieldFilter& fields) {
  Members members(json, fields);
  members.Add("dropId", drop.id.view());
  members.Add("creatorId", drop.creator.view());
  members.Add("prodId", drop.product.view());
  members.Add("price", drop.price.minor_units);
  members.Add("currency", drop.price.currency.view());
  members.Add("initStock", drop.init_stock);
  members.Add("currentStock", drop.current_stock);
  members.Add("lowStock", drop.low_stock);
  members.AddLimit("maxPerOrder", drop.max_per_order);
  members.AddLimit("maxPerUser", drop.max_per_user);
  members.Add("confirmation", ToString(drop.confirmation));
  members.Add("startTime", drop.start_time);
  members.Add("endTime", drop.end_time);
  members.Add("status", ToString(drop.status));
  members.Add("version", drop.version);
  members.Add("serverTime", now);
}

void Write(const Product& product, JsonWriter* json, const FieldFilter& fields,
           std::string_view drop, std::string_view creator) {
  Members members(json, fields);
  members.Add("prodId", product.id.view());
  members.Add("creatorId", product.creator.view());
  members.Add("name", product.name);
  members.Add("desc", product.description);
  members.Add("price", product.price.minor_units);
  members.Add("currency", product.price.currency.view());
  members.AddText("mediaUrl", product.media_url);
  members.Add("version", product.version);
  members.Add("createdAt", product.created_at);
  members.Add("updatedAt", product.updated_at);
  members.AddRaw("drop", drop);
  members.AddRaw("creator", creator);
}

void Write(const Event& event, JsonWriter* json) {
  json->BeginObject();
  WriteCommonMembers(event, json);
  const FormReader body(event.body);
  if (const auto quantity = body.Number("quantity")) json->Member("quantity", *quantity);
  if (event.balance) json->Member("currentStock", *event.balance);
  json->EndObject();
}

void WriteAudit(const Event& event, JsonWriter* json) {
  const FieldFilter all;
  Members members(json, all);
  members.Add("seq", event.seq);
  members.Add("action", ToString(event.type));
  members.Add("actor", event.actor);
  members.Add("subject", event.subject);
  members.Add("at", event.at);
  WriteSubjects(event, json);
  members.AddText("body", event.body);
  members.Add("hash", ToHex(event.hash));
}

std::string ToJson(const Order& order) {
  std::string text;
  text.reserve(320);
  JsonWriter json(&text);
  Write(order, &json);
  return text;
}

}  // namespace livedrops::server
