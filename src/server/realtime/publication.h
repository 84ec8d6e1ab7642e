// Publications: what the log's events are to the subscribers of a channel. Made once per channel,
// encoded once at the first receiver's demand, shared by all of them on every loop.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "livedrops/reply.h"
#include "livedrops/server/websocket.h"
#include "server/realtime/protocol.h"

namespace livedrops::server {

// The channels that carry an event; the rules are the storage's (ChannelQuery in spi/storage.h) and
// Notifications::Channel's. A test compares them.
std::vector<std::string> ChannelsOf(const Event& event);

// Threading: any thread.
class Publication {
 public:
  Publication(std::string channel, std::shared_ptr<const Event> event)
      : channel_(std::move(channel)), event_(std::move(event)) {}
  // The stock of a drop as this event left it: stockChanged, which has no offset.
  static std::shared_ptr<const Publication> Ticker(std::shared_ptr<const Event> event);

  const std::string& channel() const { return channel_; }
  // The event's position in the log, also of a ticker.
  std::uint64_t seq() const { return event_->seq; }
  Time at() const { return event_->at; }
  // Only the latest counts: it may be dropped, and is never recovered.
  bool ticker() const { return ticker_; }

  // Data and offset.
  PublicationText Text() const;
  // {"push":{"channel":…,"pub":{…}}} as a WebSocket message.
  const Frame& frame() const;
  // As a Server-Sent Event.
  const Chunk& chunk(std::string_view epoch) const;

 private:
  const std::string channel_;
  const std::shared_ptr<const Event> event_;
  bool ticker_ = false;
  mutable std::once_flag frame_once_, chunk_once_;
  mutable std::optional<Frame> frame_;
  mutable std::optional<Chunk> chunk_;
};

using PublicationPtr = std::shared_ptr<const Publication>;

// An event as it is recovered.
PublicationText TextOf(const Event& event);
// "id: EPOCH:7\ndata: {…}\n\n"; without an offset no id, so that the client keeps the last one.
std::string ServerSentEvent(std::string_view epoch, const PublicationText& publication);

// Turns events into publications, and slows the stock's ticker down.
// Threading: one thread at a time.
class Publisher {
 public:
  using Tick = std::chrono::steady_clock::time_point;

  // In the order of the events.
  std::vector<PublicationPtr> Publish(std::span<const std::shared_ptr<const Event>> events);
  // The latest stock of each drop that changed and was not told for 100 ms.
  std::vector<PublicationPtr> Tickers(Tick now);

 private:
  struct Stock {
    std::shared_ptr<const Event> latest;  // Null: it was told.
    Tick told_at{};
  };
  std::unordered_map<std::string, Stock> stocks_;  // Those of the last seconds.
};

}  // namespace livedrops::server
