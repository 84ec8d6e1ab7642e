#include "livedrops/notifications.h"

#include <gtest/gtest.h>

#include "engine_kit.h"

namespace livedrops {
namespace {

std::vector<EventType> TypesOf(const std::vector<Event>& events) {
  std::vector<EventType> types;
  for (const Event& event : events) types.push_back(event.type);
  return types;
}

class NotificationsTest : public EngineTest {
 protected:
  Reply Follow(const std::string& creator, const std::string& user, bool follow = true) {
    FollowCreator command;
    command.creator = CreatorId(creator);
    command.user = UserId(user);
    command.follow = follow;
    return engine_->follows().Set(command);
  }
  ChannelPage Since(const std::string& channel, const Position& position) {
    const auto page = engine_->notifications().Channel(channel, position);
    EXPECT_TRUE(page.ok()) << page.status().ToString();
    return page.ok() ? *page : ChannelPage();
  }
  Position Now(const std::string& channel) {
    return engine_->notifications().Channel(channel, std::nullopt)->position;
  }
  std::vector<EventType> InboxTypes(const std::string& user) {
    std::vector<EventType> types;
    const auto inbox = engine_->notifications().Read(UserId(user), {"", 100});
    for (const Notification& entry : inbox->data) types.push_back(entry.type);
    return types;
  }
};
using Channels = NotificationsTest;
using Inboxes = NotificationsTest;

// --- channels ------------------------------------------------------------------------------------

TEST_F(Channels, CarryWhatBelongsToThem) {
  const Position start = Now("drop:d1");
  MakeDrop("d1", 2);
  const Reply held = [&] {
    PlaceOrder order = OrderOf("d1", "u1", "k1");
    order.hold = true;
    return engine_->orders().Place(order);
  }();
  ConfirmOrder confirm;
  confirm.order = held.order.id;
  EXPECT_TRUE(Ok(engine_->orders().Confirm(confirm)));
  EXPECT_TRUE(Ok(Place("d1", "u2", "k1")));
  using enum EventType;
  EXPECT_EQ(TypesOf(Since("drop:d1", start).events),
            (std::vector<EventType>{dropStart, lowStock, soldOut}));
  EXPECT_EQ(TypesOf(Since("creator:c1", start).events),
            (std::vector<EventType>{dropScheduled, dropStart, soldOut}));
  EXPECT_EQ(TypesOf(Since("user:u1", start).events),
            (std::vector<EventType>{orderHeld, orderConfirmed}));
  EXPECT_EQ(TypesOf(Since("user:u2", start).events), (std::vector<EventType>{orderConfirmed}));
  EXPECT_TRUE(Since("user:u3", start).events.empty());
}

TEST_F(Channels, GoOnFromAPositionWithoutGapOrRepeat) {
  MakeDrop("d1", 1000);
  Position position = Now("user:u1");
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(Ok(Place("d1", i % 3 == 0 ? "u2" : "u1", "k" + std::to_string(i))));
    if (i % 4 != 0) continue;
    const ChannelPage page = Since("user:u1", position);
    EXPECT_TRUE(page.recovered);
    for (const Event& event : page.events) seen.push_back(event.seq);
    position = page.position;
  }
  for (const Event& event : Since("user:u1", position).events) seen.push_back(event.seq);
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST_F(Channels, KeepTheirOffsetsOverARestart) {
  MakeDrop("d1", 10);
  const Position before = Now("user:u1");
  const Reply sold = Place("d1", "u1", "k1");
  Open();
  EXPECT_EQ(Now("user:u1").epoch, before.epoch);
  const ChannelPage page = Since("user:u1", before);
  ASSERT_EQ(page.events.size(), 1u);
  EXPECT_EQ(page.events[0].seq, sold.seq);
  EXPECT_EQ(page.position.offset, sold.seq);
}

TEST_F(Channels, SayThatSomethingWasMissed) {
  MakeDrop("d1", 10);
  const Position now = Now("drop:d1");
  EXPECT_TRUE(Since("drop:d1", now).recovered);
  EXPECT_FALSE(Since("drop:d1", {now.epoch, now.offset + 1}).recovered);
  EXPECT_FALSE(Since("drop:d1", {"another", now.offset}).recovered);
  EXPECT_FALSE(Since("drop:d1", {"", 0}).recovered);
  EXPECT_EQ(Since("drop:d1", {"another", 0}).position.epoch, now.epoch);
}

TEST_F(Channels, ReachBackAThousandPublications) {
  MakeDrop("d1", 5000);
  const Position start = Now("user:u1");
  const auto sell = [&](int from, int to) {
    std::vector<PlaceOrder> orders;
    for (int i = from; i < to; ++i) orders.push_back(OrderOf("d1", "u1", "k" + std::to_string(i)));
    std::vector<Reply> replies(orders.size());
    engine_->orders().PlaceBatch(orders, replies);
  };
  sell(0, 1000);
  clock_.Advance(Duration(25 * 3'600'000));
  EXPECT_TRUE(Since("user:u1", start).recovered);
  EXPECT_EQ(Since("user:u1", start).events.size(), 1000u);
  sell(1000, 1001);
  EXPECT_FALSE(Since("user:u1", start).recovered);
}

TEST_F(Channels, ReachBackADayWhateverHappened) {
  MakeDrop("d1", 5000);
  const Position start = Now("user:u1");
  std::vector<PlaceOrder> orders;
  for (int i = 0; i < 1500; ++i) orders.push_back(OrderOf("d1", "u1", "k" + std::to_string(i)));
  std::vector<Reply> replies(orders.size());
  engine_->orders().PlaceBatch(orders, replies);
  const ChannelPage page = Since("user:u1", start);
  EXPECT_TRUE(page.recovered);
  EXPECT_EQ(page.events.size(), 1500u);
  EXPECT_LT(page.events.front().seq, page.events.back().seq);
}

TEST_F(Channels, RefuseNamesThatAreNone) {
  for (const std::string name :
       {"", "drop", "drop:", ":d1", "shop:1", "Drop:d1", "drop:a b", "*", "drop:..", "user:u1:"}) {
    const auto page = engine_->notifications().Channel(name, std::nullopt);
    const bool allowed = name == "user:u1:";  // A colon may be part of an id.
    EXPECT_EQ(page.ok(), allowed) << name;
    const StatusCode code = allowed ? StatusCode::kOk : StatusCode::kInvalidArgument;
    EXPECT_EQ(page.status().code(), code) << name;
  }
  EXPECT_EQ(engine_->notifications()
                .Channel("drop:" + std::string(65, 'a'), std::nullopt)
                .status()
                .code(),
            StatusCode::kInvalidArgument);
}

TEST_F(Channels, GiveTheWholeLogInPages) {
  MakeDrop("d1", 100);
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(Ok(Place("d1", "u1", "k" + std::to_string(i))));
  std::uint64_t seq = 0;
  for (;;) {
    const auto events = engine_->notifications().Log(seq, 7);
    ASSERT_TRUE(events.ok());
    if (events->empty()) break;
    for (const Event& event : *events) EXPECT_EQ(event.seq, ++seq);
  }
  EXPECT_EQ(seq, engine_->audit().ReadHead()->seq);
  for (const int limit : {0, -1, 10'001}) {
    EXPECT_EQ(engine_->notifications().Log(0, limit).status().code(), StatusCode::kInvalidArgument);
  }
}

// Events of an aggregate count 1, 2, 3 without a gap.
TEST_F(Channels, NumberEachAggregateWithoutGap) {
  MakeDrop("d1", 3, Confirmation::hold);
  MakeDrop("d2", 3);
  EXPECT_TRUE(Ok(Follow("c1", "u1")));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Ok(Place(i % 2 == 0 ? "d1" : "d2", "u1", "k" + std::to_string(i))));
  }
  clock_.Advance(Duration(700'000));
  EXPECT_TRUE(Ok(engine_->Advance()));
  std::map<std::string, std::uint64_t> last;
  for (const Event& event : Log()) {
    EXPECT_EQ(event.aggregate_seq, ++last[event.aggregate]) << event.aggregate;
  }
  EXPECT_EQ(last.size(), 3u);
}

// --- inbox ---------------------------------------------------------------------------------------

TEST_F(Inboxes, MergeOwnEventsWithThoseOfFollowedCreators) {
  EXPECT_TRUE(Ok(engine_->products().Create(ProductOf("p2", "c2"))));
  clock_.Advance(Duration(1));
  EXPECT_TRUE(Ok(Follow("c1", "u1")));
  clock_.Advance(Duration(1));
  MakeDrop("d1", 5);
  EXPECT_TRUE(Ok(engine_->drops().Create(DropOf("d2", 5, Confirmation::direct, "p2"))));
  EXPECT_TRUE(Ok(Place("d2", "u1", "k1")));
  EXPECT_TRUE(Ok(Place("d2", "u2", "k1")));
  using enum EventType;
  EXPECT_EQ(InboxTypes("u1"), (std::vector<EventType>{orderConfirmed, dropStart, dropScheduled}));
  EXPECT_EQ(InboxTypes("u2"), (std::vector<EventType>{orderConfirmed}));
  EXPECT_EQ(InboxTypes("u3"), (std::vector<EventType>{}));
}

TEST_F(Inboxes, BeginWhereTheUserFollowed) {
  MakeDrop("d1", 5);
  clock_.Advance(Duration(1));
  EXPECT_TRUE(Ok(Follow("c1", "u1")));
  EXPECT_EQ(InboxTypes("u1"), (std::vector<EventType>{}));
  clock_.Advance(Duration(1));
  MakeDrop("d2", 5);
  EXPECT_EQ(InboxTypes("u1").size(), 2u);
  EXPECT_TRUE(Ok(Follow("c1", "u1", false)));
  EXPECT_EQ(InboxTypes("u1").size(), 0u);
}

TEST_F(Inboxes, CountWhatIsUnread) {
  MakeDrop("d1", 50);
  std::vector<std::uint64_t> seqs;
  for (int i = 0; i < 10; ++i) seqs.push_back(Place("d1", "u1", "k" + std::to_string(i)).seq);
  const auto unread = [&] { return engine_->notifications().Read(UserId("u1"))->unread; };
  EXPECT_EQ(unread(), 10);
  EXPECT_FALSE(engine_->notifications().Mark({UserId("u1"), seqs[3]}).repeated);
  EXPECT_EQ(unread(), 6);
  // The mark never goes back.
  EXPECT_TRUE(engine_->notifications().Mark({UserId("u1"), seqs[1]}).repeated);
  EXPECT_EQ(unread(), 6);
  Open();
  EXPECT_EQ(unread(), 6);
  EXPECT_TRUE(Ok(engine_->notifications().Mark({UserId("u1"), UINT64_MAX})));
  EXPECT_EQ(unread(), 0);
  EXPECT_TRUE(Ok(Place("d1", "u1", "k-new")));
  EXPECT_EQ(unread(), 1);
  const auto inbox = engine_->notifications().Read(UserId("u1"));
  EXPECT_FALSE(inbox->data[0].read);
  EXPECT_TRUE(inbox->data[1].read);
}

TEST_F(Inboxes, PageWithoutGapOrRepeat) {
  MakeDrop("d1", 100);
  EXPECT_TRUE(Ok(Follow("c1", "u1")));
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(Ok(Place("d1", "u1", "k" + std::to_string(i))));
  std::vector<std::uint64_t> ids;
  PageRequest page;
  page.limit = 7;
  do {
    const auto inbox = engine_->notifications().Read(UserId("u1"), page);
    ASSERT_TRUE(inbox.ok());
    for (const Notification& entry : inbox->data) ids.push_back(entry.id);
    page.cursor = inbox->next_cursor;
  } while (!page.cursor.empty());
  EXPECT_GE(ids.size(), 40u);
  EXPECT_TRUE(std::ranges::is_sorted(ids, std::greater<>()));
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST_F(Inboxes, ReachBackToTheFirstEvent) {
  constexpr int kOrders = 1'150;
  MakeDrop("d1", 2 * kOrders);
  for (int i = 0; i < kOrders; ++i) EXPECT_TRUE(Ok(Place("d1", "u1", "k" + std::to_string(i))));
  PageRequest page;
  page.limit = 100;
  int entries = 0;
  do {
    const auto inbox = engine_->notifications().Read(UserId("u1"), page);
    ASSERT_TRUE(inbox.ok());
    EXPECT_EQ(inbox->unread, 1'000);
    entries += static_cast<int>(inbox->data.size());
    page.cursor = inbox->next_cursor;
  } while (!page.cursor.empty());
  EXPECT_EQ(entries, kOrders);
}

TEST_F(Inboxes, RefuseWhatIsNotTheirs) {
  MakeDrop("d1", 50);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Ok(Place("d1", "u1", "k" + std::to_string(i))));
  const std::string cursor = engine_->notifications().Read(UserId("u1"), {"", 2})->next_cursor;
  EXPECT_EQ(engine_->notifications().Read(UserId("u2"), {cursor, 2}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_->notifications().Read(UserId("u1"), {"12", 2}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(engine_->notifications().Read(UserId("")).ok());
  EXPECT_EQ(engine_->notifications().Mark({UserId("a b"), 1}).status.code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace livedrops
