#include "server/limits/rate_limiter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "server/auth/crypto.h"

namespace livedrops::server {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::int64_t CeilSeconds(std::int64_t ns) { return (ns + kSecondNs - 1) / kSecondNs; }

SipKey RandomSipKey() {
  SipKey key;
  const std::string bytes = RandomBytes(sizeof key);
  std::memcpy(&key, bytes.data(), sizeof key);
  return key;
}

// A client that looks at `burst` alone must not see more tokens than that.
RateDecision Describe(const RatePolicy& policy, std::int64_t debt_ns, bool allowed) {
  const std::int64_t interval = policy.interval_ns();
  const std::int64_t room_ns = policy.burst * interval - debt_ns;
  RateDecision decision;
  decision.allowed = allowed;
  decision.remaining = std::max<std::int64_t>(0, room_ns / interval);
  decision.reset_s = CeilSeconds(debt_ns);
  if (!allowed) {
    decision.retry_after_s = std::max<std::int64_t>(1, CeilSeconds(interval - room_ns));
  }
  return decision;
}

}  // namespace

MonotonicNs MonotonicNow() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

std::string PolicyField(const RatePolicy& policy) {
  const std::int64_t window_s =
      std::max<std::int64_t>(1, CeilSeconds(policy.burst * policy.interval_ns()));
  return '"' + policy.name + "\";q=" + std::to_string(policy.burst) +
         ";w=" + std::to_string(window_s);
}

std::string LimitField(const RatePolicy& policy, const RateDecision& decision) {
  const std::int64_t seconds = decision.allowed ? decision.reset_s : decision.retry_after_s;
  return '"' + policy.name + "\";r=" + std::to_string(decision.remaining) +
         ";t=" + std::to_string(seconds);
}

RateLimiter::RateLimiter(std::size_t slots)
    : sip_key_(RandomSipKey()),
      slots_(std::bit_ceil(std::max(slots, kWays * kLocks))),
      set_mask_(slots_.size() / kWays - 1),
      locks_(std::make_unique<std::mutex[]>(kLocks)) {}

RateDecision RateLimiter::Take(const RatePolicy& policy, std::string_view key, MonotonicNs now) {
  if (policy.off()) return {};
  // The policy's name is the scope: the same subject has a bucket per policy.
  const Hash128 hash = SipHash(sip_key_, SipHash(sip_key_, policy.name), key);
  const std::size_t set = hash.low & set_mask_;
  const std::lock_guard lock(locks_[set % kLocks]);
  Slot& slot = SlotOf(&slots_[set * kWays], hash.high, now);
  const std::int64_t debt_ns = std::max<std::int64_t>(0, slot.full_at - now);
  const std::int64_t after_ns = debt_ns + policy.interval_ns();
  if (after_ns > policy.burst * policy.interval_ns()) return Describe(policy, debt_ns, false);
  slot.full_at = now + after_ns;
  return Describe(policy, after_ns, true);
}

RateLimiter::Slot& RateLimiter::SlotOf(Slot* ways, std::uint64_t tag, MonotonicNs now) {
  Slot* soonest = ways;
  for (Slot* way = ways; way != ways + kWays; ++way) {
    if (way->tag == tag && way->full_at > now) return *way;
    if (way->full_at < soonest->full_at) soonest = way;
  }
  soonest->tag = tag;
  return *soonest;
}

}  // namespace livedrops::server
