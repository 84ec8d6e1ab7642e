#include "server/limits/request_limits.h"

namespace livedrops::server {
namespace {

// As accounts are compared: ASCII letters in lower case.
std::string Folded(std::string_view email) {
  std::string folded(email);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace

LimitAnswer RequestLimits::Take(RouteClass kind, const Principal* principal,
                                const IpAddress& address, MonotonicNs now) {
  if (kind == RouteClass::internal) return {};
  if (kind == RouteClass::sign_in) {
    return Ask(&sign_ins_, settings_.sign_in_address, address.limit_key(), address, now);
  }
  if (kind == RouteClass::socket) {
    return Ask(&requests_, settings_.connects, address.limit_key(), address, now);
  }
  if (principal == nullptr) {
    return Ask(&requests_, settings_.address, address.limit_key(), address, now);
  }
  const RatePolicy& policy = kind == RouteClass::order   ? settings_.orders
                             : kind == RouteClass::write ? settings_.writes
                                                         : settings_.reads;
  return Ask(&requests_, policy, principal->subject.view(), address, now);
}

LimitAnswer RequestLimits::TakeAccount(std::string_view email, const IpAddress& address,
                                       MonotonicNs now) {
  return Ask(&sign_ins_, settings_.sign_in_account, Folded(email), address, now);
}

LimitAnswer RequestLimits::Ask(RateLimiter* limiter, const RatePolicy& policy, std::string_view key,
                               const IpAddress& address, MonotonicNs now) {
  if (policy.off() || Contains(settings_.exempt, address)) return {};
  return {&policy, limiter->Take(policy, key, now)};
}

}  // namespace livedrops::server
