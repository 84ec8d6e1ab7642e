// Revocations: which sessions and accounts lost their tokens before these expired. Every server
// follows the log and applies its events, so a logout counts everywhere.
#pragma once

#include <atomic>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "livedrops/reply.h"
#include "server/auth/jwt.h"

namespace livedrops::server {

// An entry is kept until every token that it stops would have expired by itself. Tokens that live
// longer than that are asked about in the storage (TokenVerifier), not here.
// Threading: any thread.
class Revocations {
 public:
  // `keep`: the longest life of a token, with leeway.
  explicit Revocations(Duration keep) : keep_(keep) {}

  // sessionRevoked, accountDisabled, accountErased and accountEnabled count; others are ignored.
  void Apply(const Event& event);
  bool Stops(const Principal& principal) const;
  // Says since when Apply hears of every event. Tokens issued before may have been revoked unheard:
  // the storage is asked about them. Without this call: since ever.
  void FollowFrom(Time at) { followed_from_.store(at, std::memory_order_release); }
  Time followed_from() const { return followed_from_.load(std::memory_order_acquire); }

  // Takes out what is no longer needed. Call it now and then, for example once a minute.
  void Forget(Time now);

  Duration keep() const { return keep_; }
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  using Entries = std::unordered_map<std::string, Time>;

  const Duration keep_;
  mutable std::shared_mutex mutex_;
  Entries sessions_;
  Entries accounts_;
  std::atomic<Time> followed_from_{Time::min()};
  std::atomic<std::size_t> size_{0};  // Mostly 0, and then nobody takes the lock.
};

}  // namespace livedrops::server
