#include "server/realtime/session.h"

#include <gtest/gtest.h>

#include "fake_port.h"

namespace livedrops::server {
namespace {

using Texts = std::vector<std::string>;
using std::chrono::seconds;

class SessionTest : public testing::Test {
 protected:
  SessionTest() { settings_.epoch = "e"; }

  void Say(const std::string& message) { session_.OnMessage(message); }
  void Connect() { Say(R"({"id":1,"connect":{}})"), port_.Taken(); }
  void ConnectAs(const std::string& user, const Texts& following = {}) {
    Say(R"({"id":1,"connect":{"token":"user:)" + user + "\"}}");
    port_.Answer(following);
    port_.Taken();
  }
  void Publish(std::uint64_t seq, const std::string& channel = "drop:d") {
    hub_.Publish({{PublicationAt(seq, channel)}}, seq);
  }
  static Subscribed Recovered(std::uint64_t offset, std::vector<PublicationText> missed = {}) {
    Subscribed subscribed;
    subscribed.position = {"e", offset};
    subscribed.was_recovering = subscribed.recovered = true;
    subscribed.publications = std::move(missed);
    return subscribed;
  }

  SessionSettings settings_;
  FakePort port_;
  Hub hub_;
  const Tick start_{};
  Session session_{&port_, &hub_, &settings_, "c-1", start_};
};

TEST_F(SessionTest, ConnectsAnonymously) {
  Say(R"({"id":1,"connect":{}})");
  ASSERT_EQ(port_.sent.size(), 1U);
  EXPECT_TRUE(
      port_.sent[0].starts_with(R"({"id":1,"connect":{"client":"c-1","version":"livedrops)"))
      << port_.sent[0];
  EXPECT_TRUE(port_.sent[0].ends_with(R"(","ping":25,"pong":true}})")) << port_.sent[0];
  EXPECT_EQ(session_.principal(), nullptr);
}

TEST_F(SessionTest, SubscribesAUserToHimselfAndToWhomHeFollows) {
  hub_.Publish({}, 7);
  Say(R"({"id":1,"connect":{"token":"user:ada"}})");
  EXPECT_EQ(port_.loads.front().request.following.view(), "ada");
  port_.Answer({"c"});
  ASSERT_EQ(port_.sent.size(), 1U);
  EXPECT_TRUE(port_.sent[0].ends_with(
      R"("expires":true,"ttl":3600,"ping":25,"pong":true,"subs":{)"
      R"("creator:c":{"recoverable":true,"positioned":true,"epoch":"e","offset":7},)"
      R"("user:ada":{"recoverable":true,"positioned":true,"epoch":"e","offset":7}}}})"))
      << port_.sent[0];
  port_.Taken();
  Publish(8, "user:ada");
  Publish(9, "creator:c");
  Publish(10, "creator:other");
  EXPECT_EQ(port_.Taken(),
            (Texts{R"({"push":{"channel":"user:ada","pub":{"data":{},"offset":8}}})",
                   R"({"push":{"channel":"creator:c","pub":{"data":{},"offset":9}}})"}));
}

TEST_F(SessionTest, RecoversServerSideSubscriptionsWithoutGapOrDouble) {
  hub_.Publish({}, 7);
  Say(R"({"id":1,"connect":{"token":"user:ada",)"
      R"("subs":{"user:ada":{"recover":true,"epoch":"e","offset":3},)"
      R"("user:eve":{"recover":true}}}})");
  port_.Answer({});
  Publish(8, "user:ada");  // Comes while the storage is read, which has 8 already.
  Publish(9, "user:ada");
  EXPECT_TRUE(port_.sent.empty());
  ASSERT_EQ(port_.loads.front().request.channels.size(), 1U) << "nobody else's channel";
  EXPECT_EQ(port_.loads.front().request.channels[0].since->offset, 3U);
  port_.Answer({}, Recovered(8, {{"{\"a\":1}", 5}, {"{\"a\":2}", 8}}));
  ASSERT_EQ(port_.sent.size(), 2U);
  EXPECT_TRUE(port_.sent[0].ends_with(
      R"("epoch":"e","offset":8,"was_recovering":true,"recovered":true,)"
      R"("publications":[{"data":{"a":1},"offset":5},{"data":{"a":2},"offset":8}]}}}})"))
      << port_.sent[0];
  EXPECT_EQ(port_.sent[1], R"({"push":{"channel":"user:ada","pub":{"data":{},"offset":9}}})");
}

TEST_F(SessionTest, SubscribesFromNowOn) {
  hub_.Publish({}, 7);
  Connect();
  Say(R"({"id":2,"subscribe":{"channel":"drop:d","flag":1}})");
  Publish(8);
  Subscribed drop;
  drop.position = {"e", 7};
  drop.data = R"({"dropId":"d"})";
  port_.Answer({}, drop);
  EXPECT_EQ(port_.Taken(),
            (Texts{R"({"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"e",)"
                   R"("offset":7,"data":{"dropId":"d"}}})",
                   R"({"push":{"channel":"drop:d","pub":{"data":{},"offset":8}}})"}));
  Say(R"({"id":3,"subscribe":{"channel":"drop:d"}})");
  EXPECT_EQ(port_.Taken(),
            Texts{R"({"id":3,"error":{"code":105,"message":"already subscribed"}})"});
  Say(R"({"id":4,"unsubscribe":{"channel":"drop:d"}})");
  EXPECT_EQ(port_.Taken(), Texts{R"({"id":4,"unsubscribe":{}})"});
  Publish(9);
  EXPECT_TRUE(port_.sent.empty());
}

TEST_F(SessionTest, TellsThatAPositionCannotBeRecovered) {
  Connect();
  Say(R"({"id":2,"subscribe":{"channel":"drop:d","recover":true,"epoch":"other","offset":3}})");
  Subscribed lost;
  lost.position = {"e", 9};
  lost.was_recovering = true;
  port_.Answer({}, lost);
  EXPECT_EQ(port_.Taken(),
            Texts{R"({"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"e",)"
                  R"("offset":9,"was_recovering":true,"recovered":false}})"});
}

TEST_F(SessionTest, RefusesChannels) {
  Connect();
  const auto error_of = [&](const std::string& channel) {
    Say(R"({"id":2,"subscribe":{"channel":")" + channel + "\"}}");
    const Texts sent = port_.Taken();
    return sent.empty() ? "" : sent[0].substr(8, 19);
  };
  EXPECT_EQ(error_of("creator:c"), R"("error":{"code":103)");
  EXPECT_EQ(error_of("user:ada"), R"("error":{"code":103)");
  EXPECT_EQ(error_of("drops:d"), R"("error":{"code":102)");
  EXPECT_EQ(error_of("drop:"), R"("error":{"code":102)");
  EXPECT_EQ(error_of("drop:../x y"), R"("error":{"code":102)");
  Say(R"({"id":2,"subscribe":{"channel":"drop:none"}})");
  port_.Answer({}, {}, Status(StatusCode::kNotFound, "drop"));
  EXPECT_TRUE(port_.Taken()[0].starts_with(R"({"id":2,"error":{"code":102)"));
  Say(R"({"id":2,"subscribe":{"channel":"drop:d"}})");
  port_.Answer({}, {}, Status(StatusCode::kUnavailable, "disk"));
  EXPECT_EQ(port_.Taken(), Texts{ErrorReply(2, kErrorInternal)});
  EXPECT_TRUE(port_.closed.empty());
  EXPECT_EQ(session_.subscription_count(), 0U);
}

TEST_F(SessionTest, HandsAServerSideSubscriptionOver) {
  ConnectAs("ada");
  Say(R"({"id":2,"subscribe":{"channel":"user:ada"}})");
  port_.Answer();
  EXPECT_TRUE(port_.Taken()[0].starts_with(R"({"id":2,"subscribe":)"));
  Publish(1, "user:ada");
  EXPECT_EQ(port_.Taken().size(), 1U) << "once, not twice";
}

TEST_F(SessionTest, ForgetsASubscriptionThatEndsBeforeItBegan) {
  Connect();
  Say(R"({"id":2,"subscribe":{"channel":"drop:d"}})");
  Say(R"({"id":3,"unsubscribe":{"channel":"drop:d"}})");
  Say(R"({"id":4,"subscribe":{"channel":"drop:d"}})");
  port_.Taken();
  port_.Answer();
  EXPECT_TRUE(port_.Taken().empty()) << "that answer belongs to the first";
  port_.Answer();
  EXPECT_TRUE(port_.Taken()[0].starts_with(R"({"id":4,"subscribe":)"));
}

TEST_F(SessionTest, LimitsTheChannels) {
  settings_.channels_max = 2;
  ConnectAs("ada", {"a", "b", "c"});  // Server-side ones do not count.
  for (const char* drop : {"1", "2"}) {
    Say(std::string(R"({"id":2,"subscribe":{"channel":"drop:)") + drop + "\"}}");
    port_.Answer();
  }
  port_.Taken();
  Say(R"({"id":3,"subscribe":{"channel":"drop:3"}})");
  EXPECT_EQ(port_.Taken(), Texts{ErrorReply(3, kErrorLimitExceeded)});
}

TEST_F(SessionTest, TakesCommandsThatComeBeforeTheConnectReply) {
  Say("{\"id\":1,\"connect\":{\"token\":\"user:ada\"}}\n{\"id\":2,\"ping\":{}}");
  EXPECT_TRUE(port_.sent.empty());
  port_.Answer();
  ASSERT_EQ(port_.sent.size(), 2U);
  EXPECT_EQ(port_.sent[1], R"({"id":2,"ping":{}})");
}

TEST_F(SessionTest, FollowsWhatTheUserFollows) {
  ConnectAs("ada", {"a", "b"});
  hub_.Publish({}, 5);
  session_.OnFollowsChanged();
  session_.OnFollowsChanged();  // While the list is read: it is read once more.
  ASSERT_EQ(port_.loads.size(), 1U);
  port_.Answer({"c", "b"});
  EXPECT_EQ(port_.Taken(), (Texts{UnsubscribePush("creator:a", kServerUnsubscribe),
                                  SubscribePush("creator:c", {"e", 5})}));
  ASSERT_EQ(port_.loads.size(), 1U);
  port_.Answer({"c", "b"});
  EXPECT_TRUE(port_.loads.empty());
  EXPECT_TRUE(port_.Taken().empty());
  Publish(6, "creator:c");
  Publish(7, "creator:a");
  EXPECT_EQ(port_.Taken().size(), 1U);
}

TEST_F(SessionTest, FollowsWhatChangedWhileItConnected) {
  Say(R"({"id":1,"connect":{"token":"user:ada"}})");
  session_.OnFollowsChanged();
  port_.Answer({});
  port_.Taken();
  ASSERT_EQ(port_.loads.size(), 1U);
  port_.Answer({"a"});
  EXPECT_EQ(port_.Taken(), Texts{SubscribePush("creator:a", {"e", 0})});
}

TEST_F(SessionTest, ClosesWhatBreaksTheProtocol) {
  const auto closes = [](const Texts& messages) {
    FakePort port;
    Hub hub;
    const SessionSettings settings;
    Session session(&port, &hub, &settings, "c", Tick{});
    for (const std::string& message : messages) session.OnMessage(message);
    EXPECT_LE(port.closed.size(), 1U);
    return port.closed.empty() ? 0 : port.closed[0];
  };
  const std::string connect = R"({"id":1,"connect":{}})";
  EXPECT_EQ(closes({"not json"}), 3501);
  EXPECT_EQ(closes({R"({"id":1,"subscribe":{"channel":"drop:d"}})"}), 3501);
  EXPECT_EQ(closes({"{}"}), 3501);
  EXPECT_EQ(closes({connect, connect}), 3501);
  EXPECT_EQ(closes({connect, R"({"send":{"data":{}}})"}), 3508);
  EXPECT_EQ(closes({R"({"id":1,"connect":{"token":"forged"}})", connect}), 3500);
  EXPECT_EQ(closes({connect}), 0);
}

TEST_F(SessionTest, AnswersWhatIsNotAvailable) {
  Connect();
  Say(R"({"id":2,"publish":{"channel":"drop:d","data":{}}})");
  Say(R"({"id":3,"history":{"channel":"drop:d"}})");
  EXPECT_EQ(port_.Taken(),
            (Texts{ErrorReply(2, kErrorNotAvailable), ErrorReply(3, kErrorNotAvailable)}));
}

TEST_F(SessionTest, RefusesASixthConnection) {
  port_.admits = false;
  Say(R"({"id":1,"connect":{"token":"user:ada"}})");
  EXPECT_EQ(port_.closed, std::vector<int>{3504});
}

TEST_F(SessionTest, TellsThatATokenExpiredAndTakesAnother) {
  Say(R"({"id":1,"connect":{"token":"old:ada"}})");
  EXPECT_EQ(port_.Taken(), Texts{ErrorReply(1, kErrorTokenExpired)});
  Say(R"({"id":2,"connect":{"token":"user:ada"}})");
  port_.Answer();
  EXPECT_TRUE(port_.Taken()[0].starts_with(R"({"id":2,"connect":)"));
}

TEST_F(SessionTest, ExpiresWithItsToken) {
  ConnectAs("ada");
  port_.now += std::chrono::hours(1) + settings_.leeway - Duration(1);
  session_.OnTick(start_);
  EXPECT_TRUE(port_.closed.empty());
  port_.now += Duration(1);
  session_.OnTick(start_);
  EXPECT_EQ(port_.closed, std::vector<int>{3005});
}

// Clients come back by themselves, and hear that their position is of another epoch.
TEST_F(SessionTest, ClosesWhenItsPositionsAreWorthNothing) {
  ConnectAs("ada");
  session_.OnEpochChanged();
  session_.OnEpochChanged();
  EXPECT_EQ(port_.closed, std::vector<int>{3010});
}

TEST_F(SessionTest, LivesOnWithARefreshedToken) {
  ConnectAs("ada");
  port_.now += std::chrono::hours(1);
  Say(R"({"id":5,"refresh":{"token":"user:ada"}})");
  const Texts sent = port_.Taken();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(sent[0].starts_with(R"({"id":5,"refresh":{"client":"c-1")")) << sent[0];
  EXPECT_TRUE(sent[0].ends_with(R"("expires":true,"ttl":3600}})")) << sent[0];
  port_.now += settings_.leeway;
  session_.OnTick(start_);
  EXPECT_TRUE(port_.closed.empty());
  Say(R"({"id":6,"refresh":{"token":"old:ada"}})");
  EXPECT_EQ(port_.Taken(), Texts{ErrorReply(6, kErrorTokenExpired)});
  Say(R"({"id":7,"refresh":{"token":"user:eve"}})");
  EXPECT_EQ(port_.closed, std::vector<int>{3500}) << "another user's token";
}

TEST_F(SessionTest, ClosesWhenItsTokenIsRevoked) {
  ConnectAs("ada");
  session_.OnRevoked();
  EXPECT_TRUE(port_.closed.empty());
  port_.revoked = true;
  session_.OnRevoked();
  EXPECT_EQ(port_.closed, std::vector<int>{3500});
  Publish(1, "user:ada");
  EXPECT_TRUE(port_.Taken().empty());
}

TEST_F(SessionTest, PingsAndWantsAnAnswer) {
  Connect();
  session_.OnTick(start_ + seconds(24));
  EXPECT_TRUE(port_.Taken().empty());
  session_.OnTick(start_ + seconds(25));
  EXPECT_EQ(port_.Taken(), Texts{"{}"});
  Say("{}");
  session_.OnTick(start_ + seconds(49));
  EXPECT_TRUE(port_.closed.empty());
  session_.OnTick(start_ + seconds(50));
  session_.OnTick(start_ + seconds(57));
  EXPECT_TRUE(port_.closed.empty());
  session_.OnTick(start_ + seconds(58));
  EXPECT_EQ(port_.closed, std::vector<int>{3012});
}

TEST_F(SessionTest, ClosesWhoNeverConnects) {
  session_.OnTick(start_ + seconds(9));
  EXPECT_TRUE(port_.closed.empty());
  session_.OnTick(start_ + seconds(10));
  EXPECT_EQ(port_.closed, std::vector<int>{3502});
}

TEST_F(SessionTest, HearsNothingAfterItsEnd) {
  Connect();
  Say(R"({"id":2,"subscribe":{"channel":"drop:d"}})");
  session_.OnClosed();
  port_.Answer();
  Say(R"({"id":3,"ping":{}})");
  Publish(1);
  session_.OnTick(start_ + seconds(100));
  EXPECT_TRUE(port_.Taken().empty());
  EXPECT_TRUE(port_.closed.empty());
}

}  // namespace
}  // namespace livedrops::server
