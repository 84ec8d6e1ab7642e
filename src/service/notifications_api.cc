// Notifications: channels and inboxes, read from the log.
#include <algorithm>

#include "base/cursor.h"
#include "core/validate.h"
#include "livedrops/notifications.h"
#include "livedrops/spi/order_port.h"
#include "livedrops/spi/storage.h"

namespace livedrops {
namespace {

// How far back a position can be recovered: whichever of the two reaches farther.
constexpr int kHistoryEvents = 1'000;
constexpr Duration kHistoryTime{24 * 3'600'000};
// The inbox shows the creators that a user followed last.
constexpr int kInboxCreators = 100;
constexpr int kUnreadMax = 1'000;  // Of one channel.

// What the channel of a drop carries; dropScheduled is news for the creator's channel only.
bool IsPublished(const std::string& channel, const Event& event) {
  return !channel.starts_with("drop:") || event.type != EventType::dropScheduled;
}

Status CheckChannel(const std::string& channel) {
  const std::size_t colon = channel.find(':');
  const std::string kind = channel.substr(0, colon);
  const bool known = kind == "drop" || kind == "creator" || kind == "user";
  if (colon == std::string::npos || !known) {
    return {StatusCode::kInvalidArgument, "unknown channel \"" + channel.substr(0, 80) + "\""};
  }
  return ValidateId("channel", std::string_view(channel).substr(colon + 1));
}

// A channel's part of an inbox.
struct InboxChannel {
  std::string name;
  Time since;  // What happened before the user followed is no news.

  // Adds what the query finds to `events`, newest first.
  Status Read(Storage& storage, ChannelQuery query, std::vector<Event>* events) const {
    query.channel = name;
    query.newest_first = true;
    std::vector<Event> found;
    Status read = storage.ReadChannel(query, &found);
    std::erase_if(found, [&](const Event& event) { return event.at < since; });
    std::ranges::move(found, std::back_inserter(*events));
    return read;
  }
};

Result<std::vector<InboxChannel>> InboxChannels(Storage& storage, const UserId& user) {
  FollowQuery follows;
  follows.user = user;
  follows.limit = kInboxCreators;
  FollowPage creators;
  if (Status read = storage.catalog().ListFollows(follows, &creators); !read.ok()) return read;
  std::vector<InboxChannel> channels = {{"user:" + user.str(), Time{}}};
  for (const FollowEntry& entry : creators.data) {
    channels.push_back({"creator:" + entry.creator.str(), entry.since});
  }
  return channels;
}

// 0 when the user has never marked anything as read.
Result<std::uint64_t> ReadUpTo(Storage& storage, const UserId& user) {
  const auto row = storage.catalog().GetUser(user);
  if (row.ok()) return row->read_up_to;
  if (row.status().code() != StatusCode::kNotFound) return row.status();
  return std::uint64_t{0};
}

// The channel's page in the history of this epoch.
Result<ChannelPage> ReadPage(ReadPort* reads, const std::string& channel,
                             const std::optional<Position>& since, const std::string& epoch) {
  Storage& storage = reads->storage();
  const auto head = storage.ReadHead();
  if (!head.ok()) return head.status();
  ChannelPage page;
  page.position = {epoch, head->seq};
  if (!since) return page;
  if (since->epoch != epoch || since->offset > head->seq) {
    page.recovered = false;
    return page;
  }
  ChannelQuery query;
  query.channel = channel;
  query.after_seq = since->offset;
  query.until_seq = head->seq;
  query.limit = kHistoryEvents + 1;
  query.newest_first = true;
  if (Status read = storage.ReadChannel(query, &page.events); !read.ok()) return read;
  if (page.events.size() > kHistoryEvents) {
    // More were missed than the history holds, unless they are all of the last day.
    page.events.resize(kHistoryEvents);
    page.recovered = false;
    if (page.events.back().at > reads->Now() - kHistoryTime) {
      query.newest_first = false;
      query.limit = 100 * kHistoryEvents;
      page.events.clear();
      if (Status read = storage.ReadChannel(query, &page.events); !read.ok()) return read;
      page.recovered = page.events.size() < static_cast<std::size_t>(query.limit) &&
                       page.events.front().at > reads->Now() - kHistoryTime;
      std::ranges::reverse(page.events);
    }
  }
  std::ranges::reverse(page.events);
  std::erase_if(page.events, [&](const Event& event) { return !IsPublished(channel, event); });
  return page;
}

}  // namespace

Result<std::vector<Event>> Notifications::Log(std::uint64_t after_seq, int limit) {
  if (limit < 1 || limit > 10'000) {
    return Status(StatusCode::kInvalidArgument,
                  "limit " + std::to_string(limit) + " is not in 1..10000");
  }
  ChannelQuery query;
  query.after_seq = after_seq;
  query.limit = limit;
  std::vector<Event> events;
  if (Status read = reads_->storage().ReadChannel(query, &events); !read.ok()) return read;
  return events;
}

Result<ChannelPage> Notifications::Channel(const std::string& channel,
                                           const std::optional<Position>& since) {
  if (Status valid = CheckChannel(channel); !valid.ok()) return valid;
  const std::string epoch = reads_->storage().info().epoch;
  Result<ChannelPage> page = ReadPage(reads_, channel, since, epoch);
  if (!page.ok() || reads_->storage().info().epoch == epoch) return page;
  return Status(StatusCode::kUnavailable, "another server has taken over just now: read again");
}

Result<Inbox> Notifications::Read(const UserId& user, const PageRequest& request) {
  if (Status valid = ValidateId("user", user); !valid.ok()) return valid;
  if (Status valid = ValidatePage(request); !valid.ok()) return valid;
  Storage& storage = reads_->storage();
  const std::string list = "inbox/" + user.str();
  std::uint64_t before = 0;
  if (!request.cursor.empty()) {
    const auto position = OpenCursor(storage.info().secret, list, request.cursor);
    if (!position.ok()) return position.status();
    before = std::stoull(*position);
  }
  const auto read_up_to = ReadUpTo(storage, user);
  if (!read_up_to.ok()) return read_up_to.status();
  const auto channels = InboxChannels(storage, user);
  if (!channels.ok()) return channels.status();
  Inbox inbox;
  std::vector<Event> events;
  for (const InboxChannel& channel : *channels) {
    ChannelQuery older;
    older.limit = request.limit + 1;
    if (before != 0) older.until_seq = before - 1;
    if (Status read = channel.Read(storage, older, &events); !read.ok()) return read;
    ChannelQuery newer;
    newer.limit = kUnreadMax;
    newer.after_seq = *read_up_to;
    std::vector<Event> unread;
    if (Status read = channel.Read(storage, newer, &unread); !read.ok()) return read;
    inbox.unread += std::ssize(unread);
  }
  std::ranges::sort(events, [](const Event& a, const Event& b) { return a.seq > b.seq; });
  const auto limit = static_cast<std::size_t>(request.limit);
  const bool more = events.size() > limit;
  if (more) events.resize(limit);
  for (Event& event : events) {
    inbox.data.push_back(
        {event.seq, event.type, event.at, event.seq <= *read_up_to, std::move(event)});
  }
  if (more) {
    const std::uint64_t last = inbox.data.back().id;
    inbox.next_cursor = SealCursor(storage.info().secret, list, std::to_string(last));
  }
  return inbox;
}

Reply Notifications::Mark(const MarkRead& mark) {
  const Request request(mark);
  const RequestRef ref{.order = nullptr, .other = &request};
  Reply reply;
  requests_->Execute({&ref, 1}, {&reply, 1});
  return reply;
}

}  // namespace livedrops
