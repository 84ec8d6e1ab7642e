// What all connections of this process share, and what those of one loop share.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/auth/worker_pool.h"
#include "server/problem.h"
#include "server/realtime/hub.h"
#include "server/realtime/loader.h"
#include "server/realtime/realtime.h"
#include "server/realtime/session.h"
#include "server/realtime/tickets.h"

namespace livedrops::server {

// The refusal of a request that came with this id.
Response RefusalTo(const std::string& request_id, const Problem& problem);

// A client of one loop: a socket or a stream.
class Client {
 public:
  virtual ~Client() = default;
  virtual void OnTick(Tick now) = 0;
  virtual void OnRevoked() = 0;
  virtual void OnFollowsChanged() = 0;
  // The positions that it was told are of another epoch than the loop's settings now.
  virtual void OnEpochChanged() = 0;
};

// Threading: its loop's thread.
struct Loop {
  Loop(int loop_number, SessionSettings session_settings)
      : number(loop_number), settings(std::move(session_settings)) {}

  const int number;
  SessionSettings settings;
  Hub hub;  // Outlives the clients.
  std::unordered_set<std::shared_ptr<Client>> clients;
  std::unordered_multimap<std::string, Client*> of_user;

  // The client is gone, or is none any more.
  void Forget(const std::shared_ptr<Client>& client, const Principal* principal);
};

// How many connections each user has. Threading: any thread.
class UserCounts {
 public:
  explicit UserCounts(int max) : max_(max) {}
  // False when there are as many as may be.
  bool Enter(const UserId& user);
  void Leave(const UserId& user);

 private:
  const int max_;
  std::mutex mutex_;
  std::unordered_map<std::string, int> counts_;
};

// RealtimeStats, being counted.
struct Counters {
  std::atomic<std::uint64_t> sockets, streams, publications, delivered, dropped, recovered,
      not_recovered, connects, refused_origins, refused_tokens, closed_limit, closed_expired,
      closed_revoked, closed_slow, closed_no_pong, log_errors, log_seq, delay_ms_sum;
  std::atomic<std::int64_t> subscriptions;
  std::atomic<std::uint64_t> delay_counts[std::size(RealtimeStats{}.delay_counts)];

  void CountClose(const Disconnect& reason);
  void CountDelivery(std::int64_t delay_ms, std::size_t receivers);
  RealtimeStats Read() const;
};

// Threading: any thread, if not said otherwise.
class Surroundings {
 public:
  Surroundings(Service& shop, Revocations* stopped, RealtimeOptions wanted);

  Time Now() const { return clock_.Now(); }
  // On a loop's thread.
  TokenCheck Verify(int loop, std::string_view token);
  bool Revoked(const Principal& principal) const { return revocations.Stops(principal); }
  // The origin of the request, if it is a browser's, may connect.
  bool AllowsOrigin(const Request& request);

  // Reads the storage on another thread and calls `done` on the loop, unless `owner` is gone by
  // then.
  void Load(int loop, std::weak_ptr<void> owner, const LoadRequest& request,
            std::function<void(Loaded)> done);

  void Start(HttpServer* server);
  // From now on requests are taken.
  void Serve() { running_.store(true, std::memory_order_release); }
  void Stop();
  bool running() const { return running_.load(std::memory_order_acquire); }
  Loop& loop(int number) { return *loops_[static_cast<std::size_t>(number)]; }
  // The epoch of the storage, which may change when another server takes over from it.
  std::string ReadEpoch() const;
  // Runs the task on every loop, unless the server is gone.
  void PostAll(std::function<void(Loop& loop)> task);

  Service& service;
  Revocations& revocations;
  const RealtimeOptions options;
  UserCounts users;
  Tickets tickets;
  Counters counters{};

 private:
  Clock& clock_;
  Loader loader_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<bool> running_{false};
  std::mutex mutex_;  // Of the two below: Stop may come while loops still run.
  HttpServer* server_ = nullptr;
  std::unique_ptr<WorkerPool> readers_;
};

}  // namespace livedrops::server
