#include "server/gateway/shared.h"

#include <thread>

#include "livedrops/spi/clock.h"
#include "server/config/apply.h"

namespace livedrops::server {
namespace {

constexpr int kBackgroundThreads = 2;
constexpr std::size_t kBackgroundQueue = 1024;
// The storage reads no faster with more of them. Who comes when so many wait is better told at
// once.
constexpr int kReaderThreads = 2;
constexpr std::size_t kReaderQueue = 512;

// A moment longer than orders have in the engine: who decides in time has the word.
MonotonicNs AllowedNs(const Config& config) {
  constexpr std::int64_t kMomentMs = 100;
  constexpr MonotonicNs kNsPerMs = 1'000'000;
  return (config.server.request_deadline_ms + kMomentMs) * kNsPerMs;
}

PressureLimits PressureLimitsOf(const Config& config) {
  constexpr double kPercent = 100;
  constexpr MonotonicNs kNsPerMs = 1'000'000;
  const auto& limits = config.limits;
  return {static_cast<double>(limits.shed_lists_queue_percent) / kPercent,
          static_cast<double>(limits.shed_reads_queue_percent) / kPercent,
          limits.shed_lists_lag_ms * kNsPerMs, limits.shed_reads_lag_ms * kNsPerMs};
}

std::vector<std::unique_ptr<TokenVerifier>> MakeVerifiers(Service* service, const Config& config,
                                                          const TokenKeyStore* keys,
                                                          const Revocations* revocations) {
  TokenVerifierOptions options;
  options.rules = TokenRulesOf(config);
  options.standing = [service](const Principal& principal, bool demanded) {
    return StandingOf(service->accounts(), principal, demanded);
  };
  std::vector<std::unique_ptr<TokenVerifier>> verifiers;
  verifiers.reserve(static_cast<std::size_t>(LoopsOf(config)));
  for (int i = 0; i < LoopsOf(config); ++i) {
    verifiers.push_back(std::make_unique<TokenVerifier>(keys, revocations, options));
  }
  return verifiers;
}

}  // namespace

int LoopsOf(const Config& config) {
  if (config.server.threads > 0) return static_cast<int>(config.server.threads);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string MediaDirectoryOf(const Config& config) {
  if (!config.media.dir.empty()) return config.media.dir;
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string& url = config.storage.url;
  return url.starts_with(kSqlite) ? url.substr(kSqlite.size()) + ".media" : "media";
}

Shared::Shared(Service* the_service, const Config& the_config, TokenKeys token_keys, Log* the_log)
    : service(*the_service),
      config(the_config),
      log(*the_log),
      clock(SystemClock()),
      json_limits(JsonLimitsOf(config)),
      currency(Currency::Parse(config.shop.currency).value_or(Currency())),
      trusted_proxies(TrustedProxiesOf(config)),
      keys(std::move(token_keys)),
      revocations(RevocationsKeptFor(config)),
      limits(RequestLimitsOf(config)),
      hasher(PasswordCostOf(config)),
      sessions(service.accounts(), &keys, &clock, SessionOptionsOf(config)),
      sign_in(service.accounts(), &hasher, &sessions),
      verifiers(MakeVerifiers(&service, config, &keys, &revocations)),
      media(std::move(*OpenBlobs("file:" + MediaDirectoryOf(config)))),
      pressure(LoopsOf(config), PressureLimitsOf(config)),
      deadlines(LoopsOf(config), AllowedNs(config)),
      passwords(static_cast<int>(config.auth.argon2_threads),
                static_cast<std::size_t>(config.auth.argon2_queue)),
      background(kBackgroundThreads, kBackgroundQueue),
      readers(kReaderThreads, kReaderQueue) {
  revocations.FollowFrom(Time::max());  // Nothing is followed before the start.
}

}  // namespace livedrops::server
