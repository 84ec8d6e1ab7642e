#include <gtest/gtest.h>

#include <set>
#include <string>

#include "livedrops/accounts.h"
#include "livedrops/outcome.h"
#include "livedrops/spi/clock.h"
#include "livedrops/spi/id_source.h"
#include "livedrops/spi/storage.h"
#include "livedrops/testing/sim_clock.h"

namespace livedrops {
namespace {

// --- ids and keys --------------------------------------------------------------------------------

TEST(Id, TakesItsAlphabetAndNothingElse) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
  for (int c = 0; c < 256; ++c) {
    const std::string text = "a" + std::string(1, static_cast<char>(c)) + "b";
    const bool allowed = alphabet.find(static_cast<char>(c)) != std::string::npos;
    EXPECT_EQ(DropId(text).valid(), allowed) << c;
  }
}

TEST(Id, HasOneToSixtyFourBytes) {
  EXPECT_FALSE(UserId("").valid());
  EXPECT_TRUE(UserId("").empty());
  EXPECT_TRUE(UserId("a").valid());
  EXPECT_TRUE(UserId(std::string(64, 'a')).valid());
  EXPECT_FALSE(UserId(std::string(65, 'a')).valid());
  EXPECT_FALSE(UserId(std::string(100'000, 'a')).valid());
  EXPECT_FALSE(UserId(std::string(65, 'a')).empty());
}

TEST(Id, IsNoPathStep) {
  EXPECT_FALSE(ProductId(".").valid());
  EXPECT_FALSE(ProductId("..").valid());
  EXPECT_TRUE(ProductId("...").valid());
}

TEST(Id, IsComparedByteByByte) {
  EXPECT_NE(UserId("a"), UserId("A"));
  EXPECT_LT(UserId("A"), UserId("a"));
  EXPECT_LT(UserId("a"), UserId("aa"));
  EXPECT_EQ(UserId("u1"), UserId(std::string("u1")));
}

TEST(Id, SurvivesCopyingToItself) {
  UserId id("user-1");
  UserId& same = id;
  id = same;
  EXPECT_EQ(id.view(), "user-1");
  const UserId invalid("no id");
  const UserId copy = invalid;
  EXPECT_FALSE(copy.valid());
}

TEST(Key, TakesVisibleAsciiUpTo255Bytes) {
  EXPECT_TRUE(Key("!\"#~").valid());
  EXPECT_FALSE(Key("a b").valid());
  EXPECT_FALSE(Key("a\n").valid());
  EXPECT_FALSE(Key("\x7f").valid());
  EXPECT_FALSE(Key("\xc3\xa4").valid());
  EXPECT_FALSE(Key(std::string_view("a\0b", 3)).valid());
  EXPECT_TRUE(Key(std::string(255, 'k')).valid());
  EXPECT_FALSE(Key(std::string(256, 'k')).valid());
  EXPECT_EQ(Key(std::string(255, 'k')).view().size(), 255u);
}

TEST(OrderId, ReadsWhatItWrites) {
  const std::string text = "01890a5d-ac96-774b-bcce-b302099a8057";
  const auto id = OrderId::Parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->str(), text);
  EXPECT_EQ(id->bytes()[0], 0x01);
  EXPECT_EQ(id->bytes()[15], 0x57);
  EXPECT_TRUE(OrderId().empty());
  EXPECT_FALSE(id->empty());
}

TEST(OrderId, ReadsOnlyTheOneForm) {
  const std::string good = "01890a5d-ac96-774b-bcce-b302099a8057";
  std::string upper = good;
  upper[5] = 'A';
  const std::string dashless = "01890a5dac96774bbcceb302099a8057";
  for (const std::string& text :
       {std::string(), good.substr(1), good + "0", upper, dashless, "{" + good.substr(2) + "}",
        std::string(36, '-'), std::string(36, 'g')}) {
    EXPECT_EQ(OrderId::Parse(text), std::nullopt) << text;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string text = good;
    text[i] = 'x';
    EXPECT_EQ(OrderId::Parse(text), std::nullopt) << text;
  }
}

TEST(Currency, IsAnIsoCode) {
  EXPECT_EQ(Currency().view(), "USD");
  for (const char* code : {"AED", "EUR", "GBP", "JPY", "USD", "ZWG"}) {
    const auto currency = Currency::Parse(code);
    ASSERT_TRUE(currency) << code;
    EXPECT_EQ(currency->view(), code);
  }
  // "DAF" and "NAL" stand in the list only across its entries.
  for (const char* code : {"", "US", "USDX", "usd", "QQQ", "DAF", "EDA", "NAL", "U\0D"}) {
    EXPECT_EQ(Currency::Parse(code), std::nullopt) << code;
  }
}

// --- lists ---------------------------------------------------------------------------------------

TEST(Outcome, HasADistinctNameAndASentence) {
  std::set<std::string_view> names;
  int count = 0;
#define X(name, text)                                    \
  ++count;                                               \
  EXPECT_EQ(ToString(Outcome::name), #name);             \
  EXPECT_FALSE(Explain(Outcome::name).empty()) << #name; \
  names.insert(ToString(Outcome::name));
  LIVEDROPS_ORDER_OUTCOMES(X)
  LIVEDROPS_COMMAND_OUTCOMES(X)
#undef X
  EXPECT_EQ(static_cast<int>(names.size()), count);
}

TEST(Outcome, GrantsInTwoCasesOnly){
#define X(name, text)                                                              \
  EXPECT_EQ(Granted(Outcome::name),                                                \
            Outcome::name == Outcome::held || Outcome::name == Outcome::confirmed) \
      << #name;
    LIVEDROPS_ORDER_OUTCOMES(X) LIVEDROPS_COMMAND_OUTCOMES(X)
#undef X
}

TEST(Names, AreReadBack) {
#define X(name) EXPECT_EQ(ParseOrderStatus(#name), OrderStatus::name);
  LIVEDROPS_ORDER_STATUSES(X)
#undef X
#define X(name) EXPECT_EQ(ParseDropStatus(#name), DropStatus::name);
  LIVEDROPS_DROP_STATUSES(X)
#undef X
#define X(name) EXPECT_EQ(ParseEventType(#name), EventType::name);
  LIVEDROPS_EVENT_TYPES(X)
#undef X
  for (const Role role : {Role::user, Role::creator, Role::service, Role::admin}) {
    EXPECT_EQ(ParseRole(ToString(role)), role);
  }
  EXPECT_EQ(ParseOrderStatus("HELD"), std::nullopt);
  EXPECT_EQ(ParseDropStatus(""), std::nullopt);
  EXPECT_EQ(ParseEventType("orderHeld "), std::nullopt);
  EXPECT_EQ(ParseRole("root"), std::nullopt);
}

// --- status --------------------------------------------------------------------------------------

TEST(Status, SaysWhatToDoNext) {
  EXPECT_TRUE(OkStatus().ok());
  EXPECT_EQ(OkStatus().ToString(), "ok");
  const Status status(StatusCode::kUnavailable, "disk full");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.ToString(), "unavailable: disk full");
  std::set<StatusCode> retryable;
  for (int code = 0; code <= 10; ++code) {
    const Status each(static_cast<StatusCode>(code), "x");
    EXPECT_NE(ToString(each.code()), "unknown") << code;
    if (each.retryable()) retryable.insert(each.code());
  }
  EXPECT_EQ(retryable, (std::set{StatusCode::kOverloaded, StatusCode::kUnavailable,
                                 StatusCode::kOutcomeUnknown, StatusCode::kFenced}));
}

TEST(Result, HoldsAValueOrAStatus) {
  const Result<int> value = 5;
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(*value, 5);
  const Result<int> none = Status(StatusCode::kNotFound, "no 5");
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.status().code(), StatusCode::kNotFound);
}

// --- status of a drop as a function of time ------------------------------------------------------

TEST(DropStatus, FollowsTheWindow) {
  DropRow row;
  row.drop.start_time = TimeFromMs(1000);
  row.drop.end_time = TimeFromMs(2000);
  row.drop.current_stock = 1;
  EXPECT_EQ(StatusAt(row, TimeFromMs(999)), DropStatus::scheduled);
  EXPECT_EQ(StatusAt(row, TimeFromMs(1000)), DropStatus::live);
  EXPECT_EQ(StatusAt(row, TimeFromMs(1999)), DropStatus::live);
  EXPECT_EQ(StatusAt(row, TimeFromMs(2000)), DropStatus::ended);
  row.paused = true;
  EXPECT_EQ(StatusAt(row, TimeFromMs(1500)), DropStatus::paused);
  row.cancelled = true;
  EXPECT_EQ(StatusAt(row, TimeFromMs(999)), DropStatus::cancelled);
  EXPECT_EQ(StatusAt(row, TimeFromMs(2000)), DropStatus::cancelled);
}

TEST(DropStatus, IsSoldOutOnlyWithNothingHeld) {
  DropRow row;
  row.drop.end_time = TimeFromMs(2000);
  row.drop.held = 1;
  EXPECT_EQ(StatusAt(row, TimeFromMs(1)), DropStatus::live);
  row.drop.held = 0;
  EXPECT_EQ(StatusAt(row, TimeFromMs(1)), DropStatus::sold_out);
}

// --- time and ids --------------------------------------------------------------------------------

TEST(SystemClock, NeverGoesBack) {
  Time last = SystemClock().Now();
  EXPECT_GT(ToMs(last), 1'600'000'000'000);
  for (int i = 0; i < 100'000; ++i) {
    const Time now = SystemClock().Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemIds, AreVersion7AndDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = SystemIdSource().NewId(TimeFromMs(0x0123456789ab));
    EXPECT_EQ(id.substr(0, 15), "01234567-89ab-7");
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_TRUE(OrderId::Parse(id)) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(SequentialIds, DifferBetweenSources) {
  SequentialIds one(1);
  SequentialIds two(2);
  const Time now = TimeFromMs(5);
  EXPECT_NE(one.NewId(now), two.NewId(now));
  EXPECT_NE(one.NewId(now), one.NewId(now));
}

}  // namespace
}  // namespace livedrops
