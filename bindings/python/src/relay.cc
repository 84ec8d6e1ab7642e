#include "relay.h"

#include <unistd.h>

#include <algorithm>

#include "module.h"
#include "record.h"

namespace livedrops::python {
namespace {

constexpr std::int64_t kSignalPeriodMs = 50;  // How soon a waiting thread hears of Ctrl-C.

void RegisterProgress(py::module_& module) {
  Record<RelayProgress> record(module, "RelayProgress", "How far a relay is.");
  record.Field("sent_seq", &RelayProgress::sent_seq, "The last event the transport durably has.")
      .Field("head_seq", &RelayProgress::head_seq, "The last one of the log, when last looked at.")
      .Field("events", &RelayProgress::events, "Handed over since the start, repeats included.")
      .Field("batches", &RelayProgress::batches)
      .Field("failures", &RelayProgress::failures)
      .Property(
          "error",
          [](const RelayProgress& progress) {
            return progress.error.ok() ? std::nullopt : std::optional(progress.error.ToString());
          },
          [](RelayProgress& progress, const std::optional<std::string>& error) {
            progress.error = error ? Status(StatusCode::kUnavailable, *error) : OkStatus();
          },
          "Why nothing goes on now; None while it works.")
      .Field("running", &RelayProgress::running, "False: stopped, or no retry helps.");
  record.python_class().def_property_readonly("lag", &RelayProgress::lag,
                                              "Events that wait in the log.");
}

std::shared_ptr<RelayHost> StartWith(const py::object& source, const py::object& transport,
                                     int batch_events_max, std::int64_t poll_interval_ms,
                                     std::int64_t send_deadline_ms, std::int64_t backoff_first_ms,
                                     std::int64_t backoff_longest_ms) {
  RelayOptions options;
  options.batch_events_max = batch_events_max;
  options.poll_interval = Duration(poll_interval_ms);
  options.send_deadline = Duration(send_deadline_ms);
  options.backoff_first = Duration(backoff_first_ms);
  options.backoff_longest = Duration(backoff_longest_ms);
  return RelayHost::Start(source, transport, options);
}

}  // namespace

RelayHost::RelayHost() : process_(getpid()) {}

std::shared_ptr<RelayHost> RelayHost::Start(const py::object& source, const py::object& transport,
                                            const RelayOptions& options) {
  std::shared_ptr<RelayHost> self(new RelayHost);
  self->parts_ = std::make_shared<Parts>();
  Parts& parts = *self->parts_;
  if (py::isinstance<Host>(source)) {
    parts.host = source.cast<std::shared_ptr<Host>>();
    if (parts.host->closed()) Throw(StatusCode::kClosed, "the shop is closed");
  } else {
    parts.storage = TakeStorage(source, {.create = false, .read_only = true});
  }
  std::unique_ptr<Transport> taken = TakeTransport(transport);
  parts.life = Life(self);
  const GilRelease release;
  parts.relay = Unwrap(Relay::Start(self->storage(), std::move(taken), options));
  return self;
}

RelayHost::~RelayHost() {
  if (forked()) {
    (void)new std::shared_ptr(parts_);  // Its thread is in the parent: not even to be freed here.
    return;
  }
  if (InsideCallback() || InsideTransport()) {
    DestroyElsewhere(std::move(parts_));
    return;
  }
  if (PyGILState_Check() == 0) return;
  const GilRelease release;  // A transport in Python needs it to close.
  parts_.reset();
}

bool RelayHost::forked() const { return getpid() != process_; }

Storage& RelayHost::storage() const {
  return parts_->host ? parts_->host->storage() : *parts_->storage;
}

void RelayHost::CheckUsable() const {
  if (forked()) {
    Throw(StatusCode::kClosed,
          "the relay was started before this process was forked: start it again here");
  }
  if (InsideCallback() || InsideTransport()) {
    Throw(StatusCode::kClosed, "a transport or storage must not wait for a relay");
  }
}

RelayProgress RelayHost::progress() const {
  if (forked()) CheckUsable();
  return parts_->relay->progress();
}

std::uint64_t RelayHost::ReadHead() {
  CheckUsable();
  const GilRelease release;
  return Unwrap(storage().ReadHead()).seq;
}

void RelayHost::WaitFor(std::uint64_t seq, std::optional<std::int64_t> timeout_ms) {
  CheckUsable();
  std::int64_t left = std::max<std::int64_t>(timeout_ms.value_or(kSignalPeriodMs), 0);
  for (;;) {
    const std::int64_t slice = std::min(left, kSignalPeriodMs);
    Status waited;
    {
      std::optional<GilRelease> release;
      if (!stopped_) release.emplace();
      waited = parts_->relay->WaitFor(seq, Duration(slice));
    }
    if (waited.ok()) return;
    HearSignals();
    if (timeout_ms) left -= slice;
    const bool late = timeout_ms && left <= 0;
    if (late || waited.code() != StatusCode::kUnavailable) ThrowIfBad(waited);
  }
}

void RelayHost::Stop() {
  CheckUsable();
  stopped_ = true;
  const GilRelease release;
  const std::lock_guard alone(stopping_);  // Whoever comes second waits until it has ended.
  if (!std::exchange(ended_, true)) ThrowIfBad(parts_->relay->Stop());
}

void RelayHost::Close() {
  if (!forked()) Stop();
}

void RegisterRelay(py::module_& module) {
  using py::arg;
  RegisterProgress(module);
  py::class_<RelayHost, std::shared_ptr<RelayHost>>(module, "Relay", "livedrops::Relay.")
      .def(py::init(&StartWith), arg("source"), arg("transport"), py::kw_only(),
           arg("batch_events_max"), arg("poll_interval_ms"), arg("send_deadline_ms"),
           arg("backoff_first_ms"), arg("backoff_longest_ms"))
      .def("progress", &RelayHost::progress)
      .def("wait_for", &RelayHost::WaitFor, arg("seq"), arg("timeout_ms"))
      .def("head", &RelayHost::ReadHead)
      .def("stop", &RelayHost::Stop, "The second time it only waits until the first is done.")
      .def_property_readonly("stopped", &RelayHost::stopped);
}

}  // namespace livedrops::python
