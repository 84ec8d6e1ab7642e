#include "livedrops/testing/faulty_transport.h"

namespace livedrops {
namespace {

Status Unavailable() { return {StatusCode::kUnavailable, "injected fault: unavailable"}; }
Status Unknown() { return {StatusCode::kOutcomeUnknown, "injected fault: the answer is lost"}; }
Status Refused() { return {StatusCode::kInvalidArgument, "injected fault: refused"}; }

class FaultyTransport : public Transport {
 public:
  FaultyTransport(std::unique_ptr<Transport> inner, TransportFaultPlan plan)
      : inner_(std::move(inner)), plan_(std::move(plan)) {}

  Result<Position> ReadPosition() override {
    const TransportFault fault = plan_(TransportCall::read_position, ++reads_);
    if (fault == TransportFault::none) return inner_->ReadPosition();
    if (fault != TransportFault::after) return Unavailable();
    const Result<Position> lost = inner_->ReadPosition();
    return lost.ok() ? Unknown() : lost.status();
  }

  Status Send(const EventBatch& batch, Duration deadline) override {
    const TransportFault fault = plan_(TransportCall::send, ++sends_);
    switch (fault) {
      case TransportFault::none:
        return inner_->Send(batch, deadline);
      case TransportFault::before:
        return Unavailable();
      case TransportFault::half:
      case TransportFault::refused:
        return SendHalf(batch, deadline, fault == TransportFault::half ? Unavailable() : Refused());
      case TransportFault::after:
        break;
    }
    Status lost = inner_->Send(batch, deadline);
    return lost.ok() ? Unknown() : lost;
  }

  Status Close() override { return inner_->Close(); }

 private:
  // One event has no half: nothing arrives.
  Status SendHalf(const EventBatch& batch, Duration deadline, Status fault) {
    const std::span<const Event> half = batch.events.first(batch.events.size() / 2);
    if (half.empty()) return fault;
    Status sent = inner_->Send({batch.epoch, half}, deadline);
    return sent.ok() ? fault : sent;
  }

  const std::unique_ptr<Transport> inner_;
  const TransportFaultPlan plan_;
  std::uint64_t reads_ = 0;
  std::uint64_t sends_ = 0;
};

}  // namespace

std::unique_ptr<Transport> NewFaultyTransport(std::unique_ptr<Transport> inner,
                                              TransportFaultPlan plan) {
  return std::make_unique<FaultyTransport>(std::move(inner), std::move(plan));
}

}  // namespace livedrops
