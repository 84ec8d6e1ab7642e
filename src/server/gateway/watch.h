// Watch: what a gateway looks after by itself: how far it is behind and who waits too long, ten
// times a second; the pace of the queue; old revocations.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "livedrops/server/http_server.h"
#include "server/gateway/shared.h"

namespace livedrops::server {

class Watch {
 public:
  // Both must outlive it.
  Watch(Shared* shared, HttpServer* server);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void Run();
  void LookAtLoops();
  void LookAtPace();

  Shared& shared_;
  HttpServer& server_;
  std::uint64_t decided_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace livedrops::server
