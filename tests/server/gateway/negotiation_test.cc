#include "server/gateway/negotiation.h"

#include <gtest/gtest.h>

namespace livedrops::server {
namespace {

TEST(Accept, TheMostSpecificElementDecides) {
  EXPECT_TRUE(Accepts("", "application/json"));
  EXPECT_TRUE(Accepts("*/*", "application/json"));
  EXPECT_TRUE(Accepts("text/html, application/*;q=0.2", "application/json"));
  EXPECT_TRUE(Accepts("Application/JSON", "application/json"));
  EXPECT_FALSE(Accepts("text/html", "application/json"));
  EXPECT_FALSE(Accepts("application/json;q=0, */*", "application/json"));
  EXPECT_FALSE(Accepts("application/json; q=0.000", "application/json"));
  EXPECT_TRUE(Accepts("application/json; q=0.001", "application/json"));
}

TEST(AcceptEncoding, GzipMustBeNamedAndWanted) {
  EXPECT_TRUE(AcceptsGzip("deflate, GZIP"));
  EXPECT_TRUE(AcceptsGzip("gzip;q=0.5"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0"));
  EXPECT_FALSE(AcceptsGzip("br"));
  EXPECT_FALSE(AcceptsGzip(""));
}

TEST(IfNoneMatch, AnyOfTheTagsCounts) {
  EXPECT_TRUE(HasTag("\"1\", W/\"12-live\"", "\"12-live\""));
  EXPECT_TRUE(HasTag("*", "\"12-live\""));
  EXPECT_TRUE(HasTag("\"12-live-gzip\"", "\"12-live\""));
  EXPECT_FALSE(HasTag("\"12-ended\"", "\"12-live\""));
  EXPECT_FALSE(HasTag("", "\"12-live\""));
}

TEST(IfMatch, NamesAVersion) {
  EXPECT_EQ(ParseIfMatch("\"12-live\"", 12).version, 12U);
  EXPECT_EQ(ParseIfMatch("\"7\"", 12).version, 7U);
  EXPECT_EQ(ParseIfMatch("\"7\", \"12-live-gzip\"", 12).version, 12U);
  EXPECT_TRUE(ParseIfMatch("*", 12).any);
  EXPECT_FALSE(ParseIfMatch("W/\"12-live\"", 12).version);
  EXPECT_FALSE(ParseIfMatch("\"12abc\"", 12).version);
  EXPECT_FALSE(ParseIfMatch("12", 12).version);
  EXPECT_FALSE(ParseIfMatch("", 12).version);
}

TEST(ContentType, HasNoParameters) {
  EXPECT_EQ(MediaType("Application/JSON; charset=utf-8"), "application/json");
  EXPECT_EQ(MediaType(""), "");
}

}  // namespace
}  // namespace livedrops::server
