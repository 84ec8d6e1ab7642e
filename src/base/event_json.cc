#include "base/event_json.h"

#include <array>

#include "base/hex.h"

namespace livedrops {
namespace {

void AddIfGiven(std::string_view name, std::string_view text, JsonWriter* json) {
  if (!text.empty()) json->Member(name, text);
}

}  // namespace

void WriteSubjects(const Event& event, JsonWriter* json) {
  AddIfGiven("dropId", event.drop.view(), json);
  AddIfGiven("creatorId", event.creator.view(), json);
  if (!event.order.empty()) {
    std::array<char, 36> id;
    WriteUuid(event.order.bytes(), id.data());
    json->Member("orderId", std::string_view(id.data(), id.size()));
  }
  AddIfGiven("userId", event.user.view(), json);
}

void WriteCommonMembers(const Event& event, JsonWriter* json) {
  json->Member("type", ToString(event.type)).Member("eventId", event.seq);
  WriteSubjects(event, json);
  json->Member("at", event.at).Member("offset", event.seq);
}

void AppendEventJson(const Event& event, std::string_view epoch, std::string* out) {
  JsonWriter json(out);
  json.BeginObject();
  WriteCommonMembers(event, &json);
  json.Member("actor", std::string_view(event.actor));
  json.Member("subject", std::string_view(event.subject));
  if (event.delta != 0) json.Member("delta", event.delta);
  if (event.balance) json.Member("balance", *event.balance);
  AddIfGiven("body", event.body, &json);
  AddIfGiven("epoch", epoch, &json);
  json.EndObject();
}

}  // namespace livedrops
