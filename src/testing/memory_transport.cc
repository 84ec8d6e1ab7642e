#include "livedrops/testing/memory_transport.h"

namespace livedrops {

class MemoryTransport : public Transport {
 public:
  explicit MemoryTransport(std::shared_ptr<MemoryTopic> topic) : topic_(std::move(topic)) {}

  Result<Position> ReadPosition() override {
    if (closed_) return ClosedStatus();
    return topic_->position();
  }

  Status Send(const EventBatch& batch, Duration) override {
    if (closed_) return ClosedStatus();
    const std::lock_guard lock(topic_->mutex_);
    const Position position{topic_->epoch_, topic_->events_.size()};
    if (Status checked = CheckBatch(batch, position); !checked.ok()) return checked;
    const std::span<const Event> events = NewEvents(batch, position);
    topic_->events_.insert(topic_->events_.end(), events.begin(), events.end());
    topic_->epoch_ = batch.epoch;
    return OkStatus();
  }

  Status Close() override {
    if (closed_) return ClosedStatus();
    closed_ = true;
    return OkStatus();
  }

 private:
  static Status ClosedStatus() { return {StatusCode::kClosed, "the transport is closed"}; }

  const std::shared_ptr<MemoryTopic> topic_;
  bool closed_ = false;
};

std::vector<Event> MemoryTopic::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

Position MemoryTopic::position() const {
  const std::lock_guard lock(mutex_);
  return {epoch_, events_.size()};
}

std::unique_ptr<Transport> NewMemoryTransport(std::shared_ptr<MemoryTopic> topic) {
  return std::make_unique<MemoryTransport>(std::move(topic));
}

}  // namespace livedrops
