// Deadlines: requests that were handed on, and what makes sure that each is answered in time.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "server/limits/rate_limiter.h"

namespace livedrops::server {

class Context;

// A commit that hangs lets nobody decide and nobody answer: then the client is told here what is
// known. All requests have the same time, so the oldest of a loop are due first.
// Threading: each loop's thread for its own.
class Deadlines {
 public:
  Deadlines(int loops, MonotonicNs allowed) : allowed_(allowed), of_loop_(loops) {}
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  void Add(int loop, std::shared_ptr<Context> context);
  // Answers whoever waited too long. Ten times a second.
  void Check(int loop, MonotonicNs now);

 private:
  using Waiting = std::deque<std::shared_ptr<Context>>;
  static void DropAnswered(Waiting& waiting);

  const MonotonicNs allowed_;
  std::vector<Waiting> of_loop_;
};

}  // namespace livedrops::server
