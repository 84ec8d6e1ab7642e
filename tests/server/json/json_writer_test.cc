#include "base/json_writer.h"

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "server/json/json_value.h"
#include "server/json/write_domain.h"

namespace livedrops::server {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  JsonWriter(&out).Value(text);
  return out;
}

Drop SomeDrop() {
  Drop drop;
  drop.id = DropId("d1");
  drop.creator = CreatorId("c1");
  drop.product = ProductId("p1");
  drop.price.minor_units = 1999;
  drop.init_stock = 100;
  drop.current_stock = 7;
  drop.max_per_user = 2;
  drop.start_time = TimeFromMs(0);
  drop.end_time = TimeFromMs(1795438605123);
  drop.status = DropStatus::live;
  drop.version = 3;
  return drop;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Member("a", 1).Name("b").BeginArray();
  json.Value(true).Value(-5).BeginObject().EndObject().Value("x").EndArray();
  json.Member("c", std::uint64_t{18446744073709551615U}).Name("d").Raw("{\"e\":1}");
  json.Member("f", false).EndObject();
  EXPECT_EQ(out, R"({"a":1,"b":[true,-5,{},"x"],"c":18446744073709551615,"d":{"e":1},"f":false})");
}

TEST(JsonWriter, EscapesWhatJsonDemands) {
  EXPECT_EQ(Quoted("a\"b\\c\n\r\t\x01\x1f\x7f"), R"("a\"b\\c\n\r\t\u0001\u001f\u007f")");
  EXPECT_EQ(Quoted("\xc3\xa9 \xf0\x9f\x98\x80"), "\"\xc3\xa9 \xf0\x9f\x98\x80\"");
}

TEST(JsonWriter, NeverWritesWhatIsNoUnicode) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(Quoted("a\xff z"), "\"a" + bad + " z\"");
  EXPECT_EQ(Quoted("\xe2\x82"), "\"" + bad + bad + "\"");
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"" + bad + bad + bad + "\"");
}

TEST(JsonWriter, WritesADropAsTheContractHasIt) {
  std::string out;
  JsonWriter json(&out);
  Write(SomeDrop(), TimeFromMs(1), &json);
  EXPECT_EQ(out, R"({"dropId":"d1","creatorId":"c1","prodId":"p1","price":1999,"currency":"USD",)"
                 R"("initStock":100,"currentStock":7,"lowStock":0,"maxPerUser":2,)"
                 R"("confirmation":"direct","startTime":"1970-01-01T00:00:00.000Z",)"
                 R"("endTime":"2026-11-23T12:56:45.123Z","status":"live","version":3,)"
                 R"("serverTime":"1970-01-01T00:00:00.001Z"})");
}

TEST(JsonWriter, WritesAnOrderAsTheContractHasIt) {
  Order order;
  order.id = *OrderId::Parse("01890a5d-ac96-774b-bcce-b302099a8057");
  order.user = UserId("u1");
  order.drop = DropId("d1");
  order.product = ProductId("p1");
  order.quantity = 2;
  order.amount.minor_units = kMoneyMax;
  order.status = OrderStatus::held;
  order.created_at = TimeFromMs(1000);
  order.expires_at = TimeFromMs(2000);
  EXPECT_EQ(ToJson(order),
            R"({"orderId":"01890a5d-ac96-774b-bcce-b302099a8057","userId":"u1","dropId":"d1",)"
            R"("productId":"p1","quantity":2,"amount":9007199254740991,"currency":"USD",)"
            R"("status":"held","createdAt":"1970-01-01T00:00:01.000Z",)"
            R"("expiresAt":"1970-01-01T00:00:02.000Z"})");
}

TEST(JsonWriter, KeepsTheActorOfAnEventFromSubscribers) {
  Event event;
  event.seq = 9;
  event.type = EventType::restocked;
  event.drop = DropId("d1");
  event.actor = "admin1";
  event.body = "quantity=5";
  event.balance = 12;
  std::string out;
  JsonWriter json(&out);
  Write(event, &json);
  EXPECT_EQ(out, R"({"type":"restocked","eventId":9,"dropId":"d1","at":"1970-01-01T00:00:00.000Z",)"
                 R"("offset":9,"quantity":5,"currentStock":12})");
  std::string audit;
  JsonWriter audit_json(&audit);
  WriteAudit(event, &audit_json);
  EXPECT_NE(audit.find(R"("actor":"admin1")"), std::string::npos);
}

TEST(FieldFilter, TrimsToWhatWasAskedFor) {
  const auto fields = FieldFilter::Parse("status,dropId,status", kDropFields);
  ASSERT_TRUE(fields.ok());
  std::string out;
  JsonWriter json(&out);
  Write(SomeDrop(), TimeFromMs(1), &json, *fields);
  EXPECT_EQ(out, R"({"dropId":"d1","status":"live"})");
  EXPECT_EQ(fields->ToString(), "dropId,status");
}

TEST(FieldFilter, RefusesUnknownNames) {
  EXPECT_EQ(FieldFilter::Parse("dropId,passwort", kDropFields).status().message(),
            "unknown field \"passwort\"");
  EXPECT_FALSE(FieldFilter::Parse("", kDropFields).ok());
  EXPECT_FALSE(FieldFilter::Parse("dropId,", kDropFields).ok());
}

TEST(FieldFilter, KnowsEveryMemberThatIsWritten) {
  Drop drop = SomeDrop();
  drop.max_per_order = 1;
  std::string out;
  JsonWriter json(&out);
  Write(drop, TimeFromMs(1), &json);
  JsonValue value;
  ASSERT_TRUE(ParseJson(out, {}, &value).ok());
  const std::vector<std::string> known(std::begin(kDropFields), std::end(kDropFields));
  EXPECT_EQ(value.names, known);
}

TEST(TimeText, GoesBothWays) {
  for (const std::int64_t ms :
       {0LL, 1LL, 951'782'400'000LL, 1'795'438'605'123LL, 253'402'300'799'999LL}) {
    EXPECT_EQ(ParseTime(ToText(TimeFromMs(ms))), TimeFromMs(ms));
  }
  EXPECT_EQ(ToText(TimeFromMs(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(TimeText, TakesWhatRfc3339Allows) {
  EXPECT_EQ(ParseTime("1970-01-01T00:00:01Z"), TimeFromMs(1000));
  EXPECT_EQ(ParseTime("1970-01-01t00:00:00.5z"), TimeFromMs(500));
  EXPECT_EQ(ParseTime("1970-01-01T00:00:00.123999999Z"), TimeFromMs(123));
  EXPECT_EQ(ParseTime("1970-01-01T02:00:00+02:00"), TimeFromMs(0));
  EXPECT_EQ(ParseTime("1969-12-31T22:30:00-01:30"), TimeFromMs(0));
}

TEST(TimeText, RefusesEverythingElse) {
  for (const char* text :
       {"", "now", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z",
        "1970-02-30T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00Zx", "70-01-01T00:00:00Z", "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+0200", "-970-01-01T00:00:00Z", "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-00:01"}) {
    EXPECT_FALSE(ParseTime(text)) << text;
  }
}

}  // namespace
}  // namespace livedrops::server
