// WorkerPool: a few threads for work that would block an event loop, behind a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace livedrops::server {

// Threading: any thread may submit. Jobs run in the order given, `threads` at a time.
class WorkerPool {
 public:
  WorkerPool(int threads, std::size_t queue_max);
  // Runs what is queued to its end, so that everybody who waits is answered.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full: the caller answers 503. A job must not throw.
  bool Submit(std::function<void()> job);
  // Jobs that wait, for metrics.
  std::size_t queued() const;

 private:
  void Run();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace livedrops::server
