// Loader: what subscribers need from the storage: missed events, drops, followed creators. It
// blocks, and so runs on threads of its own (WorkerPool), never on a loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "livedrops/service.h"
#include "server/realtime/protocol.h"

namespace livedrops::server {

struct LoadRequest {
  UserId following;  // Whose followed creators; empty: nobody's.
  std::vector<Wanted> channels;
};

struct LoadedChannel {
  Status status;          // not_found: there is no such drop.
  Subscribed subscribed;  // From `position` on it goes on live.
};

struct Loaded {
  Status status;
  std::uint64_t head = 0;               // Of the log, before `following` was read.
  std::vector<CreatorId> following;     // At most 100, followed last first.
  std::vector<LoadedChannel> channels;  // As asked for.
};

// Publications of one load, together. More would fill the receiver's queue at once and close it as
// slow, for ever again: such a position counts as too old.
constexpr std::size_t kRecoveredBytesMax = 512 << 10;

// Threading: any thread.
class Loader {
 public:
  // Both must outlive it.
  Loader(Service* service, Clock* clock) : service_(*service), clock_(*clock) {}

  Loaded Load(const LoadRequest& request);

 private:
  Status LoadFollowing(const UserId& user, std::vector<CreatorId>* creators);
  LoadedChannel LoadChannel(const Wanted& wanted, std::size_t* bytes_left);

  Service& service_;
  Clock& clock_;
};

}  // namespace livedrops::server
