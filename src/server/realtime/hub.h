// Hub: who subscribed to what on one loop. Everything here runs on that loop's thread, so the
// fan-out takes no lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/realtime/publication.h"

namespace livedrops::server {

class Hub;
class Subscription;

// Gets the publications of its subscriptions. It must not subscribe or unsubscribe meanwhile.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void Deliver(const Publication& publication) = 0;
};

// A channel that has subscribers on this loop.
struct Channel {
  std::string name;
  std::vector<Subscription*> members;
};

// One receiver's place in a channel: nothing is missed and nothing comes twice between what is read
// from the storage and what comes live. It begins by holding back what comes; Begin delivers what
// lies behind the position that was reached, and from then on everything goes through.
class Subscription {
 public:
  // Both must outlive it.
  Subscription(Hub* hub, Receiver* receiver, const std::string& channel);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  const std::string& channel() const { return channel_->name; }
  // How far the loop had followed the log when this was made: everything later will be heard.
  std::uint64_t joined_at() const { return after_; }
  void Begin(std::uint64_t after);
  void Hear(const PublicationPtr& publication);

 private:
  struct Held {
    std::vector<PublicationPtr> publications;
    PublicationPtr ticker;  // Of these only the last counts.
  };

  Hub& hub_;
  Receiver& receiver_;
  Channel* const channel_;
  std::uint64_t after_;
  std::unique_ptr<Held> held_;  // Null: begun.
};

class Hub {
 public:
  Hub() = default;
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Tells the subscribers. `seq`: how far the log is followed with these. `told` hears of each
  // publication that had subscribers, and of how many.
  void Publish(std::span<const PublicationPtr> publications, std::uint64_t seq,
               const std::function<void(const Publication&, std::size_t)>& told = {});
  // The log goes on at another place: that of another history.
  void GoOnFrom(std::uint64_t seq) { seq_ = seq; }
  std::uint64_t seq() const { return seq_; }
  std::size_t channels() const { return channels_.size(); }

 private:
  friend class Subscription;

  Channel* Join(const std::string& name, Subscription* member);
  void Leave(Channel* channel, Subscription* member);

  std::uint64_t seq_ = 0;
  // By the name inside the channel.
  std::unordered_map<std::string_view, std::unique_ptr<Channel>> channels_;
};

}  // namespace livedrops::server
