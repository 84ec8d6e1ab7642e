// The one text of an event, read back with a JSON library.
#include "base/event_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace livedrops {
namespace {

std::string JsonOf(const Event& event, std::string_view epoch = {}) {
  std::string text = "before ";
  AppendEventJson(event, epoch, &text);
  EXPECT_TRUE(text.starts_with("before "));
  return text.substr(7);
}

Event Sale() {
  Event event;
  event.seq = 17;
  event.type = EventType::orderConfirmed;
  event.at = TimeFromMs(1'700'000'000'007);
  event.actor = "bo";
  event.subject = "o-1";
  event.drop = DropId("mug-1");
  event.user = UserId("bo");
  event.order = *OrderId::Parse("01890a5d-ac96-774b-bcce-b302099a8057");
  event.body = "quantity=2&key=k";
  event.delta = -2;
  event.balance = 0;
  return event;
}

TEST(EventJson, IsTheContractsObject) {
  EXPECT_EQ(JsonOf(Sale()),
            R"({"type":"orderConfirmed","eventId":17,"dropId":"mug-1",)"
            R"("orderId":"01890a5d-ac96-774b-bcce-b302099a8057","userId":"bo",)"
            R"("at":"2023-11-14T22:13:20.007Z","offset":17,"actor":"bo","subject":"o-1",)"
            R"("delta":-2,"balance":0,"body":"quantity=2&key=k"})");
}

TEST(EventJson, LeavesOutWhatIsAbsent) {
  Event event;
  event.seq = 1;
  event.type = EventType::followed;
  event.creator = CreatorId("ana");
  EXPECT_EQ(JsonOf(event),
            R"({"type":"followed","eventId":1,"creatorId":"ana","at":"1970-01-01T00:00:00.000Z",)"
            R"("offset":1,"actor":"","subject":""})");
}

TEST(EventJson, EndsWithTheEpochWhenThereIsOne) {
  EXPECT_TRUE(JsonOf(Sale(), "e1").ends_with(R"(,"epoch":"e1"})"));
}

TEST(EventJson, WritesTimesOfEveryAge) {
  for (const auto& [ms, text] :
       {std::pair<std::int64_t, const char*>{-62'167'219'200'000, "0000-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1'709'208'000'050, "2024-02-29T12:00:00.050Z"},
        {253'402'300'799'999, "9999-12-31T23:59:59.999Z"}}) {
    Event event = Sale();
    event.at = TimeFromMs(ms);
    EXPECT_EQ(nlohmann::json::parse(JsonOf(event)).at("at"), text);
  }
}

TEST(EventJson, AnyBytesAreReadAsTheyWereOrReplaced) {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"\"\\/\b\f\n\r\t", "\"\\/\b\f\n\r\t"},
      {std::string("\0\x01\x1f\x7f", 4), std::string("\0\x01\x1f\x7f", 4)},
      {"größer 東京 🥁 \xf4\x8f\xbf\xbf", "größer 東京 🥁 \xf4\x8f\xbf\xbf"},
      {"a\xff", "a\xef\xbf\xbd"},
      {"\xc3", "\xef\xbf\xbd"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},  // Overlong.
      {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // A surrogate.
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xe6\x9d", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\x80z", "\xef\xbf\xbdz"},
  };
  for (const auto& [given, read] : texts) {
    Event event = Sale();
    event.actor = given;
    const std::string line = JsonOf(event);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(line).at("actor"), read) << line;
  }
}

}  // namespace
}  // namespace livedrops
