// LogFollower: one thread that reads the log as it grows, whichever process writes it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "livedrops/service.h"

namespace livedrops::server {

using Events = std::vector<std::shared_ptr<const Event>>;

class LogFollower {
 public:
  struct Callbacks {
    // New events, in order, at most 1,000; and the seq that the log is followed to with them.
    std::function<void(Events events, std::uint64_t seq)> on_events;
    // Between them, every interval.
    std::function<void()> on_turn;
    // False: the receivers of events are behind; they are asked again an interval later.
    std::function<bool()> ready;
    // The log could not be read. It is tried again.
    std::function<void(const Status& status)> on_error;
  };

  LogFollower(Service* service, std::chrono::milliseconds interval, Callbacks callbacks);
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  // Begins behind `seq`.
  void Start(std::uint64_t seq);
  // Of a callback: the log is followed from behind `seq` on, as if by a new start.
  void GoOnFrom(std::uint64_t seq) { seq_ = seq; }
  // Returns when no callback runs any more.
  void Stop();

 private:
  void Run();
  // False when nothing more is to be read now.
  bool ReadOnce();
  bool WaitForTurn();

  Service& service_;
  const std::chrono::milliseconds interval_;
  const Callbacks callbacks_;
  std::uint64_t seq_ = 0;
  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace livedrops::server
