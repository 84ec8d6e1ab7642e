// Tickets: what a browser's EventSource can put into a URL instead of a token. One opens one
// stream.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/auth/jwt.h"

namespace livedrops::server {

// Threading: any thread.
class Tickets {
 public:
  explicit Tickets(Duration life) : life_(life) {}

  // 256 random bits as text.
  std::string Issue(const Principal& principal, Time now);
  // Whose ticket it is. It cannot be taken again.
  std::optional<Principal> Take(std::string_view ticket, Time now);

 private:
  struct Entry {
    Principal principal;
    Time expires_at;
  };

  void Forget(Time now);

  const Duration life_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  Time forgotten_at_;  // When the old ones were taken out last.
};

}  // namespace livedrops::server
