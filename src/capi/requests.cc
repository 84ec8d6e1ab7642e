#include "capi/requests.h"

#include "capi/arguments.h"

namespace livedrops::capi {
namespace {

std::optional<std::int64_t> Given(std::int64_t number) {
  return number == LD_ABSENT ? std::nullopt : std::optional(number);
}
std::optional<Time> GivenTime(std::int64_t ms) {
  return ms == LD_ABSENT ? std::nullopt : std::optional(TimeFromMs(ms));
}
std::optional<std::string> GivenText(const char* text) {
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}
std::optional<std::uint64_t> GivenVersion(std::uint64_t version) {
  return version == 0 ? std::nullopt : std::optional(version);
}
std::string TextOf(const char* text) { return text == nullptr ? std::string() : text; }

// Who acts, and the key of the command: every command ends with them.
template <class From, class To>
void ReadActorAndKey(const From& from, To* to) {
  to->actor = IdOf<UserId>(from.actor);
  to->key = IdOf<Key>(from.key);
}

Status ReadOrderIdOf(const char* order, OrderId* to) { return ReadOrderId("order", order, to); }

// A status of a filter; LD_ANY_STATUS is none.
template <class Enum>
Status ReadStatus(std::int32_t from, Enum last, std::optional<Enum>* to) {
  if (from != LD_ANY_STATUS) *to = static_cast<Enum>(from);
  return CheckChoice("status", from, LD_ANY_STATUS, static_cast<std::int32_t>(last));
}

Status ReadPage(const char* cursor, std::int32_t limit, PageRequest* to) {
  to->limit = limit;
  return ReadOptionalText("cursor", cursor, &to->cursor);
}

}  // namespace

Status ReadRequest(const ld_shop_options_t& from, ServiceOptions* to) {
  Status status = CheckChoice("late_confirm", from.late_confirm, LD_LATE_CONFIRM_REFUSE,
                              LD_LATE_CONFIRM_REFUND);
  if (!status.ok()) return status;
  status = CheckChoice("holds_at_end", from.holds_at_end, LD_HOLDS_AT_END_CONFIRM,
                       LD_HOLDS_AT_END_CANCEL);
  to->late_confirm = static_cast<LateConfirm>(from.late_confirm);
  to->holds_at_end = static_cast<HoldsAtEnd>(from.holds_at_end);
  to->live_holds_per_user_max = from.live_holds_per_user_max;
  to->queue_max = from.queue_max;
  to->orders_per_drop_and_commit_max = from.orders_per_drop_and_commit_max;
  to->unknown_deadline = Duration(from.unknown_deadline_ms);
  return status;
}

// --- orders --------------------------------------------------------------------------------------

Status ReadRequest(const ld_place_order_t& from, PlaceOrder* to) {
  to->drop = IdOf<DropId>(from.drop);
  to->user = IdOf<UserId>(from.user);
  to->quantity = from.quantity;
  to->product = IdOf<ProductId>(from.product);
  to->deadline = GivenTime(from.deadline_ms);
  if (from.confirmation != LD_CONFIRMATION_OF_DROP) {
    to->hold = from.confirmation == LD_CONFIRMATION_HOLD;
  }
  if (from.ttl_seconds != 0) to->ttl_seconds = from.ttl_seconds;
  to->replace_hold = from.replace_hold != 0;
  ReadActorAndKey(from, to);
  return CheckChoice("confirmation", from.confirmation, LD_CONFIRMATION_OF_DROP,
                     LD_CONFIRMATION_HOLD);
}

Status ReadRequest(const ld_confirm_order_t& from, ConfirmOrder* to) {
  to->quantity = Given(from.quantity);
  ReadActorAndKey(from, to);
  return ReadOrderIdOf(from.order, &to->order);
}

Status ReadRequest(const ld_extend_order_t& from, ExtendOrder* to) {
  to->ttl_seconds = from.ttl_seconds;
  ReadActorAndKey(from, to);
  return ReadOrderIdOf(from.order, &to->order);
}

Status ReadRequest(const ld_cancel_order_t& from, CancelOrder* to) {
  to->quantity = Given(from.quantity);
  to->held_only = from.held_only != 0;
  ReadActorAndKey(from, to);
  return ReadOrderIdOf(from.order, &to->order);
}

// --- products ------------------------------------------------------------------------------------

Status ReadRequest(const ld_create_product_t& from, CreateProduct* to) {
  to->id = IdOf<ProductId>(from.id);
  to->creator = IdOf<CreatorId>(from.creator);
  to->name = TextOf(from.name);
  to->description = TextOf(from.description);
  to->price.minor_units = from.price_minor_units;
  ReadActorAndKey(from, to);
  return ReadCurrency("currency", from.currency, &to->price.currency);
}

Status ReadRequest(const ld_update_product_t& from, UpdateProduct* to) {
  to->id = IdOf<ProductId>(from.id);
  to->name = GivenText(from.name);
  to->description = GivenText(from.description);
  to->media_url = GivenText(from.media_url);
  to->if_version = GivenVersion(from.if_version);
  ReadActorAndKey(from, to);
  const bool price = from.price_minor_units != LD_ABSENT;
  if (!price && from.currency != nullptr) {
    return {StatusCode::kInvalidArgument, "currency is given without price_minor_units"};
  }
  if (!price) return OkStatus();
  to->price = Money{.minor_units = from.price_minor_units, .currency = {}};
  return ReadCurrency("currency", from.currency, &to->price->currency);
}

Status ReadRequest(const ld_delete_product_t& from, DeleteProduct* to) {
  to->id = IdOf<ProductId>(from.id);
  to->if_version = GivenVersion(from.if_version);
  ReadActorAndKey(from, to);
  return OkStatus();
}

// --- drops ---------------------------------------------------------------------------------------

Status ReadRequest(const ld_create_drop_t& from, CreateDrop* to) {
  to->id = IdOf<DropId>(from.id);
  to->product = IdOf<ProductId>(from.product);
  to->creator = IdOf<CreatorId>(from.creator);
  to->start_time = GivenTime(from.start_time_ms);
  to->end_time = TimeFromMs(from.end_time_ms);
  to->stock = from.stock;
  to->low_stock = from.low_stock;
  to->max_per_order = from.max_per_order;
  to->max_per_user = from.max_per_user;
  to->confirmation = static_cast<Confirmation>(from.confirmation == LD_CONFIRMATION_HOLD);
  to->hold_seconds = from.hold_seconds;
  ReadActorAndKey(from, to);
  if (from.end_time_ms == LD_ABSENT) {
    return {StatusCode::kInvalidArgument, "end_time_ms is missing"};
  }
  return CheckChoice("confirmation", from.confirmation, LD_CONFIRMATION_DIRECT,
                     LD_CONFIRMATION_HOLD);
}

Status ReadRequest(const ld_update_drop_t& from, UpdateDrop* to) {
  to->id = IdOf<DropId>(from.id);
  to->start_time = GivenTime(from.start_time_ms);
  to->end_time = GivenTime(from.end_time_ms);
  to->low_stock = Given(from.low_stock);
  to->max_per_order = Given(from.max_per_order);
  to->max_per_user = Given(from.max_per_user);
  to->price_minor_units = Given(from.price_minor_units);
  to->if_version = GivenVersion(from.if_version);
  ReadActorAndKey(from, to);
  return OkStatus();
}

Status ReadRequest(const ld_change_drop_t& from, ChangeDrop* to) {
  to->id = IdOf<DropId>(from.id);
  ReadActorAndKey(from, to);
  Status status = CheckChoice("action", from.action, LD_DROP_ACTION_START, LD_DROP_ACTION_CANCEL);
  if (status.ok()) to->action = static_cast<DropAction>(from.action);
  return status;
}

Status ReadRequest(const ld_restock_t& from, Restock* to) {
  to->id = IdOf<DropId>(from.id);
  to->quantity = from.quantity;
  ReadActorAndKey(from, to);
  return OkStatus();
}

// --- follows -------------------------------------------------------------------------------------

Status ReadRequest(const ld_follow_creator_t& from, FollowCreator* to) {
  to->creator = IdOf<CreatorId>(from.creator);
  to->user = IdOf<UserId>(from.user);
  to->follow = from.follow != 0;
  to->actor = IdOf<UserId>(from.actor);
  return OkStatus();
}

// --- lists ---------------------------------------------------------------------------------------

Status ReadRequest(const ld_page_request_t& from, PageRequest* to) {
  return ReadPage(from.cursor, from.limit, to);
}

Status ReadRequest(const ld_order_filter_t& from, OrderFilter* to) {
  Status status = ReadStatus(from.status, OrderStatus::expired, &to->status);
  return status.ok() ? ReadPage(from.cursor, from.limit, &to->page) : status;
}

Status ReadRequest(const ld_product_filter_t& from, ProductFilter* to) {
  to->creator = IdOf<CreatorId>(from.creator);
  to->page = from.page;
  to->limit = from.limit;
  return ReadStatus(from.status, DropStatus::cancelled, &to->status);
}

Status ReadRequest(const ld_drop_filter_t& from, DropFilter* to) {
  to->creator = IdOf<CreatorId>(from.creator);
  Status status = ReadStatus(from.status, DropStatus::cancelled, &to->status);
  return status.ok() ? ReadPage(from.cursor, from.limit, &to->page) : status;
}

Status ReadRequest(const ld_audit_filter_t& from, AuditFilter* to) {
  to->from = GivenTime(from.from_ms);
  to->to = GivenTime(from.to_ms);
  std::string action;
  Status status = ReadOptionalText("actor", from.actor, &to->actor);
  if (status.ok()) status = ReadOptionalText("subject", from.subject, &to->subject);
  if (status.ok()) status = ReadOptionalText("action", from.action, &action);
  if (status.ok()) status = ReadPage(from.cursor, from.limit, &to->page);
  if (!status.ok() || action.empty()) return status;
  to->action = ParseEventType(action);
  if (to->action) return status;
  return {StatusCode::kInvalidArgument, "action \"" + action.substr(0, 80) + "\" is no event type"};
}

Status ReadPosition(const ld_position_t& from, std::optional<Position>* to) {
  const std::size_t size = strnlen(from.epoch, sizeof from.epoch);
  if (size == sizeof from.epoch) {
    return {StatusCode::kInvalidArgument, "position.epoch does not end with NUL"};
  }
  if (size != 0) *to = Position{.epoch = std::string(from.epoch, size), .offset = from.offset};
  return OkStatus();
}

}  // namespace livedrops::capi
