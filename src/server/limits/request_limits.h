// RequestLimits: which bucket a request takes its token from, CONTRACT §4.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/auth/routes.h"
#include "server/limits/ip_address.h"
#include "server/limits/rate_limiter.h"

namespace livedrops::server {

// The defaults of CONTRACT §4; a count of 0 switches one off.
struct RequestLimitSettings {
  RatePolicy orders{"orders", 10, 1, 20};     // Per subject.
  RatePolicy writes{"writes", 20, 1, 40};     // Per subject.
  RatePolicy reads{"reads", 100, 1, 200};     // Per subject.
  RatePolicy address{"address", 50, 1, 100};  // Per address, requests without token.
  RatePolicy sign_in_account{"sign-in-account", 10, 60, 10};
  RatePolicy sign_in_address{"sign-in-address", 30, 60, 30};
  RatePolicy connects{"connects", 100, 1, 1000};  // WebSockets, per address.
  std::vector<Network> exempt;                    // Nothing is counted for these addresses.
};

// What a request was told, with the policy it counted against.
struct LimitAnswer {
  const RatePolicy* policy = nullptr;  // Null: not limited, no headers.
  RateDecision decision;

  bool allowed() const { return decision.allowed; }
};

// Threading: any thread.
class RequestLimits {
 public:
  explicit RequestLimits(RequestLimitSettings settings) : settings_(std::move(settings)) {}

  // `principal`: who a valid token names; null without one, and for a token that is not valid.
  LimitAnswer Take(RouteClass kind, const Principal* principal, const IpAddress& address,
                   MonotonicNs now);
  // A login or registration for this email, besides Take: asked once the body is read, and before
  // anything is hashed.
  LimitAnswer TakeAccount(std::string_view email, const IpAddress& address, MonotonicNs now);

 private:
  LimitAnswer Ask(RateLimiter* limiter, const RatePolicy& policy, std::string_view key,
                  const IpAddress& address, MonotonicNs now);

  const RequestLimitSettings settings_;
  RateLimiter requests_;
  // Apart, because their debts last a minute and anybody may name any email.
  RateLimiter sign_ins_{std::size_t{1} << 16};
};

}  // namespace livedrops::server
