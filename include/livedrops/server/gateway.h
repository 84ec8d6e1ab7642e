// Gateway: the routes of the whole platform as handlers of an HttpServer. A host mounts it on a
// server of its own, on its own loop, in front of the Service that it uses anyway:
//
//     auto gateway = Gateway::Make(service, {{"limits.orders_per_second", "0"}});
//     HttpServer::Options options;
//     (*gateway)->Configure(&options);
//     auto server = HttpServer::Attach(loop, options, (*gateway)->open_handler());
//     if (Status started = (*gateway)->Start(**server); !started.ok()) …
#pragma once

#include <map>
#include <memory>
#include <string>

#include "livedrops/server/http_server.h"
#include "livedrops/service.h"

namespace livedrops::server {

struct Shared;

// Threading: as said at each member. Order of the end: stop and join the HttpServers; Stop;
// Service::Close, which answers whoever still waits; then destroy the servers, this, the service.
class Gateway {
 public:
  // Settings by name as in the configuration file, "limits.body_bytes" → "65536"; the environment
  // does not count. `service` must outlive it. Errors: invalid_argument, naming the setting; those
  // of reading key files.
  static Result<std::unique_ptr<Gateway>> Make(Service& service,
                                               const std::map<std::string, std::string>& settings);
  // Takes what is made already; for the program that configures all of it.
  explicit Gateway(std::unique_ptr<Shared> shared);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Sets address, threads, certificate and limits, and how refusals look.
  void Configure(HttpServer::Options* options) const;

  // What clients may reach, and what only the operator may: /livez, /readyz, /metrics. Any number
  // of loops may call them; `Request::loop` must be below the number that Configure asked for.
  Handler open_handler();
  Handler internal_handler();

  // Begins to follow the log: revoked tokens, real time. Sockets are answered 503 before. Call it
  // once, with the server of open_handler. Errors: those of the storage.
  Status Start(HttpServer& server);
  // /readyz turns 503, so that balancers send nobody any more. Threading: any thread.
  void Drain();
  // Follows the log no more. After the server of open_handler has stopped.
  void Stop();

  // Reads the files of keys again. Errors: invalid_argument; the old keys stay. Threading: any
  // thread.
  Status ReloadKeys();

  // How to stop the HTTP server, so that clients reconnect.
  static StopOptions StopOptionsFor(std::chrono::milliseconds deadline);

 private:
  class Follower;
  const std::unique_ptr<Shared> shared_;
  std::unique_ptr<Follower> follower_;
};

}  // namespace livedrops::server
