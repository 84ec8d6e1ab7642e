#include "server/realtime/protocol.h"

#include <gtest/gtest.h>

namespace livedrops::server {
namespace {

Command Only(std::string_view message) {
  const auto commands = ParseCommands(message);
  EXPECT_TRUE(commands.has_value()) << message;
  EXPECT_TRUE(commands && commands->size() == 1) << message;
  return commands && !commands->empty() ? commands->front() : Command();
}

TEST(Protocol, ReadsAConnectCommandAndIgnoresWhatItDoesNotKnow) {
  const Command command =
      Only(R"({"id":1,"connect":{"token":"t","name":"js","version":"5","data":{"a":[1]},"flag":3,)"
           R"("subs":{"user:ada":{"recover":true,"epoch":"e","offset":9007199254740993},)"
           R"("user:b":{}}}})");
  EXPECT_EQ(command.method, Command::Method::connect);
  EXPECT_EQ(command.id, 1U);
  EXPECT_EQ(command.token, "t");
  ASSERT_EQ(command.subs.size(), 2U);
  EXPECT_EQ(command.subs[0].channel, "user:ada");
  ASSERT_TRUE(command.subs[0].since.has_value());
  EXPECT_EQ(command.subs[0].since->epoch, "e");
  EXPECT_EQ(command.subs[0].since->offset, 9007199254740993U);
  EXPECT_FALSE(command.subs[1].since.has_value());
}

TEST(Protocol, ReadsSeveralCommandsOfOneMessage) {
  const auto commands = ParseCommands(
      "{\"id\":2,\"subscribe\":{\"channel\":\"drop:d\",\"recover\":true,\"epoch\":\"e\"}}\n"
      "{}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"drop:d\"}}\n");
  ASSERT_TRUE(commands.has_value());
  ASSERT_EQ(commands->size(), 3U);
  EXPECT_EQ((*commands)[0].target.since->offset, 0U);
  EXPECT_EQ((*commands)[1].method, Command::Method::pong);
  EXPECT_EQ((*commands)[2].method, Command::Method::unsubscribe);
}

TEST(Protocol, RefusesWhatIsNoCommand) {
  for (const char* text :
       {"",
        "\n",
        "x",
        "[]",
        "1",
        "{\"id\":1}",
        "{\"connect\":{}}",
        "{\"id\":1,\"dance\":{}}",
        "{\"id\":1,\"connect\":[]}",
        "{\"id\":-1,\"connect\":{}}",
        "{\"id\":1.5,\"connect\":{}}",
        "{\"id\":4294967296,\"connect\":{}}",
        "{\"id\":1,\"id\":2,\"connect\":{}}",
        "{\"id\":1,\"connect\":{\"token\":1}}",
        "{\"id\":1,\"connect\":{\"subs\":[]}}",
        "{\"id\":1,\"connect\":{\"subs\":{\"a\":1}}}",
        "{\"id\":1,\"subscribe\":{}}",
        "{\"id\":1,\"subscribe\":{\"channel\":7}}",
        "{\"id\":1,\"refresh\":{}}",
        "{\"id\":1,\"subscribe\":{\"channel\":\"drop:d\",\"recover\":1}}",
        "{\"id\":1,\"subscribe\":{\"channel\":\"drop:d\",\"recover\":true,\"offset\":-1}}",
        "{\"id\":1,\"connect\":{}}\n{",
        "{\"id\":1,\"connect\":{}} {\"id\":2,\"ping\":{}}"}) {
    EXPECT_FALSE(ParseCommands(text).has_value()) << text;
  }
}

TEST(Protocol, WritesReplies) {
  EXPECT_EQ(EmptyReply(3, "unsubscribe"), R"({"id":3,"unsubscribe":{}})");
  EXPECT_EQ(ErrorReply(4, kErrorPermissionDenied),
            R"({"id":4,"error":{"code":103,"message":"permission denied"}})");
  EXPECT_EQ(ErrorReply(4, kErrorInternal),
            R"({"id":4,"error":{"code":100,"message":"internal server error","temporary":true}})");
  Subscribed subscribed;
  subscribed.position = {"e", 7};
  subscribed.data = "{\"dropId\":\"d\"}";
  EXPECT_EQ(SubscribeReply(5, subscribed),
            R"({"id":5,"subscribe":{"recoverable":true,"positioned":true,"epoch":"e","offset":7,)"
            R"("data":{"dropId":"d"}}})");
  subscribed.data.clear();
  subscribed.was_recovering = subscribed.recovered = true;
  subscribed.publications = {{"{\"type\":\"soldOut\"}", 6}};
  EXPECT_EQ(SubscribeReply(5, subscribed),
            R"({"id":5,"subscribe":{"recoverable":true,"positioned":true,"epoch":"e","offset":7,)"
            R"("was_recovering":true,"recovered":true,)"
            R"("publications":[{"data":{"type":"soldOut"},"offset":6}]}})");
}

TEST(Protocol, WritesPushes) {
  EXPECT_EQ(PublicationPush("drop:d", {"{}", 7}),
            R"({"push":{"channel":"drop:d","pub":{"data":{},"offset":7}}})");
  EXPECT_EQ(PublicationPush("drop:d", {"{}", 0}),
            R"({"push":{"channel":"drop:d","pub":{"data":{}}}})");
  EXPECT_EQ(UnsubscribePush("creator:c", kServerUnsubscribe),
            R"({"push":{"channel":"creator:c","unsubscribe":)"
            R"({"code":2000,"reason":"server unsubscribe"}}})");
  EXPECT_EQ(SubscribePush("creator:c", {"e", 7}),
            R"({"push":{"channel":"creator:c","subscribe":)"
            R"({"recoverable":true,"positioned":true,"epoch":"e","offset":7}}})");
}

}  // namespace
}  // namespace livedrops::server
