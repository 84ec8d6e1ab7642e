#include "base/batch_sequence.h"

namespace livedrops {
namespace {

Status Broken(std::string_view what, std::uint64_t number) {
  return {StatusCode::kBrokenInvariant, std::string(what) + ": " + std::to_string(number)};
}

}  // namespace

Status CheckSequence(const CommitBatch& batch, const Head& old_head) {
  Head head = old_head;
  auto order = batch.orders.begin();
  auto event = batch.events.begin();
  while (order != batch.orders.end() || event != batch.events.end()) {
    if (order != batch.orders.end() && order->seq == head.seq + 1) {
      if (order->user.empty() || order->key.empty()) {
        return Broken("order without user or key", order->seq);
      }
      head = {order->seq, order->hash};
      ++order;
    } else if (event != batch.events.end() && event->seq == head.seq + 1) {
      if (event->aggregate.empty()) return Broken("event without aggregate", event->seq);
      head = {event->seq, event->hash};
      ++event;
    } else {
      return Broken("no row for log position", head.seq + 1);
    }
  }
  return head == batch.head ? OkStatus() : Broken("head is not the last row's", batch.head.seq);
}

}  // namespace livedrops
