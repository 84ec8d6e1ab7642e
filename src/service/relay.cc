#include "livedrops/relay.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "service/relay_steps.h"

namespace livedrops {
namespace {

Status CheckOptions(const RelayOptions& options) {
  const auto check = [](const char* name, std::int64_t value, std::int64_t most) {
    if (value >= 1 && value <= most) return OkStatus();
    return Status(StatusCode::kInvalidArgument, std::string(name) + " " + std::to_string(value) +
                                                    " is not in 1.." + std::to_string(most));
  };
  constexpr std::int64_t kMinuteMs = 60'000;
  Status status = check("batch_events_max", options.batch_events_max, 10'000);
  if (status.ok()) status = check("poll_interval", options.poll_interval.count(), kMinuteMs);
  if (status.ok()) status = check("send_deadline", options.send_deadline.count(), 10 * kMinuteMs);
  if (status.ok()) status = check("backoff_first", options.backoff_first.count(), 10 * kMinuteMs);
  if (!status.ok()) return status;
  return check("backoff_longest", options.backoff_longest.count(), 10 * kMinuteMs);
}

}  // namespace

class Relay::Impl {
 public:
  Impl(Storage& storage, std::unique_ptr<Transport> transport, const RelayOptions& options)
      : transport_(std::move(transport)),
        poll_interval_(options.poll_interval),
        steps_(storage, *transport_, options, std::random_device()()),
        thread_([this] { Run(); }) {}

  RelayProgress progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
  }

  Status WaitFor(std::uint64_t seq, Duration deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, deadline,
                      [&] { return progress_.sent_seq >= seq || stopped_itself_ || stopping_; });
    if (progress_.sent_seq >= seq) return OkStatus();
    if (stopped_itself_) return progress_.error;
    if (stopping_) return {StatusCode::kClosed, "the relay was stopped"};
    return {StatusCode::kUnavailable, "the transport has event " +
                                          std::to_string(progress_.sent_seq) + ", not yet " +
                                          std::to_string(seq) + Reason(progress_.error)};
  }

  Status Stop() {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return {StatusCode::kClosed, "the relay was stopped already"};
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    Status closed = transport_->Close();
    return stopped_itself_ ? progress().error : closed;
  }

 private:
  static std::string Reason(const Status& error) {
    return error.ok() ? std::string() : ": " + error.ToString();
  }

  void Run() {
    while (!stopping()) {
      const RelaySteps::Next next = steps_.Step();
      Publish(next);
      if (next == RelaySteps::Next::stop) return;
      if (next == RelaySteps::Next::idle) Wait(poll_interval_);
      if (next == RelaySteps::Next::retry) Wait(steps_.retry_after());
    }
    const std::lock_guard lock(mutex_);
    progress_.running = false;
    changed_.notify_all();
  }

  void Publish(RelaySteps::Next next) {
    const std::lock_guard lock(mutex_);
    progress_ = steps_.progress();
    stopped_itself_ = next == RelaySteps::Next::stop;
    changed_.notify_all();
  }

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void Wait(Duration duration) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, duration, [this] { return stopping_; });
  }

  const std::unique_ptr<Transport> transport_;
  const Duration poll_interval_;
  RelaySteps steps_;  // Of the relay's thread.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RelayProgress progress_;
  bool stopped_itself_ = false;
  bool stopping_ = false;
  std::thread thread_;  // The last member: it uses the others.
};

Result<std::unique_ptr<Relay>> Relay::Start(Storage& storage, std::unique_ptr<Transport> transport,
                                            const RelayOptions& options) {
  if (transport == nullptr) return Status(StatusCode::kInvalidArgument, "no transport");
  if (Status checked = CheckOptions(options); !checked.ok()) return checked;
  return std::unique_ptr<Relay>(
      new Relay(std::make_unique<Impl>(storage, std::move(transport), options)));
}

Relay::Relay(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Relay::~Relay() { static_cast<void>(Stop()); }  // Who wants to know calls Stop.

RelayProgress Relay::progress() const { return impl_->progress(); }
Status Relay::WaitFor(std::uint64_t seq, Duration deadline) {
  return impl_->WaitFor(seq, deadline);
}
Status Relay::Stop() { return impl_->Stop(); }

}  // namespace livedrops
