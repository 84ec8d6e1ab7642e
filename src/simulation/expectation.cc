#include "simulation/expectation.h"

#include "base/form.h"

namespace livedrops::simulation {
namespace {

std::int32_t TtlOf(const PlaceOrder& place, const DropModel& drop) {
  if (!place.hold.value_or(drop.hold)) return 0;
  return place.ttl_seconds.value_or(drop.hold_seconds);
}

// The newest live hold of the user, which an order may replace.
const OrderModel* HoldOf(const DropModel& drop, const std::string& user, std::uint64_t seq) {
  for (auto order = drop.orders.rbegin(); order != drop.orders.rend(); ++order) {
    if ((*order)->user != user) continue;
    const OrderFacts* facts = (*order)->facts.At(seq);
    if (facts != nullptr && facts->status == OrderStatus::held) return *order;
  }
  return nullptr;
}

std::optional<Time> NextExpiry(const DropModel& drop, std::uint64_t seq) {
  std::optional<Time> next;
  for (const OrderModel* order : drop.orders) {
    const OrderFacts* facts = order->facts.At(seq);
    if (facts == nullptr || facts->status != OrderStatus::held) continue;
    next = next ? std::min(*next, facts->expires) : facts->expires;
  }
  return next;
}

// What limits and stock allow.
Expected ExpectStock(const Model& model, const PlaceOrder& place, const DropModel& drop,
                     const DropFacts& facts, std::uint64_t seq) {
  const std::string user = place.user.str();
  const std::int32_t ttl = TtlOf(place, drop);
  const OrderModel* replaced = place.replace_hold ? HoldOf(drop, user, seq) : nullptr;
  const std::int64_t freed = replaced == nullptr ? 0 : replaced->facts.At(seq)->quantity;
  const auto units_of_user = drop.units_of_user.find(user);
  const std::int64_t* units =
      units_of_user == drop.units_of_user.end() ? nullptr : units_of_user->second.At(seq);
  const std::int64_t wanted = (units == nullptr ? 0 : *units) - freed + place.quantity;
  if (facts.max_per_order != 0 && place.quantity > facts.max_per_order) {
    return {.outcome = Outcome::quantity_out_of_range};
  }
  if (facts.max_per_user != 0 && wanted > facts.max_per_user) {
    return {.outcome = Outcome::user_limit_exceeded};
  }
  const std::int64_t holds = model.LiveHolds(user, seq) - (replaced == nullptr ? 0 : 1);
  if (ttl != 0 && holds >= model.options().live_holds_per_user_max) {
    return {.outcome = Outcome::user_limit_exceeded};
  }
  if (place.quantity > facts.left()) {
    return {.outcome = Outcome::sold_out, .remaining = facts.current};
  }
  if (place.quantity > facts.current + freed) {
    return {.outcome = Outcome::held_out,
            .remaining = facts.current,
            .retry_at = NextExpiry(drop, seq)};
  }
  return {.outcome = ttl == 0 ? Outcome::confirmed : Outcome::held, .changes = true};
}

// --- keys --------------------------------------------------------------------------------------

std::string Scope(const char* name, const std::string& thing, const UserId& actor, const Key& key) {
  if (key.empty()) return "";
  return std::string(name) + "|" + thing + "|" + actor.str() + "|" + key.str();
}
std::string KeyOf(const ConfirmOrder& c) { return Scope("confirm", c.order.str(), c.actor, c.key); }
std::string KeyOf(const ExtendOrder& c) { return Scope("extend", c.order.str(), c.actor, c.key); }
std::string KeyOf(const CancelOrder& c) { return Scope("cancel", c.order.str(), c.actor, c.key); }
std::string KeyOf(const Restock& c) { return Scope("restock", c.id.str(), UserId(), c.key); }
std::string KeyOf(const ChangeDrop& c) { return Scope("changeDrop", c.id.str(), c.actor, c.key); }
std::string KeyOf(const UpdateDrop& c) { return Scope("updateDrop", c.id.str(), c.actor, c.key); }
std::string KeyOf(const UpdateProduct& c) {
  return Scope("updateProduct", c.id.str(), c.actor, c.key);
}
std::string KeyOf(const CreateProduct& c) {
  // Without a key the id makes the creation repeatable.
  if (c.key.empty()) return c.id.empty() ? "" : "createProduct|id|" + c.id.str();
  return "createProduct|" + (c.actor.empty() ? c.creator.str() : c.actor.str()) + "|" + c.key.str();
}
template <class T>
std::string KeyOf(const T&) {
  return "";
}
template <class T>
std::string KeyOf(const T& command, const Model&) {
  return KeyOf(command);
}
// Who names nobody acts as the product's creator.
std::string KeyOf(const CreateDrop& c, const Model& model) {
  if (c.key.empty()) return "";
  std::string actor = c.actor.empty() ? c.creator.str() : c.actor.str();
  if (actor.empty()) actor = model.CreatorOf(c.product.view());
  return "createDrop|" + actor + "|" + c.key.str();
}

// --- other requests ----------------------------------------------------------------------------

// A view of the model in one state.
struct At {
  const Model& model;
  std::uint64_t seq;
  Time earliest;
  Time latest;

  const DropFacts* Facts(const DropId& id) const {
    const DropModel* drop = model.FindDrop(id.view());
    return drop == nullptr ? nullptr : drop->facts.At(seq);
  }
  template <class Command>
  const KeyedRow* Key(const Command& command) const {
    const std::string key = KeyOf(command, model);
    const KeyedRow* row = key.empty() ? nullptr : model.FindKey(key);
    return row == nullptr || row->seq > seq ? nullptr : row;
  }
};

constexpr Expected kRepeated{.outcome = Outcome::done, .repeated = true};
constexpr Expected kChanges{.outcome = Outcome::done, .changes = true};

std::optional<Expected> Of(const ConfirmOrder& confirm, const At& at) {
  const OrderModel* order = at.model.FindOrder(confirm.order);
  const OrderFacts* facts = order == nullptr ? nullptr : order->facts.At(at.seq);
  if (facts == nullptr) return Expected{.outcome = Outcome::not_found};
  const std::int64_t units = confirm.quantity.value_or(facts->quantity);
  if (at.Key(confirm) != nullptr) return kRepeated;
  if (facts->status == OrderStatus::confirmed && units == facts->quantity) return kRepeated;
  if (facts->status == OrderStatus::expired) {
    const DropFacts& drop = *order->drop->facts.At(at.seq);
    const LateConfirm policy = at.model.options().late_confirm;
    if (facts->refund_due) return Expected{.outcome = Outcome::refund_due, .repeated = true};
    if (policy == LateConfirm::refuse || units > facts->quantity) {
      return Expected{.outcome = Outcome::order_state};
    }
    if (drop.started && !drop.final() && units <= drop.current) return kChanges;
    if (policy != LateConfirm::refund) return Expected{.outcome = Outcome::order_state};
    return Expected{.outcome = Outcome::refund_due, .changes = true};
  }
  if (facts->status != OrderStatus::held) return Expected{.outcome = Outcome::order_state};
  if (units > facts->quantity) return Expected{.outcome = Outcome::quantity_out_of_range};
  return kChanges;
}

std::optional<Expected> Of(const ExtendOrder& extend, const At& at) {
  const OrderModel* order = at.model.FindOrder(extend.order);
  const OrderFacts* facts = order == nullptr ? nullptr : order->facts.At(at.seq);
  if (facts == nullptr) return Expected{.outcome = Outcome::not_found};
  if (at.Key(extend) != nullptr) return kRepeated;
  if (facts->status != OrderStatus::held) return Expected{.outcome = Outcome::order_state};
  return kChanges;
}

std::optional<Expected> Of(const CancelOrder& cancel, const At& at) {
  const OrderModel* order = at.model.FindOrder(cancel.order);
  const OrderFacts* facts = order == nullptr ? nullptr : order->facts.At(at.seq);
  if (facts == nullptr) return Expected{.outcome = Outcome::not_found};
  if (at.Key(cancel) != nullptr) return kRepeated;
  if (facts->status == OrderStatus::cancelled && !cancel.quantity) return kRepeated;
  const bool lives = facts->status == OrderStatus::held ||
                     (facts->status == OrderStatus::confirmed && !cancel.held_only);
  if (!lives) return Expected{.outcome = Outcome::order_state};
  if (cancel.quantity.value_or(1) > facts->quantity) {
    return Expected{.outcome = Outcome::quantity_out_of_range};
  }
  return kChanges;
}

std::optional<Expected> Of(const Restock& restock, const At& at) {
  const DropFacts* facts = at.Facts(restock.id);
  if (facts == nullptr) return Expected{.outcome = Outcome::drop_not_found};
  if (const KeyedRow* earlier = at.Key(restock)) {
    const bool same = FormReader(earlier->body).NumberOr("quantity", 0) == restock.quantity;
    return same ? kRepeated : Expected{.outcome = Outcome::repeated_differs};
  }
  if (facts->cancelled) return Expected{.outcome = Outcome::drop_cancelled};
  if (facts->ended) return Expected{.outcome = Outcome::drop_ended};
  if (facts->current + restock.quantity < 0) return Expected{.outcome = Outcome::drop_state};
  return kChanges;
}

std::optional<Expected> Of(const ChangeDrop& change, const At& at) {
  const DropFacts* facts = at.Facts(change.id);
  if (facts == nullptr) return Expected{.outcome = Outcome::drop_not_found};
  if (at.Key(change) != nullptr) return kRepeated;
  const bool goes_on = !facts->final();
  bool holds = false;
  bool allowed = goes_on && facts->started;
  switch (change.action) {
    case DropAction::start:
      holds = goes_on && facts->started;
      allowed = goes_on;
      break;
    case DropAction::pause:
      holds = goes_on && facts->paused;
      break;
    case DropAction::resume:
      holds = goes_on && facts->started && !facts->paused;
      break;
    case DropAction::end:
      holds = facts->ended && !facts->cancelled;
      break;
    case DropAction::cancel:
      holds = facts->cancelled;
      allowed = goes_on;
      break;
  }
  if (holds) return kRepeated;
  return allowed ? kChanges : Expected{.outcome = Outcome::drop_state};
}

std::optional<Expected> Of(const UpdateDrop& update, const At& at) {
  const DropFacts* facts = at.Facts(update.id);
  if (facts == nullptr) return Expected{.outcome = Outcome::drop_not_found};
  if (at.Key(update) != nullptr) return kRepeated;
  if (update.if_version && *update.if_version != facts->version) {
    return Expected{.outcome = Outcome::precondition_failed};
  }
  const bool too_late = (update.start_time || update.price_minor_units) && facts->started;
  if (facts->final() || too_late) return Expected{.outcome = Outcome::drop_state};
  const Time end = update.end_time.value_or(facts->end);
  const Time latest = std::max(at.latest, at.model.LatestTime(at.seq));
  if (end <= update.start_time.value_or(facts->start) || end <= at.earliest) {
    return Expected{.status = StatusCode::kInvalidArgument};
  }
  if (end <= latest) return std::nullopt;  // It depends on the moment.
  const bool empty = !update.start_time && !update.end_time && !update.low_stock &&
                     !update.max_per_order && !update.max_per_user && !update.price_minor_units;
  return empty ? kRepeated : kChanges;
}

std::optional<Expected> Of(const FollowCreator& follow, const At& at) {
  const bool follows = at.model.Follows(follow.creator.str(), follow.user.str(), at.seq);
  return follows == follow.follow ? kRepeated : kChanges;
}

std::optional<Expected> Of(const MarkRead& mark, const At& at) {
  return mark.up_to <= at.model.Mark(mark.user.str(), at.seq) ? kRepeated : kChanges;
}

template <class T>
std::optional<Expected> Of(const T&, const At&) {
  return std::nullopt;
}

}  // namespace

Expected ExpectPlace(const Model& model, const PlaceOrder& place, std::uint64_t seq, bool expired) {
  const DropModel* drop = model.FindDrop(place.drop.view());
  const DropFacts* facts = drop == nullptr ? nullptr : drop->facts.At(seq);
  if (facts == nullptr) return {.outcome = Outcome::drop_not_found};
  const auto earlier = drop->order_of_key.find({place.user.str(), place.key.str()});
  const bool same_product = place.product.empty() || place.product.view() == drop->product;
  if (earlier != drop->order_of_key.end() && earlier->second->seq <= seq) {
    const OrderModel& order = *earlier->second;
    const bool same = same_product && order.quantity == place.quantity &&
                      order.ttl_seconds == TtlOf(place, *drop);
    if (!same) return {.outcome = Outcome::repeated_differs};
    return {.outcome = Outcome::repeated, .repeated = true};
  }
  if (expired) return {.outcome = Outcome::request_expired};
  if (!same_product) return {.outcome = Outcome::product_mismatch};
  if (facts->cancelled) return {.outcome = Outcome::drop_cancelled};
  if (facts->ended) return {.outcome = Outcome::drop_ended};
  if (!facts->started) {
    return {.outcome = Outcome::drop_not_started, .retry_at = facts->start};
  }
  if (facts->paused) return {.outcome = Outcome::drop_paused};
  return ExpectStock(model, place, *drop, *facts, seq);
}

std::optional<Expected> ExpectOther(const Model& model, const Request& request, std::uint64_t seq,
                                    Time earliest, Time latest) {
  const At at{model, seq, earliest, latest};
  return std::visit([&](const auto& command) { return Of(command, at); }, request);
}

std::string ScopedKey(const Request& request, const Model& model) {
  return std::visit([&](const auto& command) { return KeyOf(command, model); }, request);
}

}  // namespace livedrops::simulation
