#include "server/realtime/protocol.h"

#include <limits>

#include "base/json_writer.h"
#include "livedrops/version.h"
#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

// A connect command names every server-side subscription: 101 of them, and some room.
constexpr JsonLimits kMessageLimits{.depth_max = 16, .string_bytes_max = 8192, .members_max = 256};

constexpr std::pair<std::string_view, Command::Method> kMethods[] = {
    {"connect", Command::Method::connect},
    {"subscribe", Command::Method::subscribe},
    {"unsubscribe", Command::Method::unsubscribe},
    {"refresh", Command::Method::refresh},
    {"sub_refresh", Command::Method::sub_refresh},
    {"ping", Command::Method::ping},
    {"send", Command::Method::send},
    {"publish", Command::Method::unavailable},
    {"presence", Command::Method::unavailable},
    {"presence_stats", Command::Method::unavailable},
    {"history", Command::Method::unavailable},
    {"rpc", Command::Method::unavailable},
};

// Each takes a member that may be absent, and is false when it is there with another type.
bool Take(const JsonValue& object, std::string_view name, std::string* out) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr || value->kind == JsonValue::Kind::null) return true;
  *out = value->text;
  return value->is_string();
}

bool Take(const JsonValue& object, std::string_view name, std::uint64_t* out) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return true;
  *out = static_cast<std::uint64_t>(value->integer);
  return value->kind == JsonValue::Kind::integer && value->integer >= 0;
}

bool Take(const JsonValue& object, std::string_view name, bool* out) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return true;
  *out = value->boolean;
  return value->kind == JsonValue::Kind::boolean;
}

bool TakePosition(const JsonValue& object, std::optional<Position>* out) {
  bool recover = false;
  Position position;
  const bool ok = Take(object, "recover", &recover) && Take(object, "epoch", &position.epoch) &&
                  Take(object, "offset", &position.offset);
  if (recover) *out = std::move(position);
  return ok;
}

bool TakeSubs(const JsonValue& connect, std::vector<Wanted>* out) {
  const JsonValue* subs = connect.Find("subs");
  if (subs == nullptr || subs->kind == JsonValue::Kind::null) return true;
  if (!subs->is_object()) return false;
  for (std::size_t i = 0; i < subs->items.size(); ++i) {
    Wanted& wanted = out->emplace_back(Wanted{subs->names[i], {}});
    if (!subs->items[i].is_object() || !TakePosition(subs->items[i], &wanted.since)) return false;
  }
  return true;
}

bool TakeBody(const JsonValue& body, Command* command) {
  switch (command->method) {
    case Command::Method::connect:
      return Take(body, "token", &command->token) && TakeSubs(body, &command->subs);
    case Command::Method::refresh:
      return Take(body, "token", &command->token) && !command->token.empty();
    case Command::Method::subscribe:
    case Command::Method::unsubscribe:
    case Command::Method::sub_refresh:
      return Take(body, "channel", &command->target.channel) && !command->target.channel.empty() &&
             TakePosition(body, &command->target.since);
    default:
      return true;
  }
}

bool ParseCommand(std::string_view line, Command* command) {
  JsonValue root;
  if (!ParseJson(line, kMessageLimits, &root).ok() || !root.is_object()) return false;
  if (root.items.empty()) return true;  // A pong.
  std::uint64_t id = 0;
  if (!Take(root, "id", &id) || id > std::numeric_limits<std::uint32_t>::max()) return false;
  command->id = static_cast<std::uint32_t>(id);
  for (const auto& [name, method] : kMethods) {
    const JsonValue* body = root.Find(name);
    if (body == nullptr) continue;
    command->method = method;
    if (id == 0 && method != Command::Method::send) return false;
    return body->is_object() && TakeBody(*body, command);
  }
  return false;
}

void Write(const PublicationText& publication, JsonWriter* json) {
  json->BeginObject().Name("data").Raw(publication.data);
  if (publication.offset != 0) json->Member("offset", publication.offset);
  json->EndObject();
}

void Write(const Subscribed& subscribed, JsonWriter* json) {
  json->BeginObject().Member("recoverable", true).Member("positioned", true);
  json->Member("epoch", std::string_view(subscribed.position.epoch));
  json->Member("offset", subscribed.position.offset);
  if (!subscribed.data.empty()) json->Name("data").Raw(subscribed.data);
  if (subscribed.was_recovering) {
    json->Member("was_recovering", true).Member("recovered", subscribed.recovered);
  }
  if (!subscribed.publications.empty()) {
    json->Name("publications").BeginArray();
    for (const PublicationText& missed : subscribed.publications) Write(missed, json);
    json->EndArray();
  }
  json->EndObject();
}

void WriteSession(std::string_view client, const Ttl& ttl, JsonWriter* json) {
  json->Member("client", client).Member("version", "livedrops " LIVEDROPS_VERSION);
  if (ttl) json->Member("expires", true).Member("ttl", *ttl);
}

// A reply: `body` writes what stands behind the method's name.
template <class Body>
std::string ReplyText(std::uint32_t id, std::string_view method, const Body& body) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Member("id", id).Name(method);
  body(&json);
  json.EndObject();
  return text;
}

// A push: `body` writes the members behind the channel's name.
template <class Body>
std::string PushText(std::string_view channel, const Body& body) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Name("push").BeginObject().Member("channel", channel);
  body(&json);
  json.EndObject().EndObject();
  return text;
}

}  // namespace

std::optional<std::vector<Command>> ParseCommands(std::string_view message) {
  std::vector<Command> commands;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    const std::string_view line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    if (line.empty()) continue;
    if (!ParseCommand(line, &commands.emplace_back())) return std::nullopt;
  }
  if (commands.empty()) return std::nullopt;
  return commands;
}

std::string ConnectReply(std::uint32_t id, const Connected& connected) {
  return ReplyText(id, "connect", [&](JsonWriter* json) {
    json->BeginObject();
    WriteSession(connected.client, connected.ttl, json);
    json->Member("ping", connected.ping_seconds).Member("pong", true);
    if (!connected.subs.empty()) {
      json->Name("subs").BeginObject();
      for (const auto& [channel, subscribed] : connected.subs) {
        json->Name(channel);
        Write(subscribed, json);
      }
      json->EndObject();
    }
    json->EndObject();
  });
}

std::string SubscribeReply(std::uint32_t id, const Subscribed& subscribed) {
  return ReplyText(id, "subscribe", [&](JsonWriter* json) { Write(subscribed, json); });
}

std::string RefreshReply(std::uint32_t id, std::string_view client, const Ttl& ttl) {
  return ReplyText(id, "refresh", [&](JsonWriter* json) {
    json->BeginObject();
    WriteSession(client, ttl, json);
    json->EndObject();
  });
}

std::string EmptyReply(std::uint32_t id, std::string_view method) {
  return ReplyText(id, method, [](JsonWriter* json) { json->BeginObject().EndObject(); });
}

std::string ErrorReply(std::uint32_t id, const ClientError& error) {
  return ReplyText(id, "error", [&](JsonWriter* json) {
    json->BeginObject().Member("code", error.code).Member("message", error.message);
    if (error.temporary) json->Member("temporary", true);
    json->EndObject();
  });
}

std::string PublicationPush(std::string_view channel, const PublicationText& publication) {
  return PushText(channel, [&](JsonWriter* json) {
    json->Name("pub");
    Write(publication, json);
  });
}

std::string SubscribePush(std::string_view channel, const Position& position) {
  Subscribed subscribed;
  subscribed.position = position;
  return PushText(channel, [&](JsonWriter* json) {
    json->Name("subscribe");
    Write(subscribed, json);
  });
}

std::string UnsubscribePush(std::string_view channel, const Disconnect& reason) {
  return PushText(channel, [&](JsonWriter* json) {
    json->Name("unsubscribe").BeginObject().Member("code", reason.code);
    json->Member("reason", reason.reason).EndObject();
  });
}

}  // namespace livedrops::server
