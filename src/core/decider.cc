#include "core/decider.h"

#include "base/form.h"
#include "base/mutant.h"

namespace livedrops {
namespace {

// Who acts when nobody asked: starts, ends and expiries by time.
constexpr std::string_view kSystemActor = "livedrops";

// The channel of a creator carries these events of his drops.
bool GoesToCreator(EventType type) {
  switch (type) {
    case EventType::dropScheduled:
    case EventType::dropStart:
    case EventType::soldOut:
    case EventType::dropEnd:
    case EventType::dropCancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Decider::Begin(Batch* batch, Time now) {
  batch_ = batch;
  state_.MoveTime(now);
  now_ = state_.time();
}

bool Decider::EmitDue(DropState* drop, int* budget) {
  const Duration late = LD_MUTANT(confirm_expired) ? Duration(60'000) : Duration(0);
  for (auto due = drop->NextDue(); due && *due + late <= now_; due = drop->NextDue()) {
    if (*budget <= 0) return false;
    const std::size_t rows = batch_->events.size();
    const auto hold = drop->NextExpiring();
    const bool expiry_first = hold && DropState::ExpiresAt(drop->orders[*hold]) <= *due;
    if (expiry_first) {
      EmitExpiry(drop, *hold, *due);
    } else if (!drop->row.started && drop->row.drop.start_time <= *due) {
      EmitStart(drop, *due, kSystemActor, nullptr, nullptr);
    } else {
      EmitEnd(drop, *due, kSystemActor, nullptr, nullptr);
    }
    *budget -= static_cast<int>(batch_->events.size() - rows);
  }
  return true;
}

std::uint64_t Decider::Fingerprint(const std::string& text) const {
  // 63 bits, so that every database can keep it as a signed number. Never 0, which means none.
  return (state_.HashesOf(text, "").key.low >> 1) | 1;
}

Decider::Command Decider::Identify(std::string_view scope, const UserId& actor, const Key& key,
                                   const std::string& request_text) const {
  Command command;
  command.actor = actor;
  if (command.actor.empty()) command.actor = UserId(kSystemActor);
  if (!key.empty()) {
    command.scoped_key.append(scope)
        .append("|")
        .append(actor.view())
        .append("|")
        .append(key.view());
    command.fingerprint = Fingerprint(request_text);
  }
  return command;
}

Decider::KeyCheck Decider::CheckKey(Command* command, Reply* reply) const {
  if (command->scoped_key.empty()) return KeyCheck::kNew;
  const KeyRecord* earlier = state_.FindKey(command->scoped_key);
  if (earlier == nullptr) return KeyCheck::kNew;
  if (earlier->fingerprint != command->fingerprint) {
    reply->outcome = Outcome::repeated_differs;
    return KeyCheck::kDiffers;
  }
  reply->repeated = true;
  reply->seq = earlier->seq;
  command->earlier = earlier;
  return KeyCheck::kRepeated;
}

EventRow Decider::DropEvent(EventType type, const DropState& drop, std::string_view actor) const {
  const Drop& facts = drop.row.drop;
  EventRow row;
  row.type = type;
  row.aggregate = "drop:" + facts.id.str();
  row.at = now_;
  row.actor = actor;
  row.subject = facts.id.view();
  row.drop_no = drop.row.drop_no;
  if (GoesToCreator(type)) row.creator = facts.creator.view();
  return row;
}

EventRow Decider::OrderEvent(EventType type, const DropState& drop, std::uint32_t index,
                             std::string_view actor, std::int32_t delta) const {
  const OrderRecord& order = drop.orders[index];
  EventRow row = DropEvent(type, drop, actor);
  row.subject = drop.IdOf(order).str();
  row.order_seq = order.seq;
  row.delta = delta;
  if (delta != 0) row.balance = drop.row.drop.current_stock + delta;
  return row;
}

EventRow Decider::CreatorEvent(EventType type, std::string_view creator, std::string_view subject,
                               std::string_view actor) const {
  EventRow row;
  row.type = type;
  row.aggregate = "creator:" + std::string(creator);
  row.at = now_;
  row.actor = actor;
  row.subject = subject;
  return row;
}

EventRow Decider::UserEvent(EventType type, std::string_view user, std::string_view subject,
                            std::string_view actor) const {
  EventRow row = CreatorEvent(type, user, subject, actor);
  row.aggregate = "user:" + std::string(user);
  return row;
}

void Decider::Emit(EventRow row) {
  row.seq = state_.head().seq + 1;
  if (row.type == EventType::dropScheduled) row.drop_no = row.seq;
  row.aggregate_seq = state_.AggregateSeq(row.aggregate) + 1;
  row.hash = state_.ChainHash(row);
  const Status applied = state_.Apply(row);
  LD_ASSERT(applied.ok());
  batch_->events.push_back(std::move(row));
}

void Decider::EmitForCommand(EventRow row, const Command& command, Reply* reply) {
  row.key = command.scoped_key;
  row.fingerprint = command.fingerprint;
  // Hashed with the row: nobody may take a key away unseen and have the command done again, nor
  // make a repetition look like another command.
  if (!row.key.empty()) {
    row.body = FormWriter(std::move(row.body))
                   .Add("key", row.key)
                   .Add("request", static_cast<std::int64_t>(row.fingerprint))
                   .Take();
  }
  Emit(std::move(row));
  if (reply == nullptr) return;
  reply->outcome = Outcome::done;
  reply->seq = state_.head().seq;
}

void Decider::EmitCrossings(const DropState& drop, const Level& before) {
  const Level after = LevelOf(drop);
  const std::int32_t low = drop.row.drop.low_stock;
  if ((before.current > low || LD_MUTANT(low_stock_repeats)) && after.current <= low &&
      after.current != before.current) {
    EventRow row = DropEvent(EventType::lowStock, drop, kSystemActor);
    row.body = FormWriter().Add("currentStock", after.current).Add("lowStock", low).Take();
    Emit(std::move(row));
  }
  if (before.left > 0 && after.left == 0 && !LD_MUTANT(sold_out_missing)) {
    Emit(DropEvent(EventType::soldOut, drop, kSystemActor));
  }
}

EventRow Decider::BarrierRow(const Head& found, Time now) {
  EventRow row;
  row.type = EventType::recovered;
  // An aggregate of its own: how many barriers there are is not known before the log was read
  // again.
  row.aggregate = "shop:" + std::to_string(found.seq + 1);
  row.aggregate_seq = 1;
  row.at = std::max(now, state_.time());
  row.actor = kSystemActor;
  row.subject = "shop";
  row.seq = found.seq + 1;
  row.body = FormWriter().Add("head", static_cast<std::int64_t>(found.seq)).Take();
  return row;
}

void Decider::AnswerDrop(const DropState& drop, Reply* reply) const {
  auto facts = std::make_shared<Drop>(drop.row.drop);
  facts->status = StatusAt(drop.row, now_);
  reply->drop = std::move(facts);
}

void Decider::Decide(const MarkRead& mark, Reply* reply) {
  if (mark.up_to <= state_.User(mark.user.str()).read_up_to) {
    reply->repeated = true;
    return;
  }
  const std::uint64_t up_to = std::min(mark.up_to, state_.head().seq);
  EventRow row =
      UserEvent(EventType::notificationsRead, mark.user.view(), mark.user.view(), mark.user.view());
  row.body = FormWriter().Add("upTo", static_cast<std::int64_t>(up_to)).Take();
  Emit(std::move(row));
  reply->seq = state_.head().seq;
}

}  // namespace livedrops
