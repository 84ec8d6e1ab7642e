#include "host.h"

#include <unistd.h>

#include <algorithm>

#include "lives.h"

namespace livedrops::python {
namespace {

[[noreturn]] void ThrowClosed() { Throw(StatusCode::kClosed, "the shop is closed"); }

}  // namespace

void HearSignals() {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

Host::Host(HostOptions options, Callers callers)
    : options_(std::move(options)),
      callers_(callers),
      // One drop may own half of the queue: a part of a batch that is bigger would be refused.
      batch_rows_(std::clamp<std::size_t>(
          static_cast<std::size_t>(std::max(options_.service.queue_max, 0) + 1) / 2, 1,
          kBatchRowsMax)),
      process_(getpid()) {
  options_.service.clock = options_.clock.clock();
  options_.service.ids = options_.ids.ids();
}

bool Host::forked() const { return getpid() != process_; }

GilRelease Host::LeaveGil() const {
  if (forked()) {
    Throw(StatusCode::kClosed,
          "the shop was opened before this process was forked: open it again here");
  }
  if (InsideCallback()) {
    Throw(StatusCode::kClosed, "a storage, clock or id source must not call a shop");
  }
  if (closed_) ThrowClosed();
  return GilRelease();
}

Host::Lease Host::Use() {
  ThrowIfBad(options_.clock.Check());
  Lease lease;
  if (callers_ == Callers::one) {
    lease.alone = std::unique_lock(mutex_);
  } else {
    lease.shared = std::shared_lock(mutex_);
  }
  if (closed_) ThrowClosed();
  return lease;
}

void Host::Place(std::vector<PlaceOrder>& orders, std::vector<Reply>& replies) {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  families_->orders.PlaceBatch(orders, replies);
}

void Host::Follow(std::vector<FollowCreator>& follows, std::vector<Reply>& replies) {
  const GilRelease release = LeaveGil();
  const auto use = Use();
  families_->follows.SetBatch(follows, replies);
}

}  // namespace livedrops::python
