// What lists cost: never the loop's time, and not the history of a shop.
#include "tests/server/gateway/gateway_kit.h"

namespace livedrops::server {
namespace {

class Lists : public GatewayTest {
 protected:
  std::map<std::string, std::string> Settings() const override {
    return {{"server.threads", "1"}, {"server.request_deadline_ms", "60000"}};
  }
};

// There is one loop. If it waited for the list, nobody would be answered.
TEST_F(Lists, KeepNobodyElseWaiting) {
  MakeShop();
  Shopper admin = NewShopper("root", Role::admin);
  Shopper ann = NewShopper("ann");
  EXPECT_EQ(Ask(ann, "POST", "/order", OrderBody("k1")).status, 201);
  const char* const lists[] = {"/products",
                               "/products?status=live",
                               "/products?include=drop",
                               "/drops",
                               "/drops?status=live",
                               "/drops?creatorId=c1",
                               "/drops/d1/orders",
                               "/orders?userId=ann&status=confirmed",
                               "/notifications",
                               "/audit?actor=ann"};
  for (const char* target : lists) {
    const int before = health_->lists();
    health_->HoldLists();
    Send(admin, "GET", target);
    ASSERT_TRUE(Eventually([&] { return health_->lists() > before; })) << target;
    ASSERT_EQ(Ask(ann, "GET", "/drops/d1").status, 200) << target;
    ASSERT_EQ(Ask(ann, "POST", "/order", OrderBody(target)).status, 201) << target;
    health_->LetListsGo();
    const ReceivedResponse answer = admin.client->ReadResponse();
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    EXPECT_NE(answer.body.find("\"data\":["), std::string::npos) << target;
  }
}

TEST_F(Lists, OfManyProductsAreReadOnceForAllWhoAsk) {
  MakeShop();
  Shopper ann = NewShopper("ann");
  EXPECT_EQ(Ask(ann, "GET", "/products?limit=7").status, 200);
  const int before = health_->lists();
  // What nobody knows and the order of names make no other page.
  for (const char* target : {"/products?limit=7&page=1", "/products?x=1&limit=7",
                             "/products?page=1&limit=7&y=2", "/products?limit=7"}) {
    EXPECT_EQ(Ask(ann, "GET", target).status, 200) << target;
  }
  EXPECT_EQ(health_->lists(), before);
  EXPECT_EQ(Ask(ann, "GET", "/products?limit=8").status, 200);
  EXPECT_EQ(health_->lists(), before + 1);
}

// Of one product, and of another product of the same creator.
TEST_F(Lists, ShowTheDropsOfProductsWithoutReadingAllOfTheCreators) {
  MakeShop();
  for (int i = 0; i < 150; ++i) MakeDrop("more-" + std::to_string(i));
  CreateProduct other;
  other.id = ProductId("p2");
  other.creator = CreatorId("c1");
  other.name = "Chair";
  EXPECT_TRUE(service_->products().Create(other).status.ok());
  MakeDrop("chair", "p2");
  Shopper ann = NewShopper("ann");
  const std::int64_t before = health_->drops_listed;
  const ReceivedResponse page = Ask(ann, "GET", "/products?include=drop&creatorId=c1");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("\"dropId\":\"chair\""), std::string::npos) << page.body;
  // Whichever of those that were made in the last millisecond.
  EXPECT_NE(page.body.find("\"initStock\":10000", page.body.find("\"prodId\":\"p1\"")),
            std::string::npos)
      << page.body;
  EXPECT_EQ(health_->drops_listed - before, 20 + 1);
}

TEST_F(Lists, ShowTheNewestDropThatIsNotOver) {
  MakeShop();
  MakeDrop("d2");
  MakeDrop("d3");
  Shopper creator = NewShopper("c1", Role::creator);
  const auto shown = [&] {
    const std::string body = Ask(creator, "GET", "/products/p1?include=drop").body;
    const std::size_t at = body.find("\"dropId\":\"");
    return at == std::string::npos ? "" : body.substr(at + 10, 2);
  };
  const std::string newest = shown();
  EXPECT_NE(newest, "");
  EXPECT_EQ(Ask(creator, "POST", "/drops/" + newest + "/end", "{}").status, 200);
  const std::string next = shown();
  EXPECT_NE(next, newest);
  for (const char* id : {"d1", "d2", "d3"}) {
    EXPECT_EQ(Ask(creator, "POST", std::string("/drops/") + id + "/end", "{}").status, 200);
  }
  EXPECT_EQ(shown(), newest) << "when all are over, the newest";
}

class SlowLists : public Lists {
 protected:
  std::map<std::string, std::string> Settings() const override {
    return {{"server.threads", "1"}, {"server.request_deadline_ms", "300"}};
  }
};

// A read changes nothing, however far it came.
TEST_F(SlowLists, AreUnavailableInTheEnd) {
  MakeShop();
  Shopper ann = NewShopper("ann");
  health_->HoldLists();
  const ReceivedResponse answer = Ask(ann, "GET", "/drops");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("\"code\":\"unavailable\""), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace livedrops::server
