#include "server/realtime/hub.h"

#include <algorithm>

#include "base/assert.h"

namespace livedrops::server {

Subscription::Subscription(Hub* hub, Receiver* receiver, const std::string& channel)
    : hub_(*hub),
      receiver_(*receiver),
      channel_(hub->Join(channel, this)),
      after_(hub->seq()),
      held_(std::make_unique<Held>()) {}

Subscription::~Subscription() { hub_.Leave(channel_, this); }

void Subscription::Begin(std::uint64_t after) {
  LD_ASSERT(held_ != nullptr);
  after_ = after;
  const std::unique_ptr<Held> held = std::move(held_);
  for (const PublicationPtr& publication : held->publications) Hear(publication);
  if (held->ticker != nullptr) Hear(held->ticker);
}

void Subscription::Hear(const PublicationPtr& publication) {
  if (held_ == nullptr) {
    if (publication->seq() > after_) receiver_.Deliver(*publication);
  } else if (publication->ticker()) {
    held_->ticker = publication;
  } else {
    held_->publications.push_back(publication);
  }
}

void Hub::Publish(std::span<const PublicationPtr> publications, std::uint64_t seq,
                  const std::function<void(const Publication&, std::size_t)>& told) {
  for (const PublicationPtr& publication : publications) {
    const auto found = channels_.find(publication->channel());
    if (found == channels_.end()) continue;
    for (Subscription* member : found->second->members) member->Hear(publication);
    if (told) told(*publication, found->second->members.size());
  }
  seq_ = std::max(seq_, seq);
}

Channel* Hub::Join(const std::string& name, Subscription* member) {
  auto found = channels_.find(name);
  if (found == channels_.end()) {
    auto channel = std::make_unique<Channel>(Channel{name, {}});
    const std::string_view key = channel->name;
    found = channels_.emplace(key, std::move(channel)).first;
  }
  found->second->members.push_back(member);
  return found->second.get();
}

void Hub::Leave(Channel* channel, Subscription* member) {
  const auto place = std::ranges::find(channel->members, member);
  *place = channel->members.back();
  channel->members.pop_back();
  // By iterator: the key is a part of what is erased.
  if (channel->members.empty()) channels_.erase(channels_.find(channel->name));
}

}  // namespace livedrops::server
