#include "server/auth/revocations.h"

#include <mutex>

namespace livedrops::server {

void Revocations::Apply(const Event& event) {
  const std::unique_lock lock(mutex_);
  switch (event.type) {
    case EventType::sessionRevoked:
      sessions_[event.subject] = event.at;
      break;
    case EventType::accountDisabled:
    case EventType::accountErased:
      accounts_[event.subject] = event.at;
      break;
    case EventType::accountEnabled:
      accounts_.erase(event.subject);
      break;
    default:
      break;
  }
  size_.store(sessions_.size() + accounts_.size(), std::memory_order_release);
}

bool Revocations::Stops(const Principal& principal) const {
  if (size_.load(std::memory_order_acquire) == 0) return false;
  const std::shared_lock lock(mutex_);
  return sessions_.contains(principal.session.str()) || accounts_.contains(principal.subject.str());
}

void Revocations::Forget(Time now) {
  const std::unique_lock lock(mutex_);
  const auto past = [&](const Entries::value_type& entry) { return entry.second + keep_ < now; };
  std::erase_if(sessions_, past);
  std::erase_if(accounts_, past);
  size_.store(sessions_.size() + accounts_.size(), std::memory_order_release);
}

}  // namespace livedrops::server
