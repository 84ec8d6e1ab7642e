#include "server/realtime/log_follower.h"

namespace livedrops::server {
namespace {

constexpr int kEventsMax = 1000;  // Of one reading: some 300 KiB.

}  // namespace

LogFollower::LogFollower(Service* service, std::chrono::milliseconds interval, Callbacks callbacks)
    : service_(*service), interval_(interval), callbacks_(std::move(callbacks)) {}

LogFollower::~LogFollower() { Stop(); }

void LogFollower::Start(std::uint64_t seq) {
  seq_ = seq;
  thread_ = std::thread([this] { Run(); });
}

void LogFollower::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LogFollower::Run() {
  while (WaitForTurn()) {
    while (callbacks_.ready() && ReadOnce()) {
    }
    callbacks_.on_turn();
  }
}

bool LogFollower::WaitForTurn() {
  std::unique_lock lock(mutex_);
  return !stop_changed_.wait_for(lock, interval_, [this] { return stopping_; });
}

// The head is asked first: that is cheap, and mostly nothing is new.
bool LogFollower::ReadOnce() {
  const auto head = service_.audit().ReadHead();
  if (head.ok() && head->seq <= seq_) return false;
  auto found = head.ok() ? service_.notifications().Log(seq_, kEventsMax)
                         : Result<std::vector<Event>>(head.status());
  if (!found.ok()) {
    callbacks_.on_error(found.status());
    return false;
  }
  if (found->empty()) return false;
  Events events;
  events.reserve(found->size());
  for (Event& event : *found) events.push_back(std::make_shared<const Event>(std::move(event)));
  seq_ = events.back()->seq;
  const bool more = events.size() == kEventsMax;
  callbacks_.on_events(std::move(events), seq_);
  return more;
}

}  // namespace livedrops::server
