#include "server/problem.h"

#include <gtest/gtest.h>

#include <set>

#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

Reply Refused(Outcome outcome) {
  Reply reply;
  reply.outcome = outcome;
  reply.remaining = 3;
  reply.retry_at = TimeFromMs(5000);
  return reply;
}

TEST(Problem, IsOneJsonObject) {
  const auto problem = ProblemOf(Refused(Outcome::held_out));
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->status(), 409);
  EXPECT_EQ(ToBody(*problem, "r1"),
            R"({"type":"/docs#problem-held-out",)"
            R"("title":"enough units are left only if live holds expire","status":409,)"
            R"("detail":"enough units are left only if live holds expire","code":"held-out",)"
            R"("remaining":3,"retryAt":"1970-01-01T00:00:05.000Z","requestId":"r1"})");
}

TEST(Problem, ListsTheFieldsThatAreWrong) {
  EXPECT_EQ(ToBody(InvalidField("/quantity", "must be an integer from 1 to 10, not \"2\"")),
            R"({"type":"/docs#problem-invalid-field",)"
            R"("title":"a member or parameter is not as it must be","status":400,)"
            R"("detail":"/quantity: must be an integer from 1 to 10, not \"2\"",)"
            R"("code":"invalid-field","errors":[{"pointer":"/quantity",)"
            R"("detail":"must be an integer from 1 to 10, not \"2\""}]})");
  const std::string whole = ToBody(InvalidField("", "must be an object, not an array"));
  EXPECT_NE(whole.find(R"("detail":"the body must be an object, not an array")"), std::string::npos)
      << whole;
}

TEST(Problem, CarriesWhatItsCodePromises) {
  EXPECT_EQ(ProblemOf(Refused(Outcome::sold_out))->remaining, 3);
  EXPECT_FALSE(ProblemOf(Refused(Outcome::sold_out))->retry_at);
  EXPECT_EQ(ProblemOf(Refused(Outcome::drop_not_started))->start_time, TimeFromMs(5000));
  EXPECT_FALSE(ProblemOf(Refused(Outcome::drop_ended))->remaining);
}

TEST(Problem, FollowsTheContractForEveryOutcome) {
  const std::pair<Outcome, std::string_view> expected[] = {
      {Outcome::repeated_differs, "idempotency-key-reused"},
      {Outcome::drop_not_found, "not-found"},
      {Outcome::request_expired, "request-expired"},
      {Outcome::product_mismatch, "product-mismatch"},
      {Outcome::drop_cancelled, "drop-cancelled"},
      {Outcome::drop_ended, "drop-ended"},
      {Outcome::drop_not_started, "drop-not-started"},
      {Outcome::drop_paused, "drop-paused"},
      {Outcome::quantity_out_of_range, "quantity-out-of-range"},
      {Outcome::user_limit_exceeded, "user-limit-exceeded"},
      {Outcome::sold_out, "sold-out"},
      {Outcome::held_out, "held-out"},
      {Outcome::not_found, "not-found"},
      {Outcome::order_state, "order-state"},
      {Outcome::drop_state, "conflict"},
      {Outcome::conflict, "conflict"},
      {Outcome::precondition_failed, "precondition-failed"},
      {Outcome::refund_due, "order-state"},
      {Outcome::email_taken, "conflict"},
  };
  for (const auto& [outcome, code] : expected) {
    const auto problem = ProblemOf(Refused(outcome));
    ASSERT_TRUE(problem) << ToString(outcome);
    EXPECT_EQ(CodeOf(problem->code), code) << ToString(outcome);
  }
  for (const Outcome outcome :
       {Outcome::held, Outcome::confirmed, Outcome::repeated, Outcome::done}) {
    EXPECT_FALSE(ProblemOf(Refused(outcome))) << ToString(outcome);
  }
}

TEST(Problem, SaysWhenToRetryAndNothingOfTheInside) {
  const Status inside(StatusCode::kUnavailable, "cannot open shop.db: SELECT * FROM orders");
  for (const auto& [code, name] : {std::pair{StatusCode::kOverloaded, "overloaded"},
                                   {StatusCode::kUnavailable, "unavailable"},
                                   {StatusCode::kOutcomeUnknown, "outcome-unknown"},
                                   {StatusCode::kCorrupt, "unavailable"},
                                   {StatusCode::kBrokenInvariant, "unavailable"},
                                   {StatusCode::kClosed, "unavailable"}}) {
    const Problem problem = ProblemOf(Status(code, inside.message()));
    EXPECT_EQ(problem.status(), 503) << name;
    EXPECT_EQ(CodeOf(problem.code), name);
    EXPECT_EQ(problem.retry_after_s, 1);
    EXPECT_EQ(ToBody(problem).find("shop.db"), std::string::npos);
  }
  const Status invalid(StatusCode::kInvalidArgument, "unknown cursor \"x\"");
  EXPECT_EQ(CodeOf(ProblemOf(invalid, ProblemCode::invalid_cursor).code), "invalid-cursor");
  EXPECT_EQ(ProblemOf(invalid).detail, "unknown cursor \"x\"");
  EXPECT_EQ(ProblemOf(Status(StatusCode::kNotFound, "x")).status(), 404);
}

TEST(Problem, HasOneRowForEachCode) {
  std::set<std::string_view> codes;
  int count = 0;
#define X(name, code, status, title)              \
  ++count;                                        \
  codes.insert(code);                             \
  EXPECT_EQ(StatusOf(ProblemCode::name), status); \
  EXPECT_EQ(CodeOf(ProblemCode::name), code);     \
  EXPECT_EQ(TitleOf(ProblemCode::name), title);
  LIVEDROPS_PROBLEMS(X)
#undef X
  EXPECT_EQ(count, 31);
  EXPECT_EQ(codes.size(), 31U);
}

}  // namespace
}  // namespace livedrops::server
