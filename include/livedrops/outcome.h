// The fixed lists of the domain: outcomes in their rank, statuses, event types. Each list is
// written once, here; the enums, their names, the reference pages and the table tests come from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace livedrops {

// What was decided. For an order the first one that applies, in this order; the two that grant come
// last. X(name, text)
#define LIVEDROPS_ORDER_OUTCOMES(X)                                                          \
  X(repeated, "same key and request as an earlier order, whose first answer is given again") \
  X(repeated_differs, "the key was used with another request; nothing was done")             \
  X(drop_not_found, "there is no such drop")                                                 \
  X(request_expired, "the request's deadline passed before it was decided")                  \
  X(product_mismatch, "the drop sells another product")                                      \
  X(drop_cancelled, "the drop was cancelled")                                                \
  X(drop_ended, "the drop is over")                                                          \
  X(drop_not_started, "the drop has not started")                                            \
  X(drop_paused, "the drop is paused")                                                       \
  X(quantity_out_of_range, "more than one order may have, or an amount above 2^53-1")        \
  X(user_limit_exceeded, "more than the user may have: units of the drop, or live holds")    \
  X(sold_out, "fewer units are left, holds included, than were asked for")                   \
  X(held_out, "enough units are left only if live holds expire")                             \
  X(held, "the units are held until expires_at")                                             \
  X(confirmed, "the units are sold")

// Answers of the other commands. X(name, text)
#define LIVEDROPS_COMMAND_OUTCOMES(X)                                                 \
  X(done, "the change is made")                                                       \
  X(not_found, "there is no such order, product, creator or account")                 \
  X(order_state, "the order's state does not allow it")                               \
  X(drop_state, "the drop's state does not allow it")                                 \
  X(conflict, "it exists already with other content, or belongs to somebody else")    \
  X(precondition_failed, "the version is not the one the request was made for")       \
  X(refund_due, "the hold had expired and money is owed back; refundDue was written") \
  X(email_taken, "another account has this email")

enum class Outcome : std::uint8_t {
#define X(name, text) name,
  LIVEDROPS_ORDER_OUTCOMES(X) LIVEDROPS_COMMAND_OUTCOMES(X)
#undef X
};

// held -> confirmed | cancelled | expired, or confirmed at once.
#define LIVEDROPS_ORDER_STATUSES(X) X(held) X(confirmed) X(cancelled) X(expired)
enum class OrderStatus : std::uint8_t {
#define X(name) name,
  LIVEDROPS_ORDER_STATUSES(X)
#undef X
};

#define LIVEDROPS_DROP_STATUSES(X) X(scheduled) X(live) X(sold_out) X(paused) X(ended) X(cancelled)
enum class DropStatus : std::uint8_t {
#define X(name) name,
  LIVEDROPS_DROP_STATUSES(X)
#undef X
};

// Every state change is one row of the log and has one of these types, which are the audit's
// actions too. Stored as text, so the order may change. The last ones, from accountCreated on, are
// for the audit only and are published on no channel.
// clang-format off
#define LIVEDROPS_EVENT_TYPES(X)                                                                 \
  X(productCreated) X(productUpdated) X(productDeleted)                                          \
  X(dropScheduled) X(dropStart) X(dropPaused) X(dropResumed) X(dropUpdated) X(dropEnd)           \
  X(dropCancelled) X(restocked) X(lowStock) X(soldOut)                                           \
  X(orderHeld) X(orderConfirmed) X(orderExtended) X(orderCancelled) X(orderExpired) X(refundDue) \
  X(followed) X(unfollowed)                                                                      \
  X(accountCreated) X(accountDisabled) X(accountEnabled) X(accountErased) X(accountUpdated)      \
  X(sessionOpened) X(sessionRotated) X(sessionRevoked) X(notificationsRead) X(recovered)
// clang-format on
enum class EventType : std::uint8_t {
#define X(name) name,
  LIVEDROPS_EVENT_TYPES(X)
#undef X
};

enum class Confirmation : std::uint8_t { direct, hold };

std::string_view ToString(Outcome outcome);
std::string_view ToString(OrderStatus status);
std::string_view ToString(DropStatus status);
std::string_view ToString(EventType type);
std::string_view ToString(Confirmation confirmation);

// The sentence of the list above that explains an outcome.
std::string_view Explain(Outcome outcome);

std::optional<OrderStatus> ParseOrderStatus(std::string_view text);
std::optional<DropStatus> ParseDropStatus(std::string_view text);
std::optional<EventType> ParseEventType(std::string_view text);

// True for the outcomes that left the stock to the caller: held, confirmed.
inline bool Granted(Outcome outcome) {
  return outcome == Outcome::held || outcome == Outcome::confirmed;
}

}  // namespace livedrops
