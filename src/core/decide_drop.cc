// Decisions on drops.
#include "base/form.h"
#include "base/mutant.h"
#include "core/decider.h"

namespace livedrops {
namespace {

std::string TextOf(const CreateDrop& create) {
  FormWriter text;
  text.Add("id", create.id.view()).Add("product", create.product.view());
  text.Add("creator", create.creator.view());
  if (create.start_time) text.Add("start", ToMs(*create.start_time));
  text.Add("end", ToMs(create.end_time))
      .Add("stock", create.stock)
      .Add("lowStock", create.low_stock);
  text.Add("maxPerOrder", create.max_per_order).Add("maxPerUser", create.max_per_user);
  text.Add("hold", create.confirmation == Confirmation::hold ? 1 : 0);
  text.Add("holdSeconds", create.hold_seconds);
  return text.Take();
}

std::string BodyOf(const CreateDrop& create, const Product& product, Time start,
                   std::uint64_t fingerprint) {
  return FormWriter()
      .Add("creator", product.creator.view())
      .Add("product", create.product.view())
      .Add("price", product.price.minor_units)
      .Add("currency", product.price.currency.view())
      .Add("stock", create.stock)
      .Add("lowStock", create.low_stock)
      .Add("maxPerOrder", create.max_per_order)
      .Add("maxPerUser", create.max_per_user)
      .Add("hold", create.confirmation == Confirmation::hold ? 1 : 0)
      .Add("holdSeconds", create.hold_seconds)
      .Add("start", ToMs(start))
      .Add("end", ToMs(create.end_time))
      .Add("fingerprint", static_cast<std::int64_t>(fingerprint))
      .Take();
}

std::string BodyOf(const livedrops::UpdateDrop& update) {
  FormWriter body;
  if (update.start_time) body.Add("start", ToMs(*update.start_time));
  if (update.end_time) body.Add("end", ToMs(*update.end_time));
  if (update.low_stock) body.Add("lowStock", *update.low_stock);
  if (update.max_per_order) body.Add("maxPerOrder", *update.max_per_order);
  if (update.max_per_user) body.Add("maxPerUser", *update.max_per_user);
  if (update.price_minor_units) body.Add("price", *update.price_minor_units);
  return body.Take();
}

}  // namespace

void Decider::Decide(const CreateDrop& create, const PendingTables& tables, Reply* reply) {
  const std::string text = TextOf(create);
  const auto fingerprint = Fingerprint(text);
  const Result<Product> product = tables.GetProduct(create.product);
  UserId actor = create.actor.empty() ? UserId(create.creator.view()) : create.actor;
  // Else two creators who name nobody would share their keys.
  if (actor.empty() && product.ok()) actor = UserId(product->creator.view());
  Command command = Identify("createDrop", actor, create.key, text);
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  const DropState* earlier = state_.FindDrop(
      key == KeyCheck::kRepeated ? std::string_view(command.earlier->subject) : create.id.view());
  if (earlier != nullptr) {
    const bool same = key == KeyCheck::kRepeated || earlier->row.fingerprint == fingerprint;
    reply->outcome = same ? Outcome::done : Outcome::conflict;
    reply->repeated = same;
    if (same && create.id.empty()) {
      AnswerScheduled(create, *earlier, *command.earlier, reply);
    } else if (same) {
      AnswerDrop(*earlier, reply);
    }
    return;
  }
  if (product.status().code() == StatusCode::kNotFound) {
    reply->outcome = Outcome::not_found;
    return;
  }
  if (!product.ok()) {
    reply->status = product.status();
    return;
  }
  if (!create.creator.empty() && create.creator != product->creator) {
    reply->outcome = Outcome::conflict;
    return;
  }
  const Time start = create.start_time.value_or(now_);
  if (create.end_time <= now_ || create.end_time <= start) {
    reply->status = {StatusCode::kInvalidArgument,
                     "end_time must be later than now and than start_time: " +
                         std::to_string(ToMs(create.end_time))};
    return;
  }
  EventRow row;
  row.type = EventType::dropScheduled;
  row.subject = create.id.empty() ? options_.ids->NewId(now_) : create.id.str();
  row.aggregate = "drop:" + row.subject;
  row.at = now_;
  row.actor = actor.view();
  row.creator = product->creator.view();
  row.body = BodyOf(create, *product, start, fingerprint);
  const std::string id = row.subject;
  EmitForCommand(std::move(row), command, reply);
  DropState* drop = state_.FindDrop(id);
  int budget = 1000;
  EmitDue(drop, &budget);
  AnswerDrop(*drop, reply);
}

// Whoever gave no id is told of the drop that was made, whatever became of it since. Its request is
// the same by the fingerprint; a start that was due was decided together with it.
void Decider::AnswerScheduled(const CreateDrop& create, const DropState& drop,
                              const KeyRecord& made, Reply* reply) {
  DropRow row = drop.row;
  Drop& facts = row.drop;
  facts.price.minor_units = made.price;
  facts.adjust = 0;
  facts.current_stock = facts.init_stock;
  facts.held = 0;
  facts.low_stock = static_cast<std::int32_t>(create.low_stock);
  facts.max_per_order = static_cast<std::int32_t>(create.max_per_order);
  facts.max_per_user = static_cast<std::int32_t>(create.max_per_user);
  facts.start_time = create.start_time.value_or(made.at);
  facts.end_time = create.end_time;
  row.started = facts.start_time <= made.at;
  row.paused = row.ended = row.cancelled = false;
  facts.version = row.started ? 2 : 1;
  facts.status = StatusAt(row, made.at);
  reply->drop = std::make_shared<Drop>(facts);
}

void Decider::Decide(const livedrops::UpdateDrop& update, DropState* drop, Reply* reply) {
  if (drop == nullptr) {
    reply->outcome = Outcome::drop_not_found;
    return;
  }
  const std::string body = BodyOf(update);
  Command command = Identify("updateDrop|" + update.id.str(), update.actor, update.key, body);
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  const Drop& facts = drop->row.drop;
  const Time start = update.start_time.value_or(facts.start_time);
  const Time end = update.end_time.value_or(facts.end_time);
  if (key == KeyCheck::kRepeated) {
    // Nothing to do.
  } else if (update.if_version && *update.if_version != facts.version) {
    reply->outcome = Outcome::precondition_failed;
  } else if (drop->final() ||
             ((update.start_time || update.price_minor_units) && drop->row.started)) {
    reply->outcome = Outcome::drop_state;
  } else if (end <= now_ || end <= start) {
    reply->status = {
        StatusCode::kInvalidArgument,
        "end_time must be later than now and than start_time: " + std::to_string(ToMs(end))};
  } else if (body.empty()) {
    reply->repeated = true;
  } else {
    EventRow row = DropEvent(EventType::dropUpdated, *drop, command.actor.view());
    row.body = body;
    EmitForCommand(std::move(row), command, reply);
    int budget = 1000;
    EmitDue(drop, &budget);
  }
  AnswerDrop(*drop, reply);
}

void Decider::Decide(const ChangeDrop& change, DropState* drop, Reply* reply) {
  if (drop == nullptr) {
    reply->outcome = Outcome::drop_not_found;
    return;
  }
  const auto action = static_cast<int>(change.action);
  Command command =
      Identify("changeDrop|" + change.id.str(), change.actor, change.key, std::to_string(action));
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  const DropRow& row = drop->row;
  const std::string_view actor = command.actor.view();
  // What already holds is done again; what the state forbids is refused.
  bool holds = key == KeyCheck::kRepeated;
  bool allowed = !drop->final();
  switch (change.action) {
    case DropAction::start:
      holds |= row.started && !drop->final();
      break;
    case DropAction::pause:
      holds |= row.paused && !drop->final();
      allowed = allowed && row.started;
      break;
    case DropAction::resume:
      holds |= !row.paused && row.started && !drop->final();
      allowed = allowed && row.started;
      break;
    case DropAction::end:
      holds |= row.ended && !row.cancelled;
      allowed = allowed && row.started;
      break;
    case DropAction::cancel:
      holds |= row.cancelled;
      break;
  }
  if (holds) {
    reply->repeated = true;
  } else if (!allowed) {
    reply->outcome = Outcome::drop_state;
  } else if (change.action == DropAction::start) {
    EmitStart(drop, now_, actor, &command, reply);
  } else if (change.action == DropAction::end) {
    EmitEnd(drop, now_, actor, &command, reply);
  } else if (change.action == DropAction::cancel) {
    EmitForCommand(DropEvent(EventType::dropCancelled, *drop, actor), command, reply);
    CancelHolds(drop, now_, actor);
  } else {
    const bool pause = change.action == DropAction::pause;
    const EventType type = pause ? EventType::dropPaused : EventType::dropResumed;
    EmitForCommand(DropEvent(type, *drop, actor), command, reply);
  }
  AnswerDrop(*drop, reply);
}

void Decider::EmitStart(DropState* drop, Time at, std::string_view actor, const Command* command,
                        Reply* reply) {
  EventRow row = DropEvent(EventType::dropStart, *drop, actor);
  // A start that was planned for before the drop existed happens when it is made.
  row.at = std::max(at, drop->row.drop.created_at);
  EmitForCommand(std::move(row), command == nullptr ? Command{} : *command, reply);
}

void Decider::EmitEnd(DropState* drop, Time at, std::string_view actor, const Command* command,
                      Reply* reply) {
  Time end = std::min(at, drop->row.drop.end_time);
  // An order of this very millisecond stays inside the window, which excludes its end.
  if (drop->orders.size() != 0) {
    end = std::max(end, TimeFromMs(drop->orders.back().at_ms + 1));
  }
  EventRow row = DropEvent(EventType::dropEnd, *drop, actor);
  row.at = std::max(at, drop->row.drop.created_at);
  row.body = FormWriter().Add("end", ToMs(end)).Take();
  EmitForCommand(std::move(row), command == nullptr ? Command{} : *command, reply);
  if (options_.holds_at_end == HoldsAtEnd::cancel) CancelHolds(drop, at, actor);
}

void Decider::CancelHolds(DropState* drop, Time at, std::string_view actor) {
  Command command;
  command.actor = UserId(actor);
  command.due = at;
  for (auto hold = drop->NextExpiring(); hold; hold = drop->NextExpiring()) {
    CancelUnits(drop, *hold, drop->orders[*hold].quantity, command, nullptr);
  }
}

void Decider::Decide(const Restock& restock, DropState* drop, Reply* reply) {
  if (drop == nullptr) {
    reply->outcome = Outcome::drop_not_found;
    return;
  }
  // The adjustment id is the drop's, whoever sends it.
  Command command =
      Identify("restock|" + restock.id.str(), {}, restock.key, std::to_string(restock.quantity));
  if (!restock.actor.empty()) command.actor = restock.actor;
  if (LD_MUTANT(restock_key_ignored)) command.scoped_key.clear();
  const KeyCheck key = CheckKey(&command, reply);
  if (key == KeyCheck::kDiffers) return;
  const Drop& facts = drop->row.drop;
  if (key == KeyCheck::kRepeated) {
    // Nothing to do.
  } else if (drop->final()) {
    reply->outcome = drop->row.cancelled ? Outcome::drop_cancelled : Outcome::drop_ended;
  } else if (std::int64_t{facts.init_stock} + facts.adjust + restock.quantity > kQuantityMax) {
    reply->outcome = Outcome::quantity_out_of_range;
  } else if (facts.current_stock + restock.quantity < 0) {
    reply->outcome = Outcome::drop_state;
  } else {
    const Level before = LevelOf(*drop);
    EventRow row = DropEvent(EventType::restocked, *drop, command.actor.view());
    row.delta = static_cast<std::int32_t>(restock.quantity);
    row.balance = facts.current_stock + row.delta;
    row.body = FormWriter().Add("quantity", restock.quantity).Take();
    EmitForCommand(std::move(row), command, reply);
    EmitCrossings(*drop, before);
  }
  AnswerDrop(*drop, reply);
}

}  // namespace livedrops
