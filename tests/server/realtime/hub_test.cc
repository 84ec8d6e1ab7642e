#include "server/realtime/hub.h"

#include <gtest/gtest.h>

#include "fake_port.h"

namespace livedrops::server {
namespace {

struct Listener : Receiver {
  void Deliver(const Publication& publication) override {
    heard.push_back(publication.seq());
    if (publication.ticker()) ++tickers;
  }
  std::vector<std::uint64_t> heard;
  int tickers = 0;
};

PublicationPtr TickerAt(std::uint64_t seq) {
  Event event;
  event.seq = seq;
  event.drop = DropId("d");
  event.balance = 5;
  return Publication::Ticker(std::make_shared<const Event>(std::move(event)));
}

using Seqs = std::vector<std::uint64_t>;

TEST(Hub, TellsTheSubscribersOfAChannelOnly) {
  Hub hub;
  Listener first, second;
  Subscription one(&hub, &first, "drop:d");
  Subscription two(&hub, &second, "drop:e");
  one.Begin(0);
  two.Begin(0);
  std::size_t receivers = 0;
  const std::vector batch = {PublicationAt(1), PublicationAt(2, "drop:e"),
                             PublicationAt(3, "drop:f")};
  hub.Publish(batch, 3, [&](const Publication&, std::size_t count) { receivers += count; });
  EXPECT_EQ(first.heard, Seqs{1});
  EXPECT_EQ(second.heard, Seqs{2});
  EXPECT_EQ(receivers, 2U);
  EXPECT_EQ(hub.seq(), 3U);
}

TEST(Hub, ForgetsChannelsThatNobodyHears) {
  Hub hub;
  Listener listener;
  {
    const Subscription one(&hub, &listener, "drop:d");
    const Subscription two(&hub, &listener, "drop:d");
    EXPECT_EQ(hub.channels(), 1U);
  }
  EXPECT_EQ(hub.channels(), 0U);
  hub.Publish({{PublicationAt(1)}}, 1);
  EXPECT_TRUE(listener.heard.empty());
}

TEST(Subscription, HoldsBackUntilItBeginsAndSkipsWhatWasRead) {
  Hub hub;
  Listener listener;
  hub.Publish({}, 10);
  Subscription subscription(&hub, &listener, "drop:d");
  EXPECT_EQ(subscription.joined_at(), 10U);
  hub.Publish({{PublicationAt(11), PublicationAt(12)}}, 12);
  hub.Publish({{PublicationAt(13)}}, 13);
  EXPECT_TRUE(listener.heard.empty());
  subscription.Begin(12);  // The storage was read up to 12.
  EXPECT_EQ(listener.heard, Seqs{13});
  hub.Publish({{PublicationAt(14)}}, 14);
  EXPECT_EQ(listener.heard, (Seqs{13, 14}));
}

TEST(Subscription, SkipsLiveWhatTheStorageGaveAhead) {
  Hub hub;
  Listener listener;
  Subscription subscription(&hub, &listener, "drop:d");
  subscription.Begin(5);  // The storage was ahead of what this loop had been told.
  hub.Publish({{PublicationAt(4), PublicationAt(5), PublicationAt(6)}}, 6);
  EXPECT_EQ(listener.heard, Seqs{6});
}

TEST(Subscription, HoldsTheLatestTickerOnly) {
  Hub hub;
  Listener listener;
  Subscription subscription(&hub, &listener, "drop:d");
  hub.Publish({{TickerAt(1), TickerAt(2), PublicationAt(3), TickerAt(3)}}, 3);
  subscription.Begin(0);
  EXPECT_EQ(listener.heard, (Seqs{3, 3}));
  EXPECT_EQ(listener.tickers, 1);
}

}  // namespace
}  // namespace livedrops::server
