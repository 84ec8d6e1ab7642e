#include "server/realtime/tickets.h"

#include "server/auth/base64url.h"
#include "server/auth/crypto.h"

namespace livedrops::server {

std::string Tickets::Issue(const Principal& principal, Time now) {
  std::string ticket = ToBase64Url(RandomBytes(32));
  const std::lock_guard lock(mutex_);
  Forget(now);
  entries_[ticket] = {principal, now + life_};
  return ticket;
}

std::optional<Principal> Tickets::Take(std::string_view ticket, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(std::string(ticket));
  if (found == entries_.end()) return std::nullopt;
  const Entry entry = std::move(found->second);
  entries_.erase(found);
  if (entry.expires_at <= now) return std::nullopt;
  return entry.principal;
}

// Once per life: each ticket is looked at twice at most.
void Tickets::Forget(Time now) {
  if (now < forgotten_at_ + life_) return;
  forgotten_at_ = now;
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.expires_at <= now; });
}

}  // namespace livedrops::server
