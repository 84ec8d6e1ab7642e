// Mailbox: how other threads reach a loop.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace livedrops::server {

// Threading: Post and OnLoopThread from any thread, the rest on the loop's. The loop's thread is
// the one that called Open.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  using Task = std::function<void()>;

  // Null when libuv cannot make the handle; `*error` says why then.
  static std::shared_ptr<Mailbox> Open(uv_loop_t* loop, int* error);

  // Runs `task` on the loop, after this call and in the order of one thread's posts. False when the
  // loop is gone: the task is destroyed at once.
  bool Post(Task task);
  bool OnLoopThread() const { return std::this_thread::get_id() == thread_; }

  // Runs what is left; nothing can be posted any more. `closed` is called when libuv let go.
  void Close(std::function<void()> closed);

 private:
  void Drain();

  uv_async_t async_{};
  std::thread::id thread_ = std::this_thread::get_id();
  std::mutex mutex_;
  bool open_ = true;          // Under mutex_.
  std::vector<Task> posted_;  // Under mutex_.
  std::vector<Task> running_;
  std::shared_ptr<Mailbox> self_;  // While libuv has the handle.
  std::function<void()> closed_;
};

}  // namespace livedrops::server
