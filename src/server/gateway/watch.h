// Watch: what a gateway looks after by itself once a second: old revocations, the pace of the
// queue, and, less often, whether anything was sold twice.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/gateway/shared.h"

namespace livedrops::server {

class Watch {
 public:
  explicit Watch(Shared* shared);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void Run();
  void LookAtDrops();

  Shared& shared_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace livedrops::server
