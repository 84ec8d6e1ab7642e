#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "base/cursor.h"

namespace livedrops {
namespace {

CursorSecret SomeSecret(std::uint8_t seed = 1) {
  CursorSecret secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(seed + i);
  return secret;
}

TEST(Cursor, OpensForItsOwnList) {
  for (const char* position : {"", "0/", "1700000000000/u1", "18446744073709551615/"}) {
    const std::string cursor = SealCursor(SomeSecret(), "followers/c1", position);
    const auto opened = OpenCursor(SomeSecret(), "followers/c1", cursor);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    EXPECT_EQ(*opened, position);
  }
}

TEST(Cursor, IsBoundToListAndSecret) {
  const std::string cursor = SealCursor(SomeSecret(), "followers/c1", "5/u1");
  EXPECT_FALSE(OpenCursor(SomeSecret(), "followers/c2", cursor).ok());
  EXPECT_FALSE(OpenCursor(SomeSecret(), "following/c1", cursor).ok());
  EXPECT_FALSE(OpenCursor(SomeSecret(2), "followers/c1", cursor).ok());
}

TEST(Cursor, DoesNotOpenWithAnyBitChanged) {
  const std::string cursor = SealCursor(SomeSecret(), "followers/c1", "1700000000000/u1");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    for (const char digit : std::string("0123456789abcdef")) {
      std::string changed = cursor;
      if (changed[i] == digit) continue;
      changed[i] = digit;
      EXPECT_FALSE(OpenCursor(SomeSecret(), "followers/c1", changed).ok()) << i << digit;
    }
  }
}

TEST(Cursor, DoesNotOpenCutOrPadded) {
  const std::string cursor = SealCursor(SomeSecret(), "list", "5/u1");
  for (std::size_t size = 0; size < cursor.size(); ++size) {
    EXPECT_FALSE(OpenCursor(SomeSecret(), "list", cursor.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(OpenCursor(SomeSecret(), "list", cursor + "00").ok());
  std::string upper = cursor;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_FALSE(OpenCursor(SomeSecret(), "list", upper).ok());
}

TEST(Cursor, NamesWhatItDoesNotKnow) {
  for (const std::string& cursor :
       {std::string("x"), std::string("' OR 1=1--"), std::string(10'000, 'a'),
        std::string("\0\0", 2), std::string("zz"), std::string("a")}) {
    const auto opened = OpenCursor(SomeSecret(), "list", cursor);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().code(), StatusCode::kInvalidArgument);
    EXPECT_LT(opened.status().message().size(), 100u);
    EXPECT_EQ(opened.status().message().find("unknown cursor"), 0u);
  }
}

}  // namespace
}  // namespace livedrops
