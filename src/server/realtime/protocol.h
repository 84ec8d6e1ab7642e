// Centrifugo's JSON client protocol as text: commands that clients send, replies and pushes that
// they get. It knows neither connections nor channels.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "livedrops/notifications.h"
#include "server/realtime/codes.h"

namespace livedrops::server {

// A channel that a client wants, from where it stood.
struct Wanted {
  std::string channel;
  std::optional<Position> since;  // Absent: from now on.
};

struct Command {
  enum class Method : std::uint8_t {
    pong,  // {}: the answer to a ping.
    connect,
    subscribe,
    unsubscribe,
    refresh,
    sub_refresh,
    ping,
    send,         // Asks for no reply.
    unavailable,  // Known to the protocol, not to this server: publish, presence, history, rpc.
  };

  Method method = Method::pong;
  std::uint32_t id = 0;      // Replies carry it. 0 only for pong and send.
  std::string token;         // connect, refresh. Never logged.
  Wanted target;             // subscribe, unsubscribe, sub_refresh
  std::vector<Wanted> subs;  // connect: where its server-side subscriptions stood.
};

// The commands of one message, which are separated by line ends. Members that are not known are
// ignored, as the protocol wants. Nothing when the message does not follow the protocol.
std::optional<std::vector<Command>> ParseCommands(std::string_view message);

// A publication as text: its data is JSON. Offset 0: none, it is never recovered.
struct PublicationText {
  std::string data;
  std::uint64_t offset = 0;
};

// What a subscription begins with.
struct Subscribed {
  Position position;
  std::string data;  // JSON; empty: none.
  bool was_recovering = false;
  bool recovered = false;
  std::vector<PublicationText> publications;  // What was missed, oldest first.
};

// A token's remaining life, in seconds, told so that the client refreshes in time.
using Ttl = std::optional<std::uint32_t>;

struct Connected {
  std::string client;
  Ttl ttl;
  std::uint32_t ping_seconds = 25;
  std::vector<std::pair<std::string, Subscribed>> subs;
};

std::string ConnectReply(std::uint32_t id, const Connected& connected);
std::string SubscribeReply(std::uint32_t id, const Subscribed& subscribed);
std::string RefreshReply(std::uint32_t id, std::string_view client, const Ttl& ttl);
// {"id":3,"unsubscribe":{}}
std::string EmptyReply(std::uint32_t id, std::string_view method);
std::string ErrorReply(std::uint32_t id, const ClientError& error);

std::string PublicationPush(std::string_view channel, const PublicationText& publication);
std::string SubscribePush(std::string_view channel, const Position& position);
std::string UnsubscribePush(std::string_view channel, const Disconnect& reason);

}  // namespace livedrops::server
