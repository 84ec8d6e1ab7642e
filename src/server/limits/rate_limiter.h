// RateLimiter: token buckets for any number of clients in a fixed amount of memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/siphash.h"

namespace livedrops::server {

// A point of the monotonic clock, in nanoseconds. Wall clocks jump; this one does not.
using MonotonicNs = std::int64_t;
MonotonicNs MonotonicNow();

// `count` requests per `period_s`, and `burst` at once. A count of 0 is no limit.
struct RatePolicy {
  std::string name;  // Told to clients: "orders".
  std::int64_t count = 0;
  std::int64_t period_s = 1;
  std::int64_t burst = 0;

  bool off() const { return count <= 0; }
  // What one request costs: so long a full bucket takes to win it back.
  std::int64_t interval_ns() const { return period_s * 1'000'000'000 / count; }
};

struct RateDecision {
  bool allowed = true;
  std::int64_t remaining = 0;      // Requests that would be allowed right now.
  std::int64_t retry_after_s = 0;  // Refused: when one will be allowed, at least 1.
  std::int64_t reset_s = 0;        // When the bucket is full again.
};

// The fields of draft-ietf-httpapi-ratelimit-headers-11. A bucket of `burst` that refills in w
// seconds is a quota of q per w.
// RateLimit-Policy: "orders";q=20;w=2
std::string PolicyField(const RatePolicy& policy);
// RateLimit: "orders";r=3;t=1
std::string LimitField(const RatePolicy& policy, const RateDecision& decision);

// A bucket is one number: the time when it is full again (GCRA). A full bucket needs no memory, so
// forgetting those costs nothing; the table has a fixed number of slots, eight of which a key may
// use. When all eight are in use, the new key takes the slot that is full soonest *with* what it
// owes: nobody wins tokens by driving others out, and the hash is keyed, so that nobody chooses
// whose slots he shares.
//
// Threading: any thread. Locking: one of 64 locks, held for some nanoseconds.
class RateLimiter {
 public:
  // 16 bytes per slot; rounded up to a power of two. 2^18 slots: 4 MiB.
  explicit RateLimiter(std::size_t slots = std::size_t{1} << 18);

  // Takes a token for (policy, key). A refused request takes none.
  RateDecision Take(const RatePolicy& policy, std::string_view key, MonotonicNs now);

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kLocks = 64;

  struct Slot {
    std::uint64_t tag = 0;
    MonotonicNs full_at = 0;
  };
  Slot& SlotOf(Slot* ways, std::uint64_t tag, MonotonicNs now);

  const SipKey sip_key_;
  std::vector<Slot> slots_;
  std::size_t set_mask_;
  std::unique_ptr<std::mutex[]> locks_;
};

}  // namespace livedrops::server
