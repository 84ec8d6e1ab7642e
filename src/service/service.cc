#include "livedrops/service.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <deque>

#include "core/validate.h"
#include "service/defaults.h"
#include "service/writer.h"

namespace livedrops {
namespace {

// Waits for the answers of one Execute call.
class Latch {
 public:
  explicit Latch(int count) : left_(count) {}
  void CountDown() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      open_.store(1, std::memory_order_release);
      open_.notify_all();
    }
  }
  void Wait() { open_.wait(0, std::memory_order_acquire); }

 private:
  std::atomic<int> left_;
  std::atomic<int> open_{0};
};

// A request that nobody waits for: it owns what the ticket points to.
struct Detached {
  Ticket ticket;
  Request request;
  Reply reply;
  std::function<void(Reply)> callback;
};

Status CheckOptions(const ServiceOptions& options) {
  const auto check = [](const char* name, std::int64_t value, std::int64_t least,
                        std::int64_t most) {
    if (value >= least && value <= most) return OkStatus();
    return Status(StatusCode::kInvalidArgument, std::string(name) + " " + std::to_string(value) +
                                                    " is not in " + std::to_string(least) + ".." +
                                                    std::to_string(most));
  };
  constexpr int kMost = 1'048'576;
  constexpr std::int64_t kDayMs = 24 * 3'600'000;
  Status status = check("queue_max", options.queue_max, 1, kMost);
  if (status.ok()) {
    status =
        check("orders_per_drop_and_commit_max", options.orders_per_drop_and_commit_max, 1, kMost);
  }
  if (status.ok()) {
    status = check("live_holds_per_user_max", options.live_holds_per_user_max, 0, kMost);
  }
  if (!status.ok()) return status;
  return check("unknown_deadline", options.unknown_deadline.count(), 0, kDayMs);
}

}  // namespace

class Service::Impl : public RequestPort, public ReadPort {
 public:
  Impl(std::unique_ptr<Storage> storage, const ServiceOptions& options)
      : storage_(std::move(storage)),
        options_(options),
        writer_(storage_.get(), options_),
        poll_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Impl() override {
    if (poll_fd_ >= 0) close(poll_fd_);
  }

  Status Load() {
    if (poll_fd_ < 0) return {StatusCode::kUnavailable, "no file descriptor left for poll_fd"};
    Status loaded = writer_.Load();
    if (loaded.ok()) writer_.Start();
    return loaded;
  }

  void Execute(std::span<const RequestRef> requests, std::span<Reply> replies) override {
    if (writer_.IsWriterThread()) {
      for (Reply& reply : replies) reply.status = {StatusCode::kClosed, "a callback must not wait"};
      return;
    }
    std::vector<Ticket> many(requests.size() > 1 ? requests.size() : 0);
    Ticket one;
    Ticket* tickets = requests.size() > 1 ? many.data() : &one;
    Ticket* first = nullptr;
    int count = 0;
    for (std::size_t i = requests.size(); i-- > 0;) {
      replies[i] = Reply();
      replies[i].status = Check(requests[i]);
      if (!replies[i].status.ok()) continue;
      tickets[i].request = requests[i];
      tickets[i].reply = &replies[i];
      tickets[i].next = first;
      first = &tickets[i];
      ++count;
    }
    if (count == 0) return;
    Latch latch(count);
    for (Ticket* ticket = first; ticket != nullptr; ticket = ticket->next) {
      ticket->context = &latch;
      ticket->done = [](Ticket* done) { static_cast<Latch*>(done->context)->CountDown(); };
    }
    if (count == 1 && writer_.RunHere(first)) {
      latch.Wait();
      return;
    }
    const Status pushed = writer_.Push(first, count);
    if (pushed.ok()) {
      latch.Wait();
      return;
    }
    for (Ticket* ticket = first; ticket != nullptr; ticket = ticket->next)
      ticket->reply->status = pushed;
  }

  void Submit(Request request, std::function<void(Reply)> callback) override {
    auto shared = std::make_shared<std::function<void(Reply)>>(std::move(callback));
    const Status submitted =
        TrySubmit(std::move(request), [shared](Reply reply) { (*shared)(std::move(reply)); });
    if (submitted.ok()) return;
    Reply reply;
    reply.status = submitted;
    (*shared)(std::move(reply));
  }

  // The callback is called only if this is ok.
  Status TrySubmit(Request request, std::function<void(Reply)> callback) {
    auto detached = std::make_unique<Detached>();
    detached->request = std::move(request);
    detached->callback = std::move(callback);
    Ticket* ticket = &detached->ticket;
    ticket->request.other = &detached->request;
    if (Status checked = Check(ticket->request); !checked.ok()) return checked;
    ticket->reply = &detached->reply;
    ticket->done = [](Ticket* told) {
      const std::unique_ptr<Detached> done(static_cast<Detached*>(told->context));
      done->callback(std::move(done->reply));
    };
    ticket->context = detached.release();  // Owned by the ticket, unless that is refused.
    Status pushed = writer_.Push(ticket, 1);
    if (!pushed.ok()) detached.reset(static_cast<Detached*>(ticket->context));
    return pushed;
  }

  Status SubmitPolled(Request request, std::uint64_t tag) {
    if (unpolled() >= static_cast<std::size_t>(options_.queue_max)) {
      return {StatusCode::kOverloaded,
              std::to_string(options_.queue_max) + " completions wait to be polled"};
    }
    return TrySubmit(std::move(request),
                     [this, tag](Reply reply) { Complete({tag, std::move(reply)}); });
  }

  std::vector<Completion> Poll(std::size_t max) {
    const std::lock_guard lock(completions_mutex_);
    std::vector<Completion> out;
    out.reserve(std::min(max, completions_.size()));  // From here on nothing throws: none is lost.
    while (!completions_.empty() && out.size() < max) {
      out.push_back(std::move(completions_.front()));
      completions_.pop_front();
    }
    if (completions_.empty()) {
      std::uint64_t ignored;
      (void)!read(poll_fd_, &ignored, sizeof ignored);  // Empty already: nothing to clear.
    }
    return out;
  }

  Status Close() {
    if (writer_.IsWriterThread())
      return {StatusCode::kClosed, "a callback must not close the service"};
    if (closed_.exchange(true)) return {StatusCode::kClosed, "the service is closed already"};
    writer_.Stop();
    return storage_->Close();
  }

  Storage& storage() override { return *storage_; }
  Time Now() override { return std::max(options_.clock->Now(), writer_.durable_time()); }
  int poll_fd() const { return poll_fd_; }
  ServiceStats stats() const { return writer_.stats(); }
  bool closed() const { return closed_; }

 private:
  Status Check(const RequestRef& request) const {
    if (closed_.load(std::memory_order_relaxed))
      return {StatusCode::kClosed, "the service is closed"};
    return request.order != nullptr ? Validate(*request.order) : Validate(*request.other);
  }
  std::size_t unpolled() {
    const std::lock_guard lock(completions_mutex_);
    return completions_.size();
  }
  void Complete(Completion completion) {
    const std::lock_guard lock(completions_mutex_);
    completions_.push_back(std::move(completion));
    if (completions_.size() > 1) return;  // The descriptor is readable already.
    const std::uint64_t one = 1;
    (void)!write(poll_fd_, &one, sizeof one);  // Cannot fail: the counter is 0 or 1.
  }

  std::unique_ptr<Storage> storage_;
  ServiceOptions options_;
  Writer writer_;
  std::atomic<bool> closed_{false};
  int poll_fd_;
  std::mutex completions_mutex_;
  std::deque<Completion> completions_;
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() {
  if (!impl_->closed()) (void)impl_->Close();
}

Result<std::unique_ptr<Service>> Service::Open(std::unique_ptr<Storage> storage,
                                               const ServiceOptions& options) {
  if (storage == nullptr) return Status(StatusCode::kInvalidArgument, "the storage is null");
  if (Status valid = CheckOptions(options); !valid.ok()) return valid;
  ServiceOptions complete = options;
  static_cast<EngineOptions&>(complete) = WithDefaults(options);
  auto impl = std::make_unique<Impl>(std::move(storage), complete);
  if (Status loaded = impl->Load(); !loaded.ok()) return loaded;
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Products Service::products() { return {impl_.get(), impl_.get()}; }
Drops Service::drops() { return {impl_.get(), impl_.get()}; }
Orders Service::orders() { return {impl_.get(), impl_.get()}; }
Follows Service::follows() { return {impl_.get(), impl_.get()}; }
Notifications Service::notifications() { return {impl_.get(), impl_.get()}; }
Audit Service::audit() { return Audit(impl_.get()); }
Accounts Service::accounts() { return {impl_.get(), impl_.get()}; }
Status Service::SubmitPolled(Request request, std::uint64_t tag) {
  return impl_->SubmitPolled(std::move(request), tag);
}
int Service::poll_fd() const { return impl_->poll_fd(); }
std::vector<Completion> Service::Poll(std::size_t max) { return impl_->Poll(max); }
ServiceStats Service::stats() const { return impl_->stats(); }
RequestPort& Service::requests() { return *impl_; }
ReadPort& Service::reads() { return *impl_; }
Status Service::Close() { return impl_->Close(); }

}  // namespace livedrops
