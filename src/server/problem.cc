#include "server/problem.h"

#include <array>

#include "base/json_writer.h"

namespace livedrops::server {
namespace {

struct Row {
  std::string_view code;
  int status;
  std::string_view title;
};

constexpr Row kRows[] = {
#define X(name, code, status, title) {code, status, title},
    LIVEDROPS_PROBLEMS(X)
#undef X
};

const Row& RowOf(ProblemCode code) { return kRows[static_cast<std::size_t>(code)]; }

// The code that an outcome is told with. Those that are no refusals are not asked for.
ProblemCode CodeOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::repeated_differs:
      return ProblemCode::idempotency_key_reused;
    case Outcome::request_expired:
      return ProblemCode::request_expired;
    case Outcome::product_mismatch:
      return ProblemCode::product_mismatch;
    case Outcome::drop_cancelled:
      return ProblemCode::drop_cancelled;
    case Outcome::drop_ended:
      return ProblemCode::drop_ended;
    case Outcome::drop_not_started:
      return ProblemCode::drop_not_started;
    case Outcome::drop_paused:
      return ProblemCode::drop_paused;
    case Outcome::quantity_out_of_range:
      return ProblemCode::quantity_out_of_range;
    case Outcome::user_limit_exceeded:
      return ProblemCode::user_limit_exceeded;
    case Outcome::sold_out:
      return ProblemCode::sold_out;
    case Outcome::held_out:
      return ProblemCode::held_out;
    case Outcome::order_state:
    case Outcome::refund_due:
      return ProblemCode::order_state;
    case Outcome::precondition_failed:
      return ProblemCode::precondition_failed;
    case Outcome::drop_state:
    case Outcome::conflict:
    case Outcome::email_taken:
      return ProblemCode::conflict;
    case Outcome::drop_not_found:
    case Outcome::not_found:
    case Outcome::repeated:
    case Outcome::held:
    case Outcome::confirmed:
    case Outcome::done:
      return ProblemCode::not_found;
  }
  return ProblemCode::unavailable;
}

bool Refuses(Outcome outcome) {
  return !Granted(outcome) && outcome != Outcome::done && outcome != Outcome::repeated;
}

// What is wrong, for a person: the first of several fields.
std::string DetailOf(const Problem& problem) {
  if (!problem.detail.empty()) return problem.detail;
  if (problem.errors.empty()) return std::string(TitleOf(problem.code));
  const auto& [pointer, reason] = problem.errors.front();
  return (pointer.empty() ? "the body" : pointer + ":") + " " + reason;
}

}  // namespace

int StatusOf(ProblemCode code) { return RowOf(code).status; }
std::string_view CodeOf(ProblemCode code) { return RowOf(code).code; }
std::string_view TitleOf(ProblemCode code) { return RowOf(code).title; }

Problem InvalidField(std::string pointer, std::string reason) {
  Problem problem;
  problem.code = ProblemCode::invalid_field;
  problem.errors.push_back({std::move(pointer), std::move(reason)});
  return problem;
}

std::string ToBody(const Problem& problem, std::string_view request_id) {
  const Row& row = RowOf(problem.code);
  std::string body;
  JsonWriter json(&body);
  json.BeginObject();
  // A reference to the page that every server serves: there is no host name to know.
  json.Member("type", "/docs#problem-" + std::string(row.code));
  json.Member("title", row.title);
  json.Member("status", row.status);
  json.Member("detail", DetailOf(problem));
  json.Member("code", row.code);
  if (problem.remaining) json.Member("remaining", *problem.remaining);
  if (problem.retry_at) json.Member("retryAt", *problem.retry_at);
  if (problem.start_time) json.Member("startTime", *problem.start_time);
  if (!problem.errors.empty()) {
    json.Name("errors").BeginArray();
    for (const FieldError& error : problem.errors) {
      json.BeginObject();
      json.Member("pointer", error.pointer).Member("detail", error.reason);
      json.EndObject();
    }
    json.EndArray();
  }
  if (!request_id.empty()) json.Member("requestId", request_id);
  json.EndObject();
  return body;
}

Response AnswerOf(const Problem& problem, std::string_view request_id) {
  Response response(problem.status(), "application/problem+json", ToBody(problem, request_id));
  if (problem.retry_after_s != 0) {
    response.Set("Retry-After", std::to_string(problem.retry_after_s));
  }
  if (problem.code == ProblemCode::unauthenticated) response.Set("WWW-Authenticate", "Bearer");
  return response;
}

std::optional<Problem> ProblemOf(const Reply& reply) {
  if (!reply.status.ok()) return ProblemOf(reply.status);
  if (!Refuses(reply.outcome)) return std::nullopt;
  Problem problem;
  problem.code = CodeOf(reply.outcome);
  problem.detail = Explain(reply.outcome);
  switch (reply.outcome) {
    case Outcome::held_out:
      problem.retry_at = reply.retry_at;
      [[fallthrough]];
    case Outcome::sold_out:
      problem.remaining = reply.remaining;
      break;
    case Outcome::drop_not_started:
      problem.start_time = reply.retry_at;
      break;
    default:
      break;
  }
  return problem;
}

Problem ProblemOf(const Status& status, ProblemCode invalid) {
  Problem problem;
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      problem.code = invalid;
      problem.detail = status.message();
      break;
    case StatusCode::kNotFound:
      problem.code = ProblemCode::not_found;
      break;
    case StatusCode::kOverloaded:
      problem.code = ProblemCode::overloaded;
      break;
    case StatusCode::kOutcomeUnknown:
      problem.code = ProblemCode::outcome_unknown;
      break;
    default:
      problem.code = ProblemCode::unavailable;
      break;
  }
  if (problem.status() == 503) problem.retry_after_s = 1;
  return problem;
}

}  // namespace livedrops::server
