// Decisions on orders. The rank of the outcomes is that of the list in outcome.h.
#include "base/form.h"
#include "base/mutant.h"
#include "core/decider.h"

namespace livedrops {
namespace {

constexpr Duration kHoldLifeMax{3'600'000};

// The part of an order id that differs between two histories of the same length, and between two
// orders that follow the same history: after a failover another one may come at this place.
std::uint32_t TagFor(const OrderRow& row, const Hash128& key, const Head& head) {
  std::uint64_t tag;
  std::memcpy(&tag, head.hash.data(), sizeof tag);
  for (const std::uint64_t word : {key.low, row.drop_no, static_cast<std::uint64_t>(row.quantity),
                                   static_cast<std::uint64_t>(row.ttl_seconds)}) {
    tag = (tag ^ word) * 0x9e3779b97f4a7c15;  // Odd: no bit of either is lost.
    tag ^= tag >> 32;
  }
  return static_cast<std::uint32_t>(tag) & kIdTagMask;
}

std::int32_t TtlOf(const PlaceOrder& order, const Drop& drop) {
  const bool hold = order.hold.value_or(drop.confirmation == Confirmation::hold);
  return hold ? order.ttl_seconds.value_or(drop.hold_seconds) : 0;
}

bool SameRequest(const PlaceOrder& order, const OrderRecord& record, const Drop& drop) {
  if (LD_MUTANT(key_without_fingerprint)) return true;
  const bool same_product = order.product.empty() || order.product == drop.product;
  return same_product && record.first_quantity == order.quantity &&
         record.ttl_seconds == TtlOf(order, drop);
}

}  // namespace

void Decider::Place(const PlaceOrder& order, const OrderHashes& hashes, DropState* drop,
                    Reply* reply) {
  Grant grant;
  if (drop != nullptr) grant = PlanGrant(order, hashes, *drop);
  reply->outcome = Rank(order, hashes, drop, grant);
  switch (reply->outcome) {
    case Outcome::repeated:
      reply->repeated = true;
      AnswerOrder(*drop, drop->orders[drop->FindOrder(hashes.key)],
                  !LD_MUTANT(repeat_tells_present), reply);
      return;
    case Outcome::drop_not_started:
      reply->retry_at = drop->row.drop.start_time;
      return;
    case Outcome::sold_out:
      reply->remaining = drop->row.drop.current_stock;
      return;
    case Outcome::held_out: {
      reply->remaining = drop->row.drop.current_stock;
      const auto next = drop->NextExpiring();
      if (next) reply->retry_at = DropState::ExpiresAt(drop->orders[*next]);
      return;
    }
    default:
      break;
  }
  if (!Granted(reply->outcome)) return;
  if (grant.replaced != SlotTable::kNone) {
    Command replace;
    replace.actor = order.actor.empty() ? order.user : order.actor;
    Reply ignored;
    CancelUnits(drop, grant.replaced, grant.replaced_units, replace, &ignored);
  }
  EmitOrder(order, hashes, drop, grant.ttl_seconds);
  reply->seq = drop->orders.back().seq;
  AnswerOrder(*drop, drop->orders.back(), true, reply);
}

Decider::Grant Decider::PlanGrant(const PlaceOrder& order, const OrderHashes& hashes,
                                  const DropState& drop) const {
  Grant grant;
  grant.ttl_seconds = TtlOf(order, drop.row.drop);
  if (order.replace_hold) {
    grant.replaced = drop.FindHold(drop.FindUser(hashes.user));
    if (grant.replaced != SlotTable::kNone) {
      grant.replaced_units = drop.orders[grant.replaced].quantity;
    }
  }
  return grant;
}

Outcome Decider::Rank(const PlaceOrder& order, const OrderHashes& hashes, DropState* drop,
                      const Grant& grant) const {
  if (drop == nullptr) return Outcome::drop_not_found;
  const std::uint32_t existing =
      LD_MUTANT(no_key_check) ? SlotTable::kNone : drop->FindOrder(hashes.key);
  if (existing != SlotTable::kNone) {
    const bool same = SameRequest(order, drop->orders[existing], drop->row.drop);
    return same ? Outcome::repeated : Outcome::repeated_differs;
  }
  const bool expired = order.deadline && now_ >= *order.deadline;
  if (expired && !LD_MUTANT(deadline_ignored)) return Outcome::request_expired;
  const Outcome state = RankState(order, *drop);
  if (state != Outcome::confirmed) return state;
  const Outcome stock = RankStock(order, hashes, *drop, grant);
  if (stock != Outcome::confirmed) return stock;
  return grant.ttl_seconds != 0 ? Outcome::held : Outcome::confirmed;
}

// What the drop's state forbids; `confirmed` for nothing.
Outcome Decider::RankState(const PlaceOrder& order, const DropState& drop) const {
  if (!order.product.empty() && order.product != drop.row.drop.product) {
    return Outcome::product_mismatch;
  }
  if (drop.row.cancelled) return Outcome::drop_cancelled;
  const Time clock = LD_MUTANT(stale_now) ? now_ - Duration(5'000) : now_;
  if (LD_MUTANT(stale_now) ? clock >= drop.row.drop.end_time : drop.row.ended) {
    return Outcome::drop_ended;
  }
  if (!drop.row.started) return Outcome::drop_not_started;
  if (drop.row.paused && !LD_MUTANT(pause_ignored)) return Outcome::drop_paused;
  return Outcome::confirmed;
}

// What limits and stock forbid; `confirmed` for nothing.
Outcome Decider::RankStock(const PlaceOrder& order, const OrderHashes& hashes,
                           const DropState& drop, const Grant& grant) const {
  const Drop& facts = drop.row.drop;
  if (facts.max_per_order != 0 && order.quantity > facts.max_per_order) {
    return Outcome::quantity_out_of_range;
  }
  if (facts.price.minor_units != 0 && order.quantity > kMoneyMax / facts.price.minor_units) {
    return Outcome::quantity_out_of_range;
  }
  if (facts.max_per_user != 0 && !LD_MUTANT(no_user_limit)) {
    const std::uint32_t user = drop.FindUser(hashes.user);
    const std::int64_t units = user == SlotTable::kNone ? 0 : drop.users[user].units;
    if (units - grant.replaced_units + order.quantity > facts.max_per_user) {
      return Outcome::user_limit_exceeded;
    }
  }
  if (grant.ttl_seconds != 0) {
    const int replaced = grant.replaced == SlotTable::kNone ? 0 : 1;
    if (state_.LiveHolds(hashes.user) - replaced >= options_.live_holds_per_user_max) {
      return Outcome::user_limit_exceeded;
    }
  }
  if (LD_MUTANT(no_stock_check)) return Outcome::confirmed;
  const std::int64_t left = std::int64_t{facts.current_stock} + facts.held;
  if (order.quantity > left - (LD_MUTANT(false_sold_out) ? 1 : 0)) return Outcome::sold_out;
  if (order.quantity > std::int64_t{facts.current_stock} + grant.replaced_units) {
    return Outcome::held_out;
  }
  return Outcome::confirmed;
}

void Decider::EmitOrder(const PlaceOrder& order, const OrderHashes& hashes, DropState* drop,
                        std::int32_t ttl_seconds) {
  const Level before = LevelOf(*drop);
  const Drop& facts = drop->row.drop;
  OrderRow& row = batch_->orders.emplace_back();
  row.seq = state_.head().seq + 1;
  row.drop_no = drop->row.drop_no;
  row.aggregate_seq = facts.version + 1;
  row.at = now_;
  row.user = order.user.view();
  if (order.actor != order.user) row.actor = order.actor.view();
  row.key = order.key.view();
  row.quantity = static_cast<std::int32_t>(order.quantity);
  row.amount = facts.price.minor_units * order.quantity;
  row.balance = facts.current_stock - row.quantity;
  row.ttl_seconds = ttl_seconds;
  const std::uint32_t tag = TagFor(row, hashes.key, state_.head());
  row.order_id = MakeOrderId(ToMs(now_), row.seq, tag).bytes();
  const EventType type = ttl_seconds == 0 ? EventType::orderConfirmed : EventType::orderHeld;
  row.hash = state_.ChainHash(row, facts.id.view(), type);
  const Status applied = state_.Apply(row, drop, hashes);
  LD_ASSERT(applied.ok());
  EmitCrossings(*drop, before);
}

std::uint32_t Decider::FindOrder(const OrderId& id, const DropState* drop) {
  if (drop == nullptr) return SlotTable::kNone;
  const std::uint32_t index = drop->FindSeq(SeqOf(id));
  if (index == SlotTable::kNone || drop->IdOf(drop->orders[index]) != id) return SlotTable::kNone;
  return index;
}

void Decider::Decide(const ConfirmOrder& confirm, DropState* drop, Reply* reply) {
  const std::uint32_t index = FindOrder(confirm.order, drop);
  if (index == SlotTable::kNone) {
    reply->outcome = Outcome::not_found;
    return;
  }
  const OrderRecord& order = drop->orders[index];
  Command command = Identify("confirm|" + confirm.order.str(), confirm.actor, confirm.key,
                             std::to_string(confirm.quantity.value_or(0)));
  const KeyCheck key = CheckKey(&command, reply);
  const std::int64_t units = confirm.quantity.value_or(order.quantity);
  if (key == KeyCheck::kDiffers) return;
  if (order.status == OrderStatus::confirmed && units == order.quantity) reply->repeated = true;
  if (reply->repeated) {
    // Nothing to do.
  } else if (order.status == OrderStatus::expired) {
    ConfirmLate(confirm, drop, index, command, reply);
  } else if (order.status != OrderStatus::held) {
    reply->outcome = Outcome::order_state;
  } else if (units > order.quantity) {
    reply->outcome = Outcome::quantity_out_of_range;
  } else {
    ConfirmUnits(drop, index, static_cast<std::int32_t>(units), command, reply);
  }
  AnswerOrder(*drop, order, false, reply);
}

void Decider::ConfirmUnits(DropState* drop, std::uint32_t index, std::int32_t units,
                           const Command& command, Reply* reply) {
  const Level before = LevelOf(*drop);
  const OrderRecord& order = drop->orders[index];
  const bool held = DropState::IsLiveHold(order);
  const std::int32_t delta = held ? order.quantity - units : -units;
  EventRow row = OrderEvent(EventType::orderConfirmed, *drop, index, command.actor.view(), delta);
  row.body = FormWriter()
                 .Add("drop", drop->row.drop.id.view())
                 .Add("quantity", units)
                 .Add("amount", drop->row.drop.price.minor_units * units)
                 .Take();
  EmitForCommand(std::move(row), command, reply);
  EmitCrossings(*drop, before);
}

void Decider::ConfirmLate(const ConfirmOrder& confirm, DropState* drop, std::uint32_t index,
                          const Command& command, Reply* reply) {
  const OrderRecord& order = drop->orders[index];
  const std::int64_t units = confirm.quantity.value_or(order.quantity);
  const bool goes_on = !drop->final() && drop->row.started;
  // Once per order, whoever asks and with whatever key: the key of the row says so, also after a
  // restart.
  Command refund = command;
  refund.scoped_key = "refundDue|" + confirm.order.str();
  refund.fingerprint = 1;
  reply->outcome = Outcome::order_state;
  if (state_.FindKey(refund.scoped_key) != nullptr) {
    reply->outcome = Outcome::refund_due;
    reply->repeated = true;
  } else if (options_.late_confirm == LateConfirm::refuse || units > order.quantity) {
    return;
  } else if (goes_on && units <= drop->row.drop.current_stock) {
    ConfirmUnits(drop, index, static_cast<std::int32_t>(units), command, reply);
  } else if (options_.late_confirm == LateConfirm::refund) {
    EventRow row = OrderEvent(EventType::refundDue, *drop, index, command.actor.view(), 0);
    row.body = FormWriter()
                   .Add("drop", drop->row.drop.id.view())
                   .Add("quantity", units)
                   .Add("amount", drop->row.drop.price.minor_units * units)
                   .Take();
    EmitForCommand(std::move(row), refund, reply);
    reply->outcome = Outcome::refund_due;
  }
}

void Decider::Decide(const livedrops::ExtendOrder& extend, DropState* drop, Reply* reply) {
  const std::uint32_t index = FindOrder(extend.order, drop);
  if (index == SlotTable::kNone) {
    reply->outcome = Outcome::not_found;
    return;
  }
  const OrderRecord& order = drop->orders[index];
  Command command = Identify("extend|" + extend.order.str(), extend.actor, extend.key,
                             std::to_string(extend.ttl_seconds));
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  if (key == KeyCheck::kNew && order.status != OrderStatus::held) {
    reply->outcome = Outcome::order_state;
  } else if (key == KeyCheck::kNew) {
    const Time latest = TimeFromMs(order.at_ms) + kHoldLifeMax;
    const Time expires = std::min(now_ + std::chrono::seconds(extend.ttl_seconds), latest);
    EventRow row = OrderEvent(EventType::orderExtended, *drop, index, command.actor.view(), 0);
    row.body =
        FormWriter().Add("drop", drop->row.drop.id.view()).Add("expires", ToMs(expires)).Take();
    EmitForCommand(std::move(row), command, reply);
  }
  AnswerOrder(*drop, order, false, reply);
}

void Decider::Decide(const CancelOrder& cancel, DropState* drop, Reply* reply) {
  const std::uint32_t index = FindOrder(cancel.order, drop);
  if (index == SlotTable::kNone) {
    reply->outcome = Outcome::not_found;
    return;
  }
  const OrderRecord& order = drop->orders[index];
  Command command = Identify("cancel|" + cancel.order.str(), cancel.actor, cancel.key,
                             std::to_string(cancel.quantity.value_or(0)));
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  const bool lives = order.status == OrderStatus::held ||
                     (order.status == OrderStatus::confirmed && !cancel.held_only);
  if (key == KeyCheck::kRepeated) {
    // Nothing to do.
  } else if (order.status == OrderStatus::cancelled && !cancel.quantity) {
    reply->repeated = true;
  } else if (!lives) {
    reply->outcome = Outcome::order_state;
  } else if (cancel.quantity.value_or(1) > order.quantity) {
    reply->outcome = Outcome::quantity_out_of_range;
  } else {
    const std::int64_t units = cancel.quantity.value_or(order.quantity);
    CancelUnits(drop, index, static_cast<std::int32_t>(units), command, reply);
  }
  AnswerOrder(*drop, order, false, reply);
}

void Decider::CancelUnits(DropState* drop, std::uint32_t index, std::int32_t units,
                          const Command& command, Reply* reply) {
  const Level before = LevelOf(*drop);
  const OrderRecord& order = drop->orders[index];
  const std::int32_t returned = LD_MUTANT(cancel_returns_all) ? order.quantity : units;
  EventRow row =
      OrderEvent(EventType::orderCancelled, *drop, index, command.actor.view(), returned);
  if (command.due) row.at = *command.due;
  row.body = FormWriter()
                 .Add("drop", drop->row.drop.id.view())
                 .Add("quantity", units)
                 .Add("left", order.quantity - units)
                 .Take();
  EmitForCommand(std::move(row), command, reply);
  EmitCrossings(*drop, before);
}

void Decider::EmitExpiry(DropState* drop, std::uint32_t index, Time at) {
  const Level before = LevelOf(*drop);
  const std::int32_t units = drop->orders[index].quantity;
  const std::int32_t returned = LD_MUTANT(expiry_returns_twice) ? 2 * units : units;
  EventRow row = OrderEvent(EventType::orderExpired, *drop, index, "livedrops", returned);
  row.at = LD_MUTANT(due_at_now) ? now_ : at;
  row.body = FormWriter().Add("drop", drop->row.drop.id.view()).Add("quantity", units).Take();
  Emit(std::move(row));
  EmitCrossings(*drop, before);
}

void Decider::AnswerOrder(const DropState& drop, const OrderRecord& order, bool first_answer,
                          Reply* reply) const {
  Order& answer = reply->order;
  answer.id = drop.IdOf(order);
  answer.drop = drop.row.drop.id;
  answer.product = drop.row.drop.product;
  answer.quantity = first_answer ? order.first_quantity : order.quantity;
  answer.amount = {drop.row.drop.price.minor_units * answer.quantity, drop.row.drop.price.currency};
  answer.created_at = TimeFromMs(order.at_ms);
  answer.seq = order.seq;
  answer.status = order.status;
  if (first_answer) {
    answer.status = order.ttl_seconds == 0 ? OrderStatus::confirmed : OrderStatus::held;
    if (order.ttl_seconds != 0) {
      answer.expires_at = answer.created_at + std::chrono::seconds(order.ttl_seconds);
    }
  } else if (order.status == OrderStatus::held) {
    answer.expires_at = DropState::ExpiresAt(order);
  }
}

}  // namespace livedrops
