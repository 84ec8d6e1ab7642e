// Realtime: CONTRACT §5 in one object. It follows the log, tells WebSockets (Centrifugo's JSON
// protocol) and Server-Sent Events, feeds the revocations, and lets caches listen.
//
//     Realtime realtime(service, &revocations, options);
//     realtime.Listen([&](std::span<const Event> events) { cache.Apply(events); });
//     auto server = HttpServer::Start(…, [&](Request request, Responder responder) {
//       … case RouteId::websocket: realtime.OnWebSocket(request, responder);
//       … case RouteId::events: realtime.OnEvents(request, responder);
//       … case RouteId::ticket: {"ticket": realtime.IssueTicket(principal), "expiresIn": 30}
//     });
//     if (Status started = realtime.Start(**server); !started.ok()) …
//     … (*server)->Stop(Realtime::StopOptionsFor(deadline)); (*server)->Join();
//     realtime.Stop();
//
// How it works: docs/internals/realtime.md.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/server/http_server.h"
#include "livedrops/service.h"
#include "server/auth/jwt.h"
#include "server/auth/revocations.h"

namespace livedrops::server {

struct RealtimeOptions {
  // Checks an access token on a loop's thread: the loop's own TokenVerifier::Verify. `reason` is
  // "expired" for a token whose time is over: then the client is told to fetch a new one; after any
  // other reason it is told that its token is not valid. Demanded.
  std::function<std::optional<Principal>(int loop, std::string_view token, Time now,
                                         std::string* reason)>
      verify;
  // Tells the time of tokens and of serverTime. Null: SystemClock(). Must outlive this.
  Clock* clock = nullptr;
  // Origins of browsers that may connect, "https://shop.example", compared exactly. The server's
  // own (the Host of the request) may always; a request without Origin is no browser's.
  std::vector<std::string> origins;

  std::size_t message_bytes_max = 64 << 10;    // A longer message closes the socket: 1009.
  std::size_t send_queue_bytes_max = 1 << 20;  // More unsent: closed as slow, 3008.
  int connections_per_user = 5;                // Sockets and streams. One more: 3504, or 429.
  int channels_per_connection = 512;           // Client-side subscriptions. More: error 106.
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds pong_timeout{8'000};
  std::chrono::milliseconds connect_timeout{10'000};
  Duration leeway{60'000};  // A socket outlives its token so long, as requests may.
  Duration ticket_life{30'000};
  // How often the log is looked at. A commit is seen half of it later, on average.
  std::chrono::milliseconds poll_interval{10};
  int readers = 2;  // Threads that read the storage for subscribers.
};

// Counters since Start; those that say "now" are gauges. Threading: a copy.
struct RealtimeStats {
  std::uint64_t sockets = 0;        // Sessions now, connected or not yet.
  std::uint64_t streams = 0;        // Server-Sent Events now.
  std::uint64_t subscriptions = 0;  // Now, server-side ones included.
  std::uint64_t publications = 0;   // Made from the log, once per channel.
  std::uint64_t delivered = 0;      // To one receiver each.
  std::uint64_t dropped = 0;        // stockChanged for a receiver that was behind.
  std::uint64_t recovered = 0;      // Subscriptions that asked for a position and got it all.
  std::uint64_t not_recovered = 0;
  std::uint64_t connects = 0;  // Sockets that were opened.
  std::uint64_t refused_origins = 0;
  std::uint64_t refused_tokens = 0;
  std::uint64_t closed_limit = 0;  // More connections than a user may have.
  std::uint64_t closed_expired = 0;
  std::uint64_t closed_revoked = 0;
  std::uint64_t closed_slow = 0;
  std::uint64_t closed_no_pong = 0;
  std::uint64_t log_errors = 0;  // The log could not be read; it is tried again.
  std::uint64_t log_seq = 0;     // How far the log was followed.
  // From an event's commit time to its fan-out, all loops. kDelayBoundsMs has the upper bounds.
  static constexpr std::uint64_t kDelayBoundsMs[] = {5, 10, 25, 50, 100, 250, 500, 1000, 2000};
  std::uint64_t delay_counts[std::size(kDelayBoundsMs) + 1] = {};  // The last: above all bounds.
  std::uint64_t delay_ms_sum = 0;
};

// How a socket ended, for the log.
struct SocketEnd {
  std::uint16_t code = 0;    // The server's or the client's; 1005: none, 1006: connection lost.
  std::string_view reason;   // What the code means; empty when it is the client's own.
  std::string_view subject;  // Empty: it had no token, or sent none.
  std::chrono::milliseconds lasted{0};
  std::uint64_t bytes = 0;  // Of messages that it was given.
};
using SocketEnded = std::function<void(const SocketEnd& end)>;

// Threading: as said at each member. Order of destruction: Stop, then the HttpServer, then this,
// for sockets that are still open tell it when they close.
class Realtime {
 public:
  // Both must outlive it. `revocations` gets every event of the log that concerns it, from Start
  // on.
  Realtime(Service& service, Revocations* revocations, RealtimeOptions options);
  ~Realtime();
  Realtime(const Realtime&) = delete;
  Realtime& operator=(const Realtime&) = delete;

  // Gets every event after the start, in order and once, whichever process wrote it, before any
  // subscriber hears of it. Called on a thread of its own; it must not block for long. Only before
  // Start. Exceptions: none may leave it.
  void Listen(std::function<void(std::span<const Event> events)> listener);

  // Begins to follow the log. Until then requests are answered 503. The
  // server must live until Stop. Errors: those of the storage; closed when called twice.
  Status Start(HttpServer& server);
  // Follows no more and lets go of the server. Open sockets stay open, but hear nothing: stop the
  // server first. Calling again does nothing.
  void Stop();

  // Who hands a request over; all of it may be empty. Both are called once, on the request's loop,
  // for the access log: with the answer's status, and when the socket has ended.
  struct Caller {
    std::string request_id;  // Told to the client: X-Request-Id.
    std::function<void(int status)> answered;
    SocketEnded ended;
  };

  // GET /connection/websocket. Rate limits are the caller's. Threading: the request's loop.
  void OnWebSocket(const Request& request, const Responder& responder, Caller caller = {});
  // GET /events?channel=…[&ticket=…]. Reads Authorization itself. Threading: the request's loop.
  void OnEvents(const Request& request, const Responder& responder, Caller caller = {});

  // A ticket that opens one /events stream as that principal, within RealtimeOptions::ticket_life,
  // on this server. Threading: any thread.
  std::string IssueTicket(const Principal& principal);

  // Threading: any thread.
  RealtimeStats stats() const;

  // How to stop the HTTP server, so that clients of the protocol reconnect: code 3001.
  static StopOptions StopOptionsFor(std::chrono::milliseconds deadline);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace livedrops::server
