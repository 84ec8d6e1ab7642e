// Problems: every error answer of the server, RFC 9457 application/problem+json, from one table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/reply.h"
#include "livedrops/server/http.h"

namespace livedrops::server {

// X(name, code, status, title): the table of CONTRACT §3. The enum, the codes on the wire, the
// statuses and the reference page come from it.
// clang-format off
#define LIVEDROPS_PROBLEMS(X)                                                                     \
  X(malformed_json, "malformed-json", 400, "the body is not JSON")                                \
  X(invalid_field, "invalid-field", 400, "a member or parameter is not as it must be")            \
  X(missing_idempotency_key, "missing-idempotency-key", 400, "an idempotency key is needed")      \
  X(invalid_cursor, "invalid-cursor", 400, "the cursor is unknown or belongs to another list")    \
  X(unauthenticated, "unauthenticated", 401, "a valid token is needed")                           \
  X(forbidden, "forbidden", 403, "the token does not allow this")                                 \
  X(not_found, "not-found", 404, "there is no such thing")                                        \
  X(method_not_allowed, "method-not-allowed", 405, "the route does not have this method")         \
  X(not_acceptable, "not-acceptable", 406, "the server has no form of it that was asked for")     \
  X(sold_out, "sold-out", 409, "fewer units are left than were asked for")                        \
  X(held_out, "held-out", 409, "enough units are left only if live holds expire")                 \
  X(drop_not_started, "drop-not-started", 409, "the drop has not started")                        \
  X(drop_ended, "drop-ended", 409, "the drop is over")                                            \
  X(drop_paused, "drop-paused", 409, "the drop is paused")                                        \
  X(drop_cancelled, "drop-cancelled", 409, "the drop was cancelled")                              \
  X(user_limit_exceeded, "user-limit-exceeded", 409, "more than the user may have")               \
  X(request_expired, "request-expired", 409, "the deadline passed before the order was decided")  \
  X(order_state, "order-state", 409, "the order's state does not allow it")                       \
  X(conflict, "conflict", 409, "it contradicts what exists")                                      \
  X(precondition_failed, "precondition-failed", 412, "it was changed since it was read")          \
  X(body_too_large, "body-too-large", 413, "the body is too large")                               \
  X(uri_too_long, "uri-too-long", 414, "the address is too long")                                 \
  X(unsupported_media_type, "unsupported-media-type", 415, "the body's type is not taken here")   \
  X(idempotency_key_reused, "idempotency-key-reused", 422, "the key belongs to another request")  \
  X(product_mismatch, "product-mismatch", 422, "the drop sells another product")                  \
  X(quantity_out_of_range, "quantity-out-of-range", 422, "more than one order may have")          \
  X(rate_limited, "rate-limited", 429, "too many requests")                                       \
  X(headers_too_large, "headers-too-large", 431, "the header block is too large")                 \
  X(overloaded, "overloaded", 503, "the server is busy; nothing was done")                        \
  X(unavailable, "unavailable", 503, "the storage cannot be used now; nothing was done")          \
  X(outcome_unknown, "outcome-unknown", 503, "it may have been done; retry with the same key")
// clang-format on

enum class ProblemCode : std::uint8_t {
#define X(name, code, status, title) name,
  LIVEDROPS_PROBLEMS(X)
#undef X
};

int StatusOf(ProblemCode code);
std::string_view CodeOf(ProblemCode code);
std::string_view TitleOf(ProblemCode code);

// What is wrong with one member of a body: a JSON Pointer (RFC 6901) and a reason. A query
// parameter is named "?limit".
struct FieldError {
  std::string pointer;
  std::string reason;
};

// One error answer. Only what the code asks for is set.
struct Problem {
  ProblemCode code = ProblemCode::unavailable;
  std::string detail;                     // Empty: the title, or the first error.
  std::vector<FieldError> errors;         // invalid_field
  std::optional<std::int32_t> remaining;  // sold_out, held_out
  std::optional<Time> retry_at;           // held_out
  std::optional<Time> start_time;         // drop_not_started
  int retry_after_s = 0;                  // The Retry-After header; 0: none.

  int status() const { return StatusOf(code); }
};

Problem InvalidField(std::string pointer, std::string reason);

// The body: {"type","title","status","detail","code",…}. `request_id` may be empty.
std::string ToBody(const Problem& problem, std::string_view request_id = {});

// The answer with this body, and Retry-After and WWW-Authenticate where they belong.
Response AnswerOf(const Problem& problem, std::string_view request_id = {});

// What a reply means for its caller; nothing when it is no refusal: done, granted or repeated.
std::optional<Problem> ProblemOf(const Reply& reply);
// `invalid` says what invalid_argument means here: invalid_field, or invalid_cursor for a list. Of
// the other statuses the message stays inside: it may name files or tables.
Problem ProblemOf(const Status& status, ProblemCode invalid = ProblemCode::invalid_field);

}  // namespace livedrops::server
