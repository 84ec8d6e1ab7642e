#include "cli/replay_decider.h"

#include <algorithm>

#include "livedrops/spi/order_port.h"

namespace livedrops::cli {
namespace {

// Enough for a few full commits; a batch waits for its slowest drop.
constexpr std::size_t kBatch = 4'096;

Status AtLine(std::uint64_t line, const Status& status) {
  return {status.code(), "line " + std::to_string(line) + ": " + status.message()};
}

}  // namespace

ReplayDecider::UserAtDrop* ReplayDecider::UserOf(const RetailLine& line) {
  return &users_[line.code + " " + line.user];
}

Status ReplayDecider::Decide(const RetailLine& line) {
  return line.cancels ? Cancel(line, line.quantity) : Order(line);
}

Status ReplayDecider::Order(const RetailLine& line) {
  PlaceOrder order;
  order.drop = DropId(line.code);
  order.user = UserId(line.user);
  order.key = Key(line.key);
  order.quantity = line.quantity;
  UserAtDrop* user = UserOf(line);
  ++user->waiting;
  batch_.push_back({order, user, 0, line.number});
  return batch_.size() < kBatch ? OkStatus() : Flush();
}

// Newest first. The answers of the user's own orders must be known; those of others need not be,
// because the drop decides in the order in which the batch is written down.
Status ReplayDecider::Cancel(const RetailLine& line, std::int64_t units) {
  UserAtDrop* user = UserOf(line);
  if (user->waiting != 0) {
    if (Status flushed = Flush(); !flushed.ok()) return flushed;
  }
  for (auto sold = user->sold.rbegin(); sold != user->sold.rend() && units > 0; ++sold) {
    const std::int64_t part = std::min(units, sold->left);
    if (part == 0) continue;
    CancelOrder cancel;
    cancel.order = sold->id;
    cancel.quantity = part;
    cancel.actor = UserId(line.user);
    cancel.key = Key(line.key);
    batch_.push_back({cancel, nullptr, part, line.number});
    sold->left -= part;
    units -= part;
  }
  report_.unmatched_cancel_units += units;
  return batch_.size() < kBatch ? OkStatus() : Flush();
}

Status ReplayDecider::LookUp(const RetailLine& line, bool goes_on) {
  UserAtDrop* user = UserOf(line);
  if (!line.cancels) {
    const PastOrder* order = past_->FindOrder(line.code, line.user, line.key);
    ++report_.orders[order != nullptr ? "repeated" : "refused_before"];
    if (order != nullptr) user->sold.push_back({order->id, order->quantity});
    return OkStatus();
  }
  std::int64_t units = line.quantity;
  if (const auto* cancels = past_->FindCancels(line.code, line.user, line.key)) {
    for (const PastCancel& cancel : *cancels) {
      units -= cancel.units;
      const auto sold = std::ranges::find(user->sold, cancel.order, &Sold::id);
      if (sold != user->sold.end()) sold->left -= cancel.units;
    }
  }
  return goes_on && units > 0 ? Cancel(line, units) : OkStatus();
}

Status ReplayDecider::Flush() {
  std::vector<RequestRef> refs(batch_.size());
  std::vector<Reply> replies(batch_.size());
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    refs[i].order = std::get_if<PlaceOrder>(&batch_[i].request);
    if (refs[i].order == nullptr) refs[i].other = &batch_[i].request;
  }
  if (!refs.empty()) service_.requests().Execute(refs, replies);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (Status taken = TakeAnswer(batch_[i], replies[i]); !taken.ok()) return taken;
  }
  batch_.clear();
  return OkStatus();
}

Status ReplayDecider::TakeAnswer(const Sent& sent, const Reply& reply) {
  if (!reply.status.ok()) return AtLine(sent.line, reply.status);
  if (sent.user != nullptr) {
    TakeOrder(sent, reply);
  } else if (reply.outcome == Outcome::done) {
    report_.cancelled_units += sent.units;
  } else {
    // Somebody else has cancelled the order meanwhile.
    report_.unmatched_cancel_units += sent.units;
  }
  return OkStatus();
}

void ReplayDecider::TakeOrder(const Sent& sent, const Reply& reply) {
  --sent.user->waiting;
  ++report_.orders[std::string(ToString(reply.outcome))];
  if (Granted(reply.outcome) || reply.outcome == Outcome::repeated) {
    sent.user->sold.push_back({reply.order.id, reply.order.quantity});
  }
}

}  // namespace livedrops::cli
