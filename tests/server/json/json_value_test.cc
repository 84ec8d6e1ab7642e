#include "server/json/json_value.h"

#include <gtest/gtest.h>

namespace livedrops::server {
namespace {

JsonError Parse(std::string_view text, JsonValue* out = nullptr) {
  JsonValue value;
  return ParseJson(text, {}, out == nullptr ? &value : out);
}

// "pointer: reason" of the first field that is wrong, or why it is no JSON.
std::string ErrorOf(std::string_view text) {
  const JsonError error = Parse(text);
  if (!error.malformed.empty()) return error.malformed;
  if (error.fields.empty()) return "";
  return error.fields[0].pointer + ": " + error.fields[0].reason;
}

std::string Nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST(JsonValue, KeepsWhatWasWritten) {
  JsonValue value;
  ASSERT_TRUE(Parse(R"({"a":[1,-2,1.50,true,null,"x\u00e9"],"b":{}})", &value).ok());
  ASSERT_TRUE(value.is_object());
  const JsonValue* list = value.Find("a");
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->items.size(), 6U);
  EXPECT_EQ(list->items[0].integer, 1);
  EXPECT_EQ(list->items[1].integer, -2);
  EXPECT_EQ(list->items[2].kind, JsonValue::Kind::number);
  EXPECT_EQ(list->items[2].text, "1.50");
  EXPECT_TRUE(list->items[3].boolean);
  EXPECT_EQ(list->items[4].kind, JsonValue::Kind::null);
  EXPECT_EQ(list->items[5].text, "x\xc3\xa9");
  EXPECT_EQ(value.Find("c"), nullptr);
  EXPECT_EQ(list->Find("a"), nullptr);
}

TEST(JsonValue, DoesNotWrapLargeNumbers) {
  JsonValue value;
  ASSERT_TRUE(Parse("[9223372036854775807,9223372036854775808,18446744073709551616]", &value).ok());
  EXPECT_EQ(value.items[0].integer, INT64_MAX);
  EXPECT_EQ(value.items[1].kind, JsonValue::Kind::number);
  EXPECT_EQ(value.items[1].text, "9223372036854775808");
  EXPECT_EQ(value.items[2].text, "18446744073709551616");
}

TEST(JsonValue, TellsWhereARepeatedNameStands) {
  EXPECT_EQ(ErrorOf(R"({"a":1,"a":2})"), "/a: is given more than once");
  EXPECT_EQ(ErrorOf(R"({"x":[0,{"a/~b":1,"a/~b":2}]})"), "/x/1/a~1~0b: is given more than once");
  EXPECT_EQ(ErrorOf(R"({"a":1,"\u0061":2})"), "/a: is given more than once");
}

TEST(JsonValue, IsAtMost32LevelsDeep) {
  EXPECT_EQ(ErrorOf(Nested(32)), "");
  EXPECT_NE(ErrorOf(Nested(33)).find("is nested deeper than 32 levels"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(100'000, '[')).find("deeper than 32"), std::string::npos);
}

TEST(JsonValue, HasStringsOfAtMost8KiB) {
  EXPECT_EQ(ErrorOf("[\"" + std::string(8192, 'x') + "\"]"), "");
  EXPECT_EQ(ErrorOf("[1,\"" + std::string(8193, 'x') + "\"]"), "/1: is longer than 8192 bytes");
  const std::string long_name = "{\"" + std::string(8193, 'x') + "\":1}";
  EXPECT_NE(ErrorOf(long_name).find("has too long a name"), std::string::npos);
}

TEST(JsonValue, HasAtMost100MembersInAnObject) {
  std::string text = "{\"x\":{";
  for (int i = 0; i < 101; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  EXPECT_EQ(ErrorOf(text + "}}"), "/x: has more than 100 members");
}

TEST(JsonValue, RefusesNumbersThatNobodyCanHold) {
  EXPECT_EQ(ErrorOf(R"({"a":[1,1e400]})"), "/a/1: is a number out of range");
}

TEST(JsonValue, RefusesWhatIsNoJson) {
  const char* const texts[] = {
      "",
      "{",
      "{}x",
      "{} {}",
      "{\"a\":1,}",
      "[1,]",
      "{'a':1}",
      "NaN",
      "[Infinity]",
      "[01]",
      "[+1]",
      "[.5]",
      "[1.]",
      "[0x1]",
      "[\"\t\"]",
      "nul",
      "{\"a\" 1}",
      "{1:2}",
      "[1 2]",
      "// x\n{}",
      "{}\xef\xbb\xbf",
      "\xef\xbb\xbf{}",
  };
  for (const char* text : texts) EXPECT_FALSE(Parse(text).malformed.empty()) << text;
  for (const std::string_view text :
       {std::string_view("[\"a\0b\"]", 7), std::string_view("{}\0", 3),
        std::string_view("{}\0{", 4), std::string_view("\0{}", 3)}) {
    EXPECT_FALSE(Parse(text).malformed.empty()) << text;
  }
}

TEST(JsonValue, RefusesTextThatIsNoUnicode) {
  const char* const texts[] = {
      "[\"\xff\"]",
      "[\"\xc0\xaf\"]",
      "[\"\xe0\x80\xaf\"]",
      "[\"\xed\xa0\x80\"]",
      "[\"\xf4\x90\x80\x80\"]",
      "[\"\xe2\x82\"]",
      "[\"\\ud800\"]",
      "[\"\\udc00\"]",
      "[\"\\ud800\\u0041\"]",
      "[\"\\u12\"]",
      "[\"\\x41\"]",
  };
  for (const char* text : texts) EXPECT_FALSE(Parse(text).malformed.empty()) << text;
  EXPECT_TRUE(Parse("[\"\\ud83d\\ude00\"]").ok());
}

TEST(JsonValue, ReportsSeveralErrorsAtOnceButNotEndlessly) {
  EXPECT_EQ(Parse(R"({"a":1,"a":2,"b":1,"b":2})").fields.size(), 2U);
  std::string many = "[";
  for (int i = 0; i < 50; ++i) many += (i == 0 ? "" : ",") + std::string(R"({"a":1,"a":1})");
  EXPECT_EQ(Parse(many + "]").fields.size(), 16U);
}

TEST(Shown, IsPrintableAndShort) {
  EXPECT_EQ(Shown("a\r\nb\x80"), "a??b?");
  EXPECT_EQ(Shown("0123456789", 4), "0123...");
}

}  // namespace
}  // namespace livedrops::server
