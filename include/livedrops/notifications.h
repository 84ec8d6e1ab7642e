// Notifications: the event log, channels with positions, and each user's inbox.
#pragma once

#include "livedrops/reply.h"

namespace livedrops {

class RequestPort;
class ReadPort;

// A position in a channel. Offsets strictly increase in a channel, need not be contiguous, and are
// the same in every process and after a restart. An epoch belongs to one database: positions of
// another one are not recovered.
struct Position {
  std::string epoch;
  std::uint64_t offset = 0;
};

struct ChannelPage {
  std::vector<Event> events;  // Oldest first.
  Position position;          // Read on from here.
  // True when nothing between the position asked for and `events` was missed. False: the position
  // is unknown, of another epoch, in the future, or older than 1,000 publications and 24 h.
  bool recovered = true;
};

struct Notification {
  std::uint64_t id = 0;  // The event's seq.
  EventType type = EventType::recovered;
  Time created_at;
  bool read = false;
  Event event;
};

struct Inbox {
  std::vector<Notification> data;  // Newest first.
  std::string next_cursor;
  std::int64_t unread = 0;  // Counts at most 1,000 of a channel.
};

// Marks everything up to `up_to` as read. The mark never goes back.
struct MarkRead {
  UserId user;
  std::uint64_t up_to = 0;
};

// Threading, Errors: as Orders (orders.h).
class Notifications {
 public:
  Notifications(RequestPort* requests, ReadPort* reads) : requests_(requests), reads_(reads) {}

  // The log after `after_seq`, oldest first, at most `limit` (1 to 10,000) events. A reader that
  // keeps the last seq it saw can skip none: commits are ordered by the log itself.
  Result<std::vector<Event>> Log(std::uint64_t after_seq, int limit = 1000);

  // "drop:ID", "creator:ID" or "user:ID". Without `since`: only the present position.
  Result<ChannelPage> Channel(const std::string& channel, const std::optional<Position>& since);

  // The user's own events merged with those of the 100 creators he followed last, since he did.
  Result<Inbox> Read(const UserId& user, const PageRequest& page = {});
  Reply Mark(const MarkRead& mark);

 private:
  RequestPort* requests_;
  ReadPort* reads_;
};

}  // namespace livedrops
