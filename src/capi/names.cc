// Names, and the proof that C and C++ use the same numbers.
#include <array>

#include "livedrops/c.h"
#include "livedrops/engine.h"
#include "livedrops/version.h"

using namespace livedrops;  // NOLINT: the functions below stand outside of a namespace

namespace {

#define SAME(c, cpp) static_assert(static_cast<int>(cpp) == (c))

SAME(LD_OK, StatusCode::kOk);
SAME(LD_INVALID_ARGUMENT, StatusCode::kInvalidArgument);
SAME(LD_NOT_FOUND, StatusCode::kNotFound);
SAME(LD_CLOSED, StatusCode::kClosed);
SAME(LD_OVERLOADED, StatusCode::kOverloaded);
SAME(LD_UNAVAILABLE, StatusCode::kUnavailable);
SAME(LD_OUTCOME_UNKNOWN, StatusCode::kOutcomeUnknown);
SAME(LD_CORRUPT, StatusCode::kCorrupt);
SAME(LD_UNSUPPORTED, StatusCode::kUnsupported);
SAME(LD_BROKEN_INVARIANT, StatusCode::kBrokenInvariant);

SAME(LD_OUTCOME_REPEATED, Outcome::repeated);
SAME(LD_OUTCOME_REPEATED_DIFFERS, Outcome::repeated_differs);
SAME(LD_OUTCOME_DROP_NOT_FOUND, Outcome::drop_not_found);
SAME(LD_OUTCOME_REQUEST_EXPIRED, Outcome::request_expired);
SAME(LD_OUTCOME_PRODUCT_MISMATCH, Outcome::product_mismatch);
SAME(LD_OUTCOME_DROP_CANCELLED, Outcome::drop_cancelled);
SAME(LD_OUTCOME_DROP_ENDED, Outcome::drop_ended);
SAME(LD_OUTCOME_DROP_NOT_STARTED, Outcome::drop_not_started);
SAME(LD_OUTCOME_DROP_PAUSED, Outcome::drop_paused);
SAME(LD_OUTCOME_QUANTITY_OUT_OF_RANGE, Outcome::quantity_out_of_range);
SAME(LD_OUTCOME_USER_LIMIT_EXCEEDED, Outcome::user_limit_exceeded);
SAME(LD_OUTCOME_SOLD_OUT, Outcome::sold_out);
SAME(LD_OUTCOME_HELD_OUT, Outcome::held_out);
SAME(LD_OUTCOME_HELD, Outcome::held);
SAME(LD_OUTCOME_CONFIRMED, Outcome::confirmed);
SAME(LD_OUTCOME_DONE, Outcome::done);
SAME(LD_OUTCOME_NOT_FOUND, Outcome::not_found);
SAME(LD_OUTCOME_ORDER_STATE, Outcome::order_state);
SAME(LD_OUTCOME_DROP_STATE, Outcome::drop_state);
SAME(LD_OUTCOME_CONFLICT, Outcome::conflict);
SAME(LD_OUTCOME_PRECONDITION_FAILED, Outcome::precondition_failed);
SAME(LD_OUTCOME_REFUND_DUE, Outcome::refund_due);
SAME(LD_OUTCOME_EMAIL_TAKEN, Outcome::email_taken);

SAME(LD_ORDER_HELD, OrderStatus::held);
SAME(LD_ORDER_CONFIRMED, OrderStatus::confirmed);
SAME(LD_ORDER_CANCELLED, OrderStatus::cancelled);
SAME(LD_ORDER_EXPIRED, OrderStatus::expired);

SAME(LD_DROP_SCHEDULED, DropStatus::scheduled);
SAME(LD_DROP_LIVE, DropStatus::live);
SAME(LD_DROP_SOLD_OUT, DropStatus::sold_out);
SAME(LD_DROP_PAUSED, DropStatus::paused);
SAME(LD_DROP_ENDED, DropStatus::ended);
SAME(LD_DROP_CANCELLED, DropStatus::cancelled);

SAME(LD_CONFIRMATION_DIRECT, Confirmation::direct);
SAME(LD_CONFIRMATION_HOLD, Confirmation::hold);
SAME(LD_LATE_CONFIRM_REFUSE, LateConfirm::refuse);
SAME(LD_LATE_CONFIRM_REHOLD, LateConfirm::rehold);
SAME(LD_LATE_CONFIRM_REFUND, LateConfirm::refund);
SAME(LD_HOLDS_AT_END_CONFIRM, HoldsAtEnd::confirm);
SAME(LD_HOLDS_AT_END_CANCEL, HoldsAtEnd::cancel);
SAME(LD_DROP_ACTION_START, DropAction::start);
SAME(LD_DROP_ACTION_PAUSE, DropAction::pause);
SAME(LD_DROP_ACTION_RESUME, DropAction::resume);
SAME(LD_DROP_ACTION_END, DropAction::end);
SAME(LD_DROP_ACTION_CANCEL, DropAction::cancel);

// A new outcome or status in C++ is missing above as long as these do not agree.
#define X(name, text) Outcome::name,
constexpr std::array kOutcomes = {LIVEDROPS_ORDER_OUTCOMES(X) LIVEDROPS_COMMAND_OUTCOMES(X)};
#undef X
#define X(name) OrderStatus::name,
constexpr std::array kOrderStatuses = {LIVEDROPS_ORDER_STATUSES(X)};
#undef X
#define X(name) DropStatus::name,
constexpr std::array kDropStatuses = {LIVEDROPS_DROP_STATUSES(X)};
#undef X
static_assert(kOutcomes.size() == LD_OUTCOME_EMAIL_TAKEN + 1);
static_assert(kOrderStatuses.size() == LD_ORDER_EXPIRED + 1);
static_assert(kDropStatuses.size() == LD_DROP_CANCELLED + 1);

static_assert(LD_ID_SIZE == 64 + 1 && LD_KEY_SIZE == 255 + 1 && LD_ORDER_ID_SIZE == 36 + 1);
static_assert(LD_HASH_SIZE == sizeof(Hash));

// The names are literals, so they end with NUL.
template <class Enum>
const char* NameOf(std::int32_t number, int last, std::string_view (*text)(Enum)) {
  return number < 0 || number > last ? "unknown" : text(static_cast<Enum>(number)).data();
}

}  // namespace

const char* ld_version(void) { return LIVEDROPS_VERSION; }

const char* ld_status_name(int32_t status) {
  return NameOf<StatusCode>(status, LD_BROKEN_INVARIANT, ToString);
}
const char* ld_outcome_name(int32_t outcome) {
  return NameOf<Outcome>(outcome, LD_OUTCOME_EMAIL_TAKEN, ToString);
}
const char* ld_outcome_text(int32_t outcome) {
  return NameOf<Outcome>(outcome, LD_OUTCOME_EMAIL_TAKEN, Explain);
}
const char* ld_order_status_name(int32_t status) {
  return NameOf<OrderStatus>(status, LD_ORDER_EXPIRED, ToString);
}
const char* ld_drop_status_name(int32_t status) {
  return NameOf<DropStatus>(status, LD_DROP_CANCELLED, ToString);
}

int ld_outcome_granted(int32_t outcome) {
  return outcome == LD_OUTCOME_HELD || outcome == LD_OUTCOME_CONFIRMED ? 1 : 0;
}
