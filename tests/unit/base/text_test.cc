#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/form.h"
#include "base/hex.h"
#include "livedrops/spi/log_text.h"

namespace livedrops {
namespace {

TEST(Hex, WritesTwoLowerCaseDigitsPerByte) {
  const std::uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(ToHex(bytes), "000fa5ff");
  EXPECT_EQ(ToHex({}), "");
}

TEST(Hex, ReadsDigitsOfBothCases) {
  EXPECT_EQ(HexValue('0'), 0);
  EXPECT_EQ(HexValue('9'), 9);
  EXPECT_EQ(HexValue('a'), 10);
  EXPECT_EQ(HexValue('F'), 15);
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' ', '\0'}) {
    EXPECT_EQ(HexValue(c), std::nullopt);
  }
}

TEST(Form, WritesWhatItReads) {
  const std::string all_bytes = [] {
    std::string text;
    for (int c = 0; c < 256; ++c) text += static_cast<char>(c);
    return text;
  }();
  const std::string text = FormWriter()
                               .Add("name", "Ada & Bob = 100%")
                               .Add("empty", "")
                               .Add("bytes", all_bytes)
                               .Add("least", std::numeric_limits<std::int64_t>::min())
                               .Add("most", std::numeric_limits<std::int64_t>::max())
                               .Take();
  const FormReader reader(text);
  EXPECT_EQ(reader.Text("name"), "Ada & Bob = 100%");
  EXPECT_EQ(reader.Text("empty"), "");
  EXPECT_EQ(reader.Text("bytes"), all_bytes);
  EXPECT_EQ(reader.Number("least"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.Number("most"), std::numeric_limits<std::int64_t>::max());
  for (const char c : text) EXPECT_TRUE(c > 0x20 && c < 0x7f) << "not printable: " << int{c};
}

TEST(Form, FindsANameOnlyAsAWhole) {
  const FormReader reader("holdSeconds=60&hold=1&seconds=2&x=hold=9");
  EXPECT_EQ(reader.Number("hold"), 1);
  EXPECT_EQ(reader.Number("holdSeconds"), 60);
  EXPECT_EQ(reader.Number("Seconds"), std::nullopt);
  EXPECT_EQ(reader.Text("x"), "hold=9");
  EXPECT_EQ(reader.NumberOr("none", 7), 7);
}

TEST(Form, ReadsNothingOutOfBrokenText) {
  EXPECT_EQ(FormReader("").Text("a"), std::nullopt);
  EXPECT_EQ(FormReader("a").Text("a"), std::nullopt);
  EXPECT_EQ(FormReader("&&&").Text("a"), std::nullopt);
  EXPECT_EQ(FormReader("a=%").Text("a"), std::nullopt);
  EXPECT_EQ(FormReader("a=%4").Text("a"), std::nullopt);
  EXPECT_EQ(FormReader("a=%4g").Text("a"), std::nullopt);
  EXPECT_EQ(FormReader("a=").Number("a"), std::nullopt);
  EXPECT_EQ(FormReader("a=1x").Number("a"), std::nullopt);
  EXPECT_EQ(FormReader("a=9223372036854775808").Number("a"), std::nullopt);
}

OrderRow SomeOrder() {
  OrderRow row;
  row.seq = 12;
  row.drop_no = 3;
  row.aggregate_seq = 4;
  row.at = TimeFromMs(1'700'000'000'000);
  row.user = "u1";
  row.key = "k&1=%";
  row.quantity = 2;
  row.amount = 3998;
  row.balance = 98;
  return row;
}

TEST(LogText, WritesTheBodyOfAnOrder) {
  OrderRow row = SomeOrder();
  std::string body;
  AppendOrderBody(row, "d1", &body);
  // The key comes last and as it is: it cannot hide another field from a reader.
  EXPECT_EQ(body, "drop=d1&quantity=2&amount=3998&balance=98&ttl=0&key=k&1=%");
  row.actor = "admin";
  row.ttl_seconds = 600;
  body.clear();
  AppendOrderBody(row, "d1", &body);
  EXPECT_EQ(body, "drop=d1&quantity=2&amount=3998&balance=98&ttl=600&user=u1&key=k&1=%");
}

TEST(LogText, ShowsAnOrderAsAnEvent) {
  OrderRow row = SomeOrder();
  Event event = ToEvent(row, "d1");
  EXPECT_EQ(event.type, EventType::orderConfirmed);
  EXPECT_EQ(event.aggregate, "drop:d1");
  EXPECT_EQ(event.actor, "u1");
  EXPECT_EQ(event.user, UserId("u1"));
  EXPECT_EQ(event.delta, -2);
  EXPECT_EQ(event.balance, 98);
  row.ttl_seconds = 60;
  row.actor = "admin";
  event = ToEvent(row, "d1");
  EXPECT_EQ(event.type, EventType::orderHeld);
  EXPECT_EQ(event.actor, "admin");
  EXPECT_EQ(event.user, UserId("u1"));
}

}  // namespace
}  // namespace livedrops
