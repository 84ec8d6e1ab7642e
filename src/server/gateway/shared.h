// Shared: what all requests of a gateway use. Made once, then read by every loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "livedrops/service.h"
#include "server/auth/password.h"
#include "server/auth/revocations.h"
#include "server/auth/sessions.h"
#include "server/auth/sign_in.h"
#include "server/auth/token_verifier.h"
#include "server/auth/worker_pool.h"
#include "server/config/config.h"
#include "server/gateway/caches.h"
#include "server/gateway/deadlines.h"
#include "server/gateway/log.h"
#include "server/gateway/media_store.h"
#include "server/gateway/metrics.h"
#include "server/gateway/pressure.h"
#include "server/json/json_value.h"
#include "server/limits/request_limits.h"

namespace livedrops::server {

class Context;

// Event loops that a configuration asks for: one per core, unless it says how many.
int LoopsOf(const Config& config);
// Where pictures are: the directory that was configured. Never empty.
std::string MediaDirectoryOf(const Config& config);

// Threading: any thread, but what `verifiers` holds: each belongs to one loop.
struct Shared {
  Shared(Service* service, const Config& config, TokenKeys token_keys, Log* log);

  Service& service;
  const Config config;
  Log& log;
  Clock& clock;
  const JsonLimits json_limits;
  const Currency currency;
  const std::vector<Network> trusted_proxies;

  TokenKeyStore keys;
  Revocations revocations;
  RequestLimits limits;
  PasswordHasher hasher;
  Sessions sessions;
  SignIn sign_in;
  std::vector<std::unique_ptr<TokenVerifier>> verifiers;  // By the number of the loop.
  MediaStore media;
  Caches caches;
  Pressure pressure;
  Deadlines deadlines;

  RequestMetrics requests;
  // Samples that other parts add to /metrics.
  std::vector<std::function<void(MetricsText* text)>> collectors;
  // Requests that the service decides per second, measured by the watch; for Retry-After.
  std::atomic<std::uint64_t> decided_per_second{0};
  std::atomic<bool> ready{true};

  // Takes the routes websocket, events and ticket; empty: they answer 503.
  std::function<void(Context& context)> realtime;

  // Last, so that they end first: their jobs use the rest.
  WorkerPool passwords;   // Hashes, as many at a time as there is memory for.
  WorkerPool background;  // Whatever else would block a loop: commits, files.
  WorkerPool readers;     // Lists: what they cost, a loop must not wait for.
};

}  // namespace livedrops::server
