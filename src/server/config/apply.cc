#include "server/config/apply.h"

namespace livedrops::server {
namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kDayMs = 24 * 3600 * kSecondMs;

std::vector<Network> NetworksOf(const Texts& texts) {
  Result<std::vector<Network>> networks = ParseNetworks(texts);
  return networks.ok() ? std::move(*networks) : std::vector<Network>{};
}

RatePolicy PerMinute(std::string name, std::int64_t count) {
  return {std::move(name), count, 60, count};
}

}  // namespace

ServiceOptions ServiceOptionsOf(const Config& config) {
  ServiceOptions options;
  options.late_confirm = config.orders.late_confirm == "rehold"   ? LateConfirm::rehold
                         : config.orders.late_confirm == "refund" ? LateConfirm::refund
                                                                  : LateConfirm::refuse;
  options.holds_at_end =
      config.orders.holds_at_end == "cancel" ? HoldsAtEnd::cancel : HoldsAtEnd::confirm;
  options.live_holds_per_user_max = static_cast<int>(config.orders.live_holds_per_user);
  options.queue_max = static_cast<int>(config.orders.queue_max);
  return options;
}

SessionOptions SessionOptionsOf(const Config& config) {
  SessionOptions options;
  options.access_life = Duration(config.auth.access_token_seconds * kSecondMs);
  options.refresh_life = Duration(config.auth.refresh_token_days * kDayMs);
  return options;
}

TokenRules TokenRulesOf(const Config& config) {
  return {Duration(config.auth.leeway_seconds * kSecondMs), config.auth.jwks_issuer,
          config.auth.jwks_audience};
}

PasswordCost PasswordCostOf(const Config& config) {
  return {static_cast<std::uint32_t>(config.auth.argon2_memory_kib),
          static_cast<std::uint32_t>(config.auth.argon2_passes),
          static_cast<std::uint32_t>(config.auth.argon2_lanes)};
}

JsonLimits JsonLimitsOf(const Config& config) {
  JsonLimits limits;
  limits.depth_max = static_cast<int>(config.limits.json_depth);
  limits.string_bytes_max = static_cast<std::size_t>(config.limits.json_string_bytes);
  return limits;
}

RequestLimitSettings RequestLimitsOf(const Config& config) {
  const auto& limits = config.limits;
  RequestLimitSettings settings;
  settings.orders = {"orders", limits.orders_per_second, 1, limits.orders_burst};
  settings.writes = {"writes", limits.writes_per_second, 1, limits.writes_burst};
  settings.reads = {"reads", limits.reads_per_second, 1, limits.reads_burst};
  settings.address = {"address", limits.address_per_second, 1, limits.address_burst};
  settings.connects = {"connects", limits.connects_per_second, 1, limits.connects_burst};
  settings.sign_in_account = PerMinute("sign-in-account", limits.sign_in_per_account_and_minute);
  settings.sign_in_address = PerMinute("sign-in-address", limits.sign_in_per_address_and_minute);
  settings.exempt = NetworksOf(limits.exempt_cidrs);
  return settings;
}

std::vector<Network> TrustedProxiesOf(const Config& config) {
  return NetworksOf(config.server.trusted_proxies);
}

Duration RevocationsKeptFor(const Config& config) {
  return Duration((config.auth.access_token_seconds + config.auth.leeway_seconds) * kSecondMs);
}

}  // namespace livedrops::server
