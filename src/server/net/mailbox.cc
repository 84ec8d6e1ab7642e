#include "server/net/mailbox.h"

#include "base/assert.h"

namespace livedrops::server {

std::shared_ptr<Mailbox> Mailbox::Open(uv_loop_t* loop, int* error) {
  auto mailbox = std::make_shared<Mailbox>();
  *error = uv_async_init(loop, &mailbox->async_,
                         [](uv_async_t* async) { static_cast<Mailbox*>(async->data)->Drain(); });
  if (*error != 0) return nullptr;
  mailbox->async_.data = mailbox.get();
  mailbox->self_ = mailbox;
  return mailbox;
}

bool Mailbox::Post(Task task) {
  const std::lock_guard lock(mutex_);
  if (!open_) return false;
  posted_.push_back(std::move(task));
  // Only the first wakes the loop. Under the lock, for the handle may be closed right after it.
  if (posted_.size() == 1) uv_async_send(&async_);
  return true;
}

void Mailbox::Drain() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
  }
  for (Task& task : running_) {
    task();
    task = nullptr;  // What it holds goes before the next one runs.
  }
  running_.clear();
}

void Mailbox::Close(std::function<void()> closed) {
  LD_ASSERT(OnLoopThread());
  std::vector<Task> left;
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
    left.swap(posted_);
  }
  for (Task& task : left) task();
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&async_), [](uv_handle_t* handle) {
    const std::shared_ptr<Mailbox> self = std::move(static_cast<Mailbox*>(handle->data)->self_);
    if (self->closed_) self->closed_();
  });
}

}  // namespace livedrops::server
