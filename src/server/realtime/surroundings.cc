#include "server/realtime/surroundings.h"

#include <algorithm>

#include "livedrops/spi/clock.h"
#include "livedrops/spi/order_port.h"
#include "livedrops/spi/storage.h"

#include "server/auth/token_verifier.h"

namespace livedrops::server {
namespace {

// Loads that wait for a reader: a reconnecting crowd of this size fits.
constexpr std::size_t kLoadsMax = 65'536;

Loaded Failed(const LoadRequest& request, const Status& status) {
  Loaded loaded;
  loaded.status = status;
  loaded.channels.resize(request.channels.size());
  for (LoadedChannel& channel : loaded.channels) channel.status = status;
  return loaded;
}

SessionSettings SettingsOf(const RealtimeOptions& options, std::string epoch) {
  SessionSettings settings;
  settings.epoch = std::move(epoch);
  settings.ping_interval = options.ping_interval;
  settings.pong_timeout = options.pong_timeout;
  settings.connect_timeout = options.connect_timeout;
  settings.leeway = options.leeway;
  settings.channels_max = static_cast<std::size_t>(std::max(options.channels_per_connection, 1));
  return settings;
}

}  // namespace

Response RefusalTo(const std::string& request_id, const Problem& problem) {
  Response response = AnswerOf(problem, request_id);
  if (!request_id.empty()) response.Set("X-Request-Id", request_id);
  return response.Set("Cache-Control", "no-store");
}

void Loop::Forget(const std::shared_ptr<Client>& client, const Principal* principal) {
  if (principal != nullptr) {
    const auto [first, last] = of_user.equal_range(principal->subject.str());
    const auto entry =
        std::find_if(first, last, [&](const auto& other) { return other.second == client.get(); });
    if (entry != last) of_user.erase(entry);
  }
  clients.erase(client);
}

bool UserCounts::Enter(const UserId& user) {
  const std::lock_guard lock(mutex_);
  int& count = counts_[user.str()];
  if (count >= max_) return false;
  ++count;
  return true;
}

void UserCounts::Leave(const UserId& user) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(user.str());
  if (found != counts_.end() && --found->second <= 0) counts_.erase(found);
}

void Counters::CountClose(const Disconnect& reason) {
  if (reason == kConnectionLimit) ++closed_limit;
  if (reason == kExpired) ++closed_expired;
  if (reason == kNoPong) ++closed_no_pong;
}

void Counters::CountDelivery(std::int64_t delay_ms, std::size_t receivers) {
  const auto& bounds = RealtimeStats::kDelayBoundsMs;
  // Below 0 where another server's clock is ahead.
  const auto delay = static_cast<std::uint64_t>(std::max<std::int64_t>(delay_ms, 0));
  const auto* const bound = std::ranges::lower_bound(bounds, delay);
  ++delay_counts[static_cast<std::size_t>(bound - std::begin(bounds))];
  delay_ms_sum += delay;
  delivered += receivers;
}

RealtimeStats Counters::Read() const {
  RealtimeStats stats;
#define LD_READ(name) \
  stats.name = static_cast<std::uint64_t>((name).load(std::memory_order_relaxed))
  LD_READ(sockets);
  LD_READ(streams);
  LD_READ(subscriptions);
  LD_READ(publications);
  LD_READ(delivered);
  LD_READ(dropped);
  LD_READ(recovered);
  LD_READ(not_recovered);
  LD_READ(connects);
  LD_READ(refused_origins);
  LD_READ(refused_tokens);
  LD_READ(closed_limit);
  LD_READ(closed_expired);
  LD_READ(closed_revoked);
  LD_READ(closed_slow);
  LD_READ(closed_no_pong);
  LD_READ(log_errors);
  LD_READ(log_seq);
  LD_READ(delay_ms_sum);
#undef LD_READ
  for (std::size_t i = 0; i < std::size(stats.delay_counts); ++i) {
    stats.delay_counts[i] = delay_counts[i].load(std::memory_order_relaxed);
  }
  return stats;
}

Surroundings::Surroundings(Service& shop, Revocations* stopped, RealtimeOptions wanted)
    : service(shop),
      revocations(*stopped),
      options(std::move(wanted)),
      users(options.connections_per_user),
      tickets(options.ticket_life),
      clock_(options.clock != nullptr ? *options.clock : SystemClock()),
      loader_(&shop, &clock_) {}

TokenCheck Surroundings::Verify(int loop, std::string_view token) {
  std::string reason;
  TokenCheck check{options.verify(loop, token, Now(), &reason)};
  if (check.principal) return check;
  check.unknown = reason == kStandingUnknown;
  check.expired = reason.find("expired") != std::string::npos;
  ++counters.refused_tokens;
  return check;
}

bool Surroundings::AllowsOrigin(const Request& request) {
  const auto origin = request.Header("Origin");
  if (!origin) return true;
  const std::string host(request.Header("Host").value_or(""));
  const bool own = !host.empty() && (*origin == "http://" + host || *origin == "https://" + host);
  if (own || std::ranges::find(options.origins, *origin) != options.origins.end()) return true;
  ++counters.refused_origins;
  return false;
}

void Surroundings::Load(int loop, std::weak_ptr<void> owner, const LoadRequest& request,
                        std::function<void(Loaded)> done) {
  const auto answer = [this, loop, owner = std::move(owner), done = std::move(done)](
                          const std::shared_ptr<Loaded>& loaded, HttpServer* server) {
    server->Post(loop, [owner, done, loaded] {
      if (const auto alive = owner.lock()) done(std::move(*loaded));
    });
  };
  const std::lock_guard lock(mutex_);
  if (server_ == nullptr) return;  // Stopped: nobody waits any more.
  const bool taken = readers_->Submit([this, answer, request, server = server_] {
    auto loaded = std::make_shared<Loaded>(loader_.Load(request));
    for (const LoadedChannel& channel : loaded->channels) {
      if (!channel.status.ok() || !channel.subscribed.was_recovering) continue;
      ++(channel.subscribed.recovered ? counters.recovered : counters.not_recovered);
    }
    answer(loaded, server);
  });
  const Status overloaded(StatusCode::kOverloaded, "too many subscribers at once");
  if (!taken) answer(std::make_shared<Loaded>(Failed(request, overloaded)), server_);
}

void Surroundings::Start(HttpServer* server) {
  const SessionSettings settings = SettingsOf(options, ReadEpoch());
  for (int i = 0; i < server->loop_count(); ++i) {
    loops_.push_back(std::make_unique<Loop>(i, settings));
  }
  const std::lock_guard lock(mutex_);
  server_ = server;
  readers_ = std::make_unique<WorkerPool>(std::max(options.readers, 1), kLoadsMax);
}

// The readers end outside of the lock: what they read is posted, and posting takes it not.
void Surroundings::Stop() {
  std::unique_ptr<WorkerPool> readers;
  running_ = false;
  {
    const std::lock_guard lock(mutex_);
    readers = std::move(readers_);
    server_ = nullptr;
  }
}

std::string Surroundings::ReadEpoch() const { return service.reads().storage().info().epoch; }

void Surroundings::PostAll(std::function<void(Loop& loop)> task) {
  const std::lock_guard lock(mutex_);
  if (server_ == nullptr) return;
  server_->PostAll([this, task = std::move(task)](int number) { task(loop(number)); });
}

}  // namespace livedrops::server
