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
constexpr int kUnreadMax = 1'000;

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
  Storage& storage = reads_->storage();
  const auto head = storage.ReadHead();
  if (!head.ok()) return head.status();
  ChannelPage page;
  page.position = {storage.info().epoch, head->seq};
  if (!since) return page;
  if (since->epoch != storage.info().epoch || since->offset > head->seq) {
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
    if (page.events.back().at > reads_->Now() - kHistoryTime) {
      query.newest_first = false;
      query.limit = 100 * kHistoryEvents;
      page.events.clear();
      if (Status read = storage.ReadChannel(query, &page.events); !read.ok()) return read;
      page.recovered = page.events.size() < static_cast<std::size_t>(query.limit) &&
                       page.events.front().at > reads_->Now() - kHistoryTime;
      std::ranges::reverse(page.events);
    }
  }
  std::ranges::reverse(page.events);
  std::erase_if(page.events, [&](const Event& event) { return !IsPublished(channel, event); });
  return page;
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
  std::uint64_t read_up_to = 0;
  if (const auto row = storage.catalog().GetUser(user); row.ok()) {
    read_up_to = row->read_up_to;
  } else if (row.status().code() != StatusCode::kNotFound) {
    return row.status();
  }
  std::vector<Event> events;
  const auto collect = [&](const std::string& channel, Time since) {
    ChannelQuery query;
    query.channel = channel;
    query.limit = kUnreadMax;
    query.newest_first = true;
    std::vector<Event> found;
    Status read = storage.ReadChannel(query, &found);
    std::erase_if(found, [&](const Event& event) { return event.at < since; });
    events.insert(events.end(), found.begin(), found.end());
    return read;
  };
  if (Status read = collect("user:" + user.str(), Time{}); !read.ok()) return read;
  FollowQuery follows;
  follows.user = user;
  follows.limit = kInboxCreators;
  FollowPage creators;
  if (Status read = storage.catalog().ListFollows(follows, &creators); !read.ok()) return read;
  for (const FollowEntry& entry : creators.data) {
    if (Status read = collect("creator:" + entry.creator.str(), entry.since); !read.ok())
      return read;
  }
  std::ranges::sort(events, [](const Event& a, const Event& b) { return a.seq > b.seq; });
  Inbox inbox;
  for (Event& event : events) {
    if (event.seq > read_up_to) ++inbox.unread;
    if (before != 0 && event.seq >= before) continue;
    if (inbox.data.size() < static_cast<std::size_t>(request.limit)) {
      inbox.data.push_back({event.seq, event.type, event.at, event.seq <= read_up_to, event});
    } else if (inbox.next_cursor.empty()) {
      inbox.next_cursor =
          SealCursor(storage.info().secret, list, std::to_string(inbox.data.back().id));
    }
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
