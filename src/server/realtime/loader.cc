#include "server/realtime/loader.h"

#include "base/json_writer.h"
#include "server/json/write_domain.h"
#include "server/realtime/publication.h"

namespace livedrops::server {
namespace {

constexpr std::string_view kDropPrefix = "drop:";
constexpr int kFollowedMax = 100;  // CONTRACT §5: the creators followed last.

// Nothing when they are more than the receiver can take at once.
std::optional<std::vector<PublicationText>> TextsOf(const std::vector<Event>& events,
                                                    std::size_t* bytes_left) {
  std::vector<PublicationText> texts;
  std::size_t left = *bytes_left;
  for (const Event& event : events) {
    texts.push_back(TextOf(event));
    if (texts.back().data.size() > left) return std::nullopt;
    left -= texts.back().data.size();
  }
  *bytes_left = left;
  return texts;
}

}  // namespace

Loaded Loader::Load(const LoadRequest& request) {
  Loaded loaded;
  if (!request.following.empty()) {
    const auto head = service_.audit().ReadHead();
    loaded.status = head.status();
    if (head.ok()) {
      loaded.head = head->seq;
      loaded.status = LoadFollowing(request.following, &loaded.following);
    }
  }
  std::size_t bytes_left = kRecoveredBytesMax;
  for (const Wanted& wanted : request.channels) {
    loaded.channels.push_back(LoadChannel(wanted, &bytes_left));
  }
  return loaded;
}

Status Loader::LoadFollowing(const UserId& user, std::vector<CreatorId>* creators) {
  PageRequest page;
  page.limit = kFollowedMax;
  const auto following = service_.follows().Following(user, page);
  if (!following.ok()) return following.status();
  for (const FollowEntry& entry : following->data) creators->push_back(entry.creator);
  return OkStatus();
}

LoadedChannel Loader::LoadChannel(const Wanted& wanted, std::size_t* bytes_left) {
  LoadedChannel loaded;
  auto page = service_.notifications().Channel(wanted.channel, wanted.since);
  loaded.status = page.status();
  if (!page.ok()) return loaded;
  Subscribed& subscribed = loaded.subscribed;
  subscribed.position = page->position;
  subscribed.was_recovering = wanted.since.has_value();
  if (wanted.since && page->recovered) {
    auto texts = TextsOf(page->events, bytes_left);
    subscribed.recovered = texts.has_value();
    if (texts) subscribed.publications = std::move(*texts);
  }
  // After the events, so that it is not older than they are.
  if (wanted.channel.starts_with(kDropPrefix)) {
    const DropId id(std::string_view(wanted.channel).substr(kDropPrefix.size()));
    const auto drop = service_.drops().Get(id);
    loaded.status = drop.status();
    if (!drop.ok()) return loaded;
    JsonWriter json(&subscribed.data);
    Write(*drop, clock_.Now(), &json);
  }
  return loaded;
}

}  // namespace livedrops::server
