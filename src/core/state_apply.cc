// Apply: what each kind of log row does to the state.
#include "base/form.h"
#include "base/mutant.h"
#include "core/state.h"
#include "livedrops/spi/log_text.h"

namespace livedrops {
namespace {

Status Contradicts(std::uint64_t seq, const char* why) {
  return {StatusCode::kCorrupt, "log row " + std::to_string(seq) + " " + why};
}

bool Lives(OrderStatus status) {
  return status == OrderStatus::held || status == OrderStatus::confirmed;
}

}  // namespace

Status State::CheckNext(std::uint64_t seq, std::uint64_t aggregate_seq,
                        std::uint64_t expected) const {
  if (seq != head_.seq + 1) {
    return Contradicts(seq, "does not follow the head");
  }
  if (aggregate_seq != expected + 1) return Contradicts(seq, "leaves a gap in its aggregate");
  return OkStatus();
}

Status State::Apply(const OrderRow& row, DropState* drop, const OrderHashes& hashes) {
  if (Status next = CheckNext(row.seq, row.aggregate_seq, drop->row.drop.version); !next.ok())
    return next;
  Touch(drop);
  Drop& facts = drop->row.drop;
  OrderRecord record;
  record.seq = row.seq;
  record.at_ms = ToMs(row.at);
  record.quantity = row.quantity;
  record.first_quantity = row.quantity;
  record.id_tag = TagOf(row.order_id);
  record.ttl_seconds = static_cast<std::uint16_t>(row.ttl_seconds);
  record.lives_ms = static_cast<std::uint32_t>(row.ttl_seconds) * 1000;
  record.status = row.ttl_seconds == 0 ? OrderStatus::confirmed : OrderStatus::held;
  if (drop->resident) {
    const std::uint32_t index = drop->Append(hashes, record);
    drop->users[drop->orders[index].user].units += static_cast<std::uint32_t>(row.quantity);
    if (undo_ != nullptr) undo_->OrderAppended(drop);
    AddSegment(row.seq, drop);
  }
  facts.version = row.aggregate_seq;
  facts.current_stock -= row.quantity;
  if (record.status == OrderStatus::held) {
    facts.held += row.quantity;
    CountHold(hashes.user, +1);
    OnUndo([this, user = hashes.user] { CountHold(user, -1); });
    drop->PlanExpiry(drop->orders.size() - 1);
    Replan(drop);
  }
  LD_ASSERT(facts.current_stock == row.balance);
  Advance(row.seq, row.hash, row.at);
  return OkStatus();
}

Status State::Apply(const EventRow& row) {
  const std::uint64_t expected = AggregateSeq(row.aggregate);
  if (Status next = CheckNext(row.seq, row.aggregate_seq, expected); !next.ok()) return next;
  const std::string id = row.aggregate.substr(row.aggregate.find(':') + 1);
  if (row.type == EventType::dropScheduled) {
    ScheduleDrop(row);
  } else if (row.aggregate.starts_with("drop:")) {
    DropState* drop = FindDrop(id);
    if (drop == nullptr) return Contradicts(row.seq, "is of an unknown drop");
    Touch(drop);
    drop->row.drop.version = row.aggregate_seq;
    if (row.order_seq != 0) {
      ApplyToOrder(drop, row);
    } else {
      ApplyToDrop(drop, row);
    }
    Replan(drop);
  } else if (row.aggregate.starts_with("creator:")) {
    TouchCreator(id).aggregate_seq = row.aggregate_seq;
    if (row.type == EventType::followed || row.type == EventType::unfollowed) ApplyFollow(row);
  } else if (row.aggregate.starts_with("user:")) {
    UserState& user = TouchUser(id);
    user.aggregate_seq = row.aggregate_seq;
    if (row.type == EventType::notificationsRead) {
      user.read_up_to = static_cast<std::uint64_t>(FormReader(row.body).NumberOr("upTo", 0));
    }
  }
  RememberKey(row);
  Advance(row.seq, row.hash, row.at);
  return OkStatus();
}

Status State::ApplyForeign(const OrderRow& row) {
  DropState* drop = FindDropNo(row.drop_no);
  if (drop == nullptr) return Contradicts(row.seq, "is of an unknown drop");
  if (ChainHash(row, drop->row.drop.id.view(), TypeOf(row)) != row.hash) {
    return Contradicts(row.seq, "breaks the hash chain");
  }
  return Apply(row, drop, HashesOf(row.user, row.key));
}

Status State::ApplyForeign(const EventRow& row) {
  if (ChainHash(row) != row.hash) return Contradicts(row.seq, "breaks the hash chain");
  return Apply(row);
}

void State::ScheduleDrop(const EventRow& row) {
  const FormReader body(row.body);
  DropRow made;
  Drop& drop = made.drop;
  made.drop_no = row.seq;
  made.changed_at = row.at;
  made.fingerprint = static_cast<std::uint64_t>(body.NumberOr("fingerprint", 0));
  drop.id = DropId(row.subject);
  drop.creator = CreatorId(row.creator);
  drop.product = ProductId(body.Text("product").value_or(""));
  drop.price.minor_units = body.NumberOr("price", 0);
  drop.price.currency = Currency::Parse(body.Text("currency").value_or("")).value_or(Currency());
  drop.init_stock = static_cast<std::int32_t>(body.NumberOr("stock", 0));
  drop.current_stock = drop.init_stock;
  drop.low_stock = static_cast<std::int32_t>(body.NumberOr("lowStock", 0));
  drop.max_per_order = static_cast<std::int32_t>(body.NumberOr("maxPerOrder", 0));
  drop.max_per_user = static_cast<std::int32_t>(body.NumberOr("maxPerUser", 0));
  drop.confirmation = body.NumberOr("hold", 0) != 0 ? Confirmation::hold : Confirmation::direct;
  drop.hold_seconds = static_cast<std::int32_t>(body.NumberOr("holdSeconds", 600));
  drop.start_time = TimeFromMs(body.NumberOr("start", 0));
  drop.end_time = TimeFromMs(body.NumberOr("end", 0));
  drop.version = row.aggregate_seq;
  drop.created_at = row.at;

  auto state = std::make_unique<DropState>(made);
  DropState* added = state.get();
  drops_by_id_[added->row.drop.id.view()] = added;
  drops_by_no_[made.drop_no] = added;
  drops_.push_back(std::move(state));
  OnUndo([this, added] {
    if (added->planned) due_.erase({*added->planned, added});
    drops_by_no_.erase(added->row.drop_no);
    drops_by_id_.erase(added->row.drop.id.view());
    drops_.pop_back();
  });
  added->touched_by = batch_;
  if (touched_ != nullptr) touched_->drops.push_back(added);
  Replan(added);
}

void State::ApplyToDrop(DropState* drop, const EventRow& row) {
  Drop& facts = drop->row.drop;
  switch (row.type) {
    case EventType::dropStart:
      drop->row.started = true;
      facts.start_time = std::min(facts.start_time, row.at);
      break;
    case EventType::dropPaused:
      drop->row.paused = true;
      break;
    case EventType::dropResumed:
      drop->row.paused = false;
      break;
    case EventType::dropEnd:
      drop->row.ended = true;
      facts.end_time = TimeFromMs(FormReader(row.body).NumberOr("end", ToMs(facts.end_time)));
      break;
    case EventType::dropCancelled:
      drop->row.cancelled = true;
      break;
    case EventType::dropUpdated:
      UpdateDrop(drop, row);
      break;
    case EventType::restocked:
      facts.adjust += row.delta;
      facts.current_stock += row.delta;
      LD_ASSERT(facts.current_stock == row.balance);
      break;
    default:
      break;  // lowStock, soldOut: they tell, they change nothing.
  }
}

void State::UpdateDrop(DropState* drop, const EventRow& row) {
  Drop& facts = drop->row.drop;
  const FormReader body(row.body);
  const auto number = [&](const char* name, std::int32_t* field) {
    *field = static_cast<std::int32_t>(body.NumberOr(name, *field));
  };
  number("lowStock", &facts.low_stock);
  number("maxPerOrder", &facts.max_per_order);
  number("maxPerUser", &facts.max_per_user);
  facts.price.minor_units = body.NumberOr("price", facts.price.minor_units);
  facts.start_time = TimeFromMs(body.NumberOr("start", ToMs(facts.start_time)));
  facts.end_time = TimeFromMs(body.NumberOr("end", ToMs(facts.end_time)));
}

void State::ApplyToOrder(DropState* drop, const EventRow& row) {
  Drop& facts = drop->row.drop;
  facts.current_stock += row.delta;
  if (!drop->resident) return;  // Final and without a live hold: only the stock can change.
  const std::uint32_t index = drop->FindSeq(row.order_seq);
  LD_ASSERT(index != SlotTable::kNone);
  if (index == SlotTable::kNone) return;
  const OrderRecord& order = drop->orders[index];
  const FormReader body(row.body);
  switch (row.type) {
    case EventType::orderConfirmed:
      ChangeOrder(drop, index, OrderStatus::confirmed,
                  static_cast<std::int32_t>(body.NumberOr("quantity", order.quantity)));
      break;
    case EventType::orderCancelled: {
      const auto left = static_cast<std::int32_t>(body.NumberOr("left", 0));
      if (left == 0) {
        ChangeOrder(drop, index, OrderStatus::cancelled, order.quantity);
      } else {
        ChangeOrder(drop, index, order.status, left);
      }
      break;
    }
    case EventType::orderExpired:
      ChangeOrder(drop, index, OrderStatus::expired, order.quantity);
      break;
    case EventType::orderExtended:
      ExtendOrder(drop, index, TimeFromMs(body.NumberOr("expires", 0)));
      break;
    default:
      break;  // refundDue tells, it changes nothing.
  }
}

void State::ChangeOrder(DropState* drop, std::uint32_t index, OrderStatus status,
                        std::int32_t quantity) {
  OrderRecord& order = drop->orders[index];
  UserRecord& user = drop->users[order.user];
  OnUndo([this, drop, index, saved = order, units = user.units] {
    OrderRecord& changed = drop->orders[index];
    UserRecord& owner = drop->users[changed.user];
    const bool held_now = DropState::IsLiveHold(changed);
    changed = saved;
    owner.units = units;
    if (DropState::IsLiveHold(saved) && !held_now) {
      CountHold(owner.user, +1);
      drop->PlanExpiry(index);
    }
  });
  if (Lives(order.status)) user.units -= static_cast<std::uint32_t>(order.quantity);
  if (order.status == OrderStatus::held) drop->row.drop.held -= order.quantity;
  if (order.status == OrderStatus::held && status != OrderStatus::held) CountHold(user.user, -1);
  order.status = status;
  order.quantity = quantity;
  if (Lives(status)) user.units += static_cast<std::uint32_t>(quantity);
  if (status == OrderStatus::held) drop->row.drop.held += quantity;
  if (touched_ != nullptr) {
    touched_->orders.push_back({order.seq, status, quantity, DropState::ExpiresAt(order)});
  }
}

void State::ExtendOrder(DropState* drop, std::uint32_t index, Time expires_at) {
  OrderRecord& order = drop->orders[index];
  OnUndo([drop, index, lives_ms = order.lives_ms] {
    drop->orders[index].lives_ms = lives_ms;
    drop->PlanExpiry(index);
  });
  order.lives_ms = static_cast<std::uint32_t>(ToMs(expires_at) - order.at_ms);
  drop->PlanExpiry(index);
  if (touched_ != nullptr) {
    touched_->orders.push_back({order.seq, order.status, order.quantity, expires_at});
  }
}

void State::ApplyFollow(const EventRow& row) {
  const std::string creator = row.aggregate.substr(row.aggregate.find(':') + 1);
  const bool follow = row.type == EventType::followed;
  const int change = follow ? +1 : -1;
  const Hash128 pair = FollowHash(creator, row.subject);
  if (follow) {
    follows_.insert(pair);
  } else {
    follows_.erase(pair);
  }
  OnUndo([this, pair, follow] {
    if (follow) {
      follows_.erase(pair);
    } else {
      follows_.insert(pair);
    }
  });
  creators_[creator].followers +=
      LD_MUTANT(follow_total_drifts) ? +1 : change;  // Saved and touched with its aggregate_seq.
  TouchUser(row.subject).following += change;
  if (touched_ != nullptr) {
    touched_->follows.push_back({CreatorId(creator), UserId(row.subject), row.at, follow});
  }
}

}  // namespace livedrops
