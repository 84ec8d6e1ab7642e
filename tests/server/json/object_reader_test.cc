#include "server/json/object_reader.h"

#include <gtest/gtest.h>

#include "livedrops/accounts.h"

namespace livedrops::server {
namespace {

// All errors of a problem, "pointer reason; pointer reason".
std::string TextOf(const std::optional<Problem>& problem) {
  if (!problem) return "";
  std::string text(problem->detail);
  for (const FieldError& error : problem->errors) {
    if (!text.empty()) text += "; ";
    text += error.pointer + " " + error.reason;
  }
  return text;
}

// The problem of a body that should have one quantity.
std::string QuantityProblem(std::string_view value) {
  ObjectReader body("{\"quantity\":" + std::string(value) + "}");
  std::int64_t quantity = 0;
  body.Required("quantity", &quantity, 1, kQuantityMax);
  return TextOf(body.Finish());
}

TEST(ObjectReader, TakesMembersOfEveryKind) {
  ObjectReader body(R"({"dropId":"d1","idempotencyKey":"k/1","quantity":2,"hold":true,
      "name":"Ada","at":"2026-11-23T12:56:45.123Z","currency":"EUR","role":"creator"})");
  DropId drop;
  Key key;
  std::int32_t quantity = 0;
  bool hold = false;
  std::string name;
  std::optional<Time> at;
  std::optional<Time> never;
  Currency currency;
  Role role = Role::user;
  body.Required("dropId", &drop).Required("idempotencyKey", &key);
  body.Optional("quantity", &quantity, 1, kQuantityMax).Optional("hold", &hold);
  body.Required("name", &name, 1, 200).Optional("at", &at).Optional("never", &never);
  body.Optional("currency", &currency).Optional("role", &role, ParseRole, "user, creator");
  EXPECT_EQ(TextOf(body.Finish()), "");
  EXPECT_EQ(drop, DropId("d1"));
  EXPECT_EQ(key, Key("k/1"));
  EXPECT_EQ(quantity, 2);
  EXPECT_TRUE(hold);
  EXPECT_EQ(name, "Ada");
  EXPECT_EQ(ToMs(*at), 1795438605123);
  EXPECT_FALSE(never);
  EXPECT_EQ(currency.view(), "EUR");
  EXPECT_EQ(role, Role::creator);
}

TEST(ObjectReader, TellsEverythingThatIsWrongAtOnce) {
  ObjectReader body(R"({"dropId":"a b","quantity":0,"surprise":1})");
  DropId drop;
  UserId user;
  std::int64_t quantity = 0;
  body.Required("dropId", &drop).Required("userId", &user);
  body.Required("quantity", &quantity, 1, 10);
  body.Refuse("endTime", "must be later than startTime");
  const auto problem = body.Finish();
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, ProblemCode::invalid_field);
  EXPECT_EQ(TextOf(problem),
            "/dropId must be an id: 1 to 64 of A-Z a-z 0-9 . _ : -, not \"a b\"; "
            "/userId is missing; /quantity must be an integer from 1 to 10, not 0; "
            "/endTime must be later than startTime; /surprise is not known here");
}

TEST(ObjectReader, DoesNotWrapOrRoundQuantities) {
  for (const char* good : {"1", "2147483647"}) EXPECT_EQ(QuantityProblem(good), "") << good;
  for (const char* bad :
       {"0", "-1", "1.5", "1.0", "1e3", "\"2\"", "null", "true", "2147483648", "4294967297",
        "9223372036854775808", "18446744073709551616", "1e400", "1e-9", "[]", "{}"}) {
    EXPECT_NE(QuantityProblem(bad), "") << bad;
  }
  EXPECT_EQ(QuantityProblem("4294967297"),
            "/quantity must be an integer from 1 to 2147483647, not 4294967297");
}

TEST(ObjectReader, CountsCharactersNotBytes) {
  const auto problem_of = [](const std::string& name) {
    ObjectReader body("{\"name\":\"" + name + "\"}");
    std::string out;
    body.Required("name", &out, 1, 3);
    return TextOf(body.Finish());
  };
  EXPECT_EQ(problem_of("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "");
  EXPECT_EQ(problem_of("abcd"), "/name must have 1 to 3 characters, not 4");
  EXPECT_EQ(problem_of(""), "/name must have 1 to 3 characters, not 0");
  EXPECT_EQ(problem_of("a\\u0000"), "/name must not contain U+0000");
}

TEST(ObjectReader, RefusesBodiesThatAreNoObject) {
  EXPECT_EQ(TextOf(ObjectReader("[1]").Finish()), " must be an object, not an array");
  ObjectReader broken("{\"a\":");
  std::string a;
  broken.Required("a", &a, 0, 10);
  const auto problem = broken.Finish();
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, ProblemCode::malformed_json);
  EXPECT_EQ(problem->detail, "not JSON at byte 6");
}

TEST(ObjectReader, KeepsPasswordsOutOfMessages) {
  ObjectReader body(R"({"password":"geheim","email":"a@b@c","birthday":"1990-02-30"})");
  std::string password, email, birthday;
  body.Required("password", &password, CheckPassword).Required("email", &email, CheckEmail);
  body.Required("birthday", &birthday, CheckDate);
  const std::string text = TextOf(body.Finish());
  EXPECT_EQ(text.find("geheim"), std::string::npos);
  EXPECT_NE(text.find("/email must be an email address"), std::string::npos);
  EXPECT_NE(text.find("/birthday must be a date"), std::string::npos);
  EXPECT_EQ(CheckEmail("ada@example.com"), "");
  for (const char* bad : {"", "@", "a@", "@b", "a b@c", "a@b\n", "ab"})
    EXPECT_NE(CheckEmail(bad), "");
  EXPECT_NE(CheckEmail(std::string(250, 'a').append("@b.cd")), "");
  EXPECT_EQ(CheckEmail(std::string(249, 'a').append("@b.cd")), "");
}

}  // namespace
}  // namespace livedrops::server
