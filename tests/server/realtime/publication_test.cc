#include "server/realtime/publication.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "fake_port.h"
#include "livedrops/open.h"
#include "server/realtime/event_stream.h"
#include "server/realtime/loader.h"
#include "server/realtime/tickets.h"

namespace livedrops::server {
namespace {

using std::chrono::milliseconds;

// A shop in which everything that channels carry happens.
std::unique_ptr<Service> EventfulShop() {
  auto shop = Open("memory:");
  EXPECT_TRUE(shop.ok()) << shop.status().ToString();
  Service& service = **shop;
  CreateProduct product;
  product.id = ProductId("p");
  product.creator = CreatorId("c");
  product.name = "Mug";
  product.price.minor_units = 100;
  EXPECT_TRUE(service.products().Create(product).status.ok());
  FollowCreator follow;
  follow.creator = CreatorId("c");
  follow.user = UserId("ada");
  EXPECT_TRUE(service.follows().Set(follow).status.ok());
  CreateDrop drop;
  drop.id = DropId("d");
  drop.product = ProductId("p");
  drop.end_time = SystemClock().Now() + std::chrono::hours(1);
  drop.stock = 5;
  drop.low_stock = 3;
  EXPECT_TRUE(service.drops().Create(drop).status.ok());
  PlaceOrder order;
  order.drop = DropId("d");
  order.user = UserId("ada");
  order.key = Key("k1");
  order.quantity = 3;
  order.hold = true;
  const Reply held = service.orders().Place(order);
  EXPECT_EQ(held.outcome, Outcome::held);
  ConfirmOrder confirm;
  confirm.order = held.order.id;
  EXPECT_EQ(service.orders().Confirm(confirm).outcome, Outcome::done);
  order.key = Key("k2");
  order.quantity = 2;
  order.hold = false;
  EXPECT_EQ(service.orders().Place(order).outcome, Outcome::confirmed);
  Restock restock;
  restock.id = DropId("d");
  restock.quantity = 4;
  restock.key = Key("r");
  EXPECT_EQ(service.drops().Restock(restock).outcome, Outcome::done);
  for (const DropAction action : {DropAction::pause, DropAction::resume, DropAction::end}) {
    EXPECT_EQ(service.drops().Change({DropId("d"), action, {}, {}}).outcome, Outcome::done);
  }
  return std::move(*shop);
}

// The rule is in the storage and in Notifications::Channel; this one must say the same.
TEST(Publication, GoesToTheChannelsThatTheStorageReadsItFrom) {
  const auto shop = EventfulShop();
  const auto log = shop->notifications().Log(0);
  ASSERT_TRUE(log.ok());
  std::map<std::string, std::vector<std::uint64_t>> ours;
  for (const Event& event : *log) {
    for (const std::string& channel : ChannelsOf(event)) ours[channel].push_back(event.seq);
  }
  const Position begin{shop->notifications().Channel("drop:d", {})->position.epoch, 0};
  for (const char* channel : {"drop:d", "creator:c", "user:ada", "user:c"}) {
    const auto page = shop->notifications().Channel(channel, begin);
    ASSERT_TRUE(page.ok()) << channel;
    std::vector<std::uint64_t> theirs;
    for (const Event& event : page->events) theirs.push_back(event.seq);
    EXPECT_EQ(ours[channel], theirs) << channel;
  }
  EXPECT_GE(ours["drop:d"].size(), 7U);
  EXPECT_GE(ours["user:ada"].size(), 3U);
  EXPECT_EQ(ours.size(), 4U) << "user:c is empty, and there is no other";
}

TEST(Publication, TickerHasNoOffset) {
  Event event;
  event.seq = 9;
  event.drop = DropId("d");
  event.balance = 4;
  const PublicationPtr ticker = Publication::Ticker(std::make_shared<const Event>(event));
  EXPECT_EQ(ticker->channel(), "drop:d");
  EXPECT_EQ(ticker->seq(), 9U);
  EXPECT_EQ(ticker->Text().offset, 0U);
  EXPECT_EQ(ticker->Text().data,
            R"({"type":"stockChanged","eventId":9,"dropId":"d","at":"1970-01-01T00:00:00.000Z",)"
            R"("currentStock":4})");
}

TEST(Publisher, TellsTheLatestStockTenTimesASecond) {
  Publisher publisher;
  const auto sell = [&](std::uint64_t seq, int balance) {
    Event event = *EventAt(seq, EventType::orderConfirmed);
    event.balance = balance;
    publisher.Publish({{std::make_shared<const Event>(std::move(event))}});
  };
  const Publisher::Tick start{std::chrono::hours(1)};
  sell(1, 9);
  EXPECT_EQ(publisher.Tickers(start).size(), 1U);
  sell(2, 8);
  sell(3, 7);
  EXPECT_TRUE(publisher.Tickers(start + milliseconds(99)).empty());
  const auto told = publisher.Tickers(start + milliseconds(100));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]->seq(), 3U);
  EXPECT_TRUE(publisher.Tickers(start + milliseconds(500)).empty());
}

TEST(Loader, RecoversWhatWasMissedAndGivesTheDrop) {
  const auto shop = EventfulShop();
  Loader loader(shop.get(), &SystemClock());
  const std::string epoch = shop->notifications().Channel("drop:d", {})->position.epoch;
  LoadRequest request;
  request.following = UserId("ada");
  request.channels = {{"drop:d", Position{epoch, 4}},
                      {"drop:d", Position{epoch, 1'000'000}},
                      {"drop:d", Position{"other", 4}},
                      {"drop:none", {}},
                      {"creator:c", {}}};
  const Loaded loaded = loader.Load(request);
  ASSERT_TRUE(loaded.status.ok());
  ASSERT_EQ(loaded.following.size(), 1U);
  EXPECT_EQ(loaded.following[0].view(), "c");
  ASSERT_EQ(loaded.channels.size(), 5U);
  const Subscribed& recovered = loaded.channels[0].subscribed;
  EXPECT_TRUE(recovered.recovered);
  ASSERT_FALSE(recovered.publications.empty());
  EXPECT_LE(recovered.publications.back().offset, recovered.position.offset);
  EXPECT_NE(recovered.data.find(R"("dropId":"d")"), std::string::npos);
  for (const std::size_t lost : {1U, 2U}) {
    EXPECT_TRUE(loaded.channels[lost].subscribed.was_recovering);
    EXPECT_FALSE(loaded.channels[lost].subscribed.recovered);
    EXPECT_TRUE(loaded.channels[lost].subscribed.publications.empty());
  }
  EXPECT_EQ(loaded.channels[3].status.code(), StatusCode::kNotFound);
  EXPECT_TRUE(loaded.channels[4].status.ok());
  EXPECT_TRUE(loaded.channels[4].subscribed.data.empty());
  EXPECT_FALSE(loaded.channels[4].subscribed.was_recovering);
  EXPECT_EQ(loaded.channels[4].subscribed.position.offset, loaded.head);
}

TEST(Tickets, OpenOnceAndNotForLong) {
  Tickets tickets(Duration(30'000));
  Principal ada;
  ada.subject = UserId("ada");
  const std::string ticket = tickets.Issue(ada, kPortNow);
  EXPECT_EQ(ticket.size(), 43U);
  EXPECT_NE(ticket, tickets.Issue(ada, kPortNow));
  const auto taken = tickets.Take(ticket, kPortNow + Duration(29'999));
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->subject.view(), "ada");
  EXPECT_FALSE(tickets.Take(ticket, kPortNow).has_value());
  const std::string late = tickets.Issue(ada, kPortNow);
  EXPECT_FALSE(tickets.Take(late, kPortNow + Duration(30'000)).has_value());
  EXPECT_FALSE(tickets.Take("", kPortNow).has_value());
}

TEST(EventStream, ReadsEventIds) {
  EXPECT_EQ(ParseEventId("e:7").epoch, "e");
  EXPECT_EQ(ParseEventId("e:7").offset, 7U);
  for (const char* text : {"", "7", "e:", "e:x", "e:7x", "e:-1", "e:99999999999999999999"}) {
    EXPECT_EQ(ParseEventId(text).epoch, "") << text;
  }
  EXPECT_EQ(ServerSentEvent("e", {"{}", 7}), "id: e:7\ndata: {}\n\n");
  EXPECT_EQ(ServerSentEvent("e", {"{}", 0}), "data: {}\n\n");
}

}  // namespace
}  // namespace livedrops::server
