// What clients see while the storage cannot be read, does not answer, or is behind.
#include "tests/server/gateway/gateway_kit.h"

namespace livedrops::server {
namespace {

constexpr char kStale[] = "livedrops; hit; detail=stale";

bool Has(const ReceivedResponse& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

using Unreadable = GatewayTest;

TEST_F(Unreadable, ReadsAreStaleAndSaySo) {
  MakeShop();
  Shopper creator = NewShopper("c1", Role::creator);
  const std::string targets[] = {
      "/drops/d1",    "/products/p1",           "/products?limit=5",
      "/drops",       "/products?include=drop", "/products/p1?include=drop,creator",
      "/creators/c1", "/followers/c1",          "/products?status=live&view=essential"};
  std::map<std::string, std::string> seen;
  for (const std::string& target : targets) {
    const ReceivedResponse answer = Ask(creator, "GET", target);
    ASSERT_EQ(answer.status, 200) << target << answer.body;
    EXPECT_EQ(answer.Field("Cache-Status"), "") << target;
    seen[target] = answer.body;
  }
  // What has changed since is no longer fresh, but better than nothing.
  Shopper ann = NewShopper("ann");
  EXPECT_EQ(Ask(ann, "POST", "/order", OrderBody("k1")).status, 201);
  EXPECT_EQ(Ask(ann, "POST", "/follow", R"({"creatorId":"c1"})").status, 200);
  health_->FailReads(true);
  for (const std::string& target : targets) {
    ReceivedResponse answer;
    // Fresh ones are given out as such until their time is over.
    EXPECT_TRUE(Eventually([&] {
      answer = Ask(creator, "GET", target);
      return answer.status != 200 || answer.Field("Cache-Status") == kStale;
    })) << target;
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    EXPECT_EQ(answer.Field("Cache-Control"), "no-store") << target;
    EXPECT_EQ(answer.body.size(), seen[target].size()) << target << answer.body;
  }
  health_->FailReads(false);
  EXPECT_TRUE(
      Eventually([&] { return Ask(creator, "GET", "/drops/d1").Field("Cache-Status") == ""; }));
  EXPECT_TRUE(Has(Ask(creator, "GET", "/drops/d1"), "\"currentStock\":9999"));
}

TEST_F(Unreadable, WhatNobodyReadBeforeIsUnavailable) {
  MakeShop();
  health_->FailReads(true);
  Shopper ann = NewShopper("ann");
  for (const char* target : {"/drops/d1", "/products", "/drops", "/orders", "/following/ann"}) {
    const ReceivedResponse answer = Ask(ann, "GET", target);
    EXPECT_EQ(answer.status, 503) << target;
    EXPECT_TRUE(Has(answer, "\"code\":\"unavailable\"")) << target;
    EXPECT_NE(answer.Field("Retry-After"), "") << target;
  }
}

TEST_F(Unreadable, ADeletedProductIsNotShownAgain) {
  MakeShop();
  CreateProduct other;
  other.id = ProductId("p2");
  other.creator = CreatorId("c1");
  other.name = "Gone";
  EXPECT_TRUE(service_->products().Create(other).status.ok());
  Shopper creator = NewShopper("c1", Role::creator);
  for (const char* target : {"/products", "/products/p2"}) {
    EXPECT_TRUE(Has(Ask(creator, "GET", target), "Gone"));
  }
  EXPECT_EQ(Ask(creator, "DELETE", "/products/p2").status, 204);
  health_->FailReads(true);
  for (const char* target : {"/products", "/products/p2"}) {
    EXPECT_EQ(Ask(creator, "GET", target).status, 503);
  }
}

TEST_F(Unreadable, FirstPagesOfFollowersAreForgottenWhenOneComes) {
  MakeShop();
  Shopper creator = NewShopper("c1", Role::creator);
  Shopper ann = NewShopper("ann");
  for (int i = 0; i < 3; ++i) {
    for (const char* target : {"/followers/c1", "/followers/c1?limit=7"}) {
      EXPECT_TRUE(Has(Ask(creator, "GET", target), "\"total\":0")) << i;
    }
    EXPECT_EQ(Ask(ann, "POST", "/follow", R"({"creatorId":"c1"})").status, 200);
    for (const char* target : {"/followers/c1", "/followers/c1?limit=7", "/creators/c1"}) {
      const ReceivedResponse answer = Ask(creator, "GET", target);
      EXPECT_TRUE(Has(answer, "\"total\":1") || Has(answer, "\"followers\":1")) << target;
    }
    EXPECT_EQ(Ask(ann, "DELETE", "/follow?creatorId=c1").status, 200);
  }
}

class Hanging : public GatewayTest {
 protected:
  std::map<std::string, std::string> Settings() const override {
    return {{"server.request_deadline_ms", "500"}};
  }
};

TEST_F(Hanging, AnOrderIsAnsweredInTimeAndTold) {
  MakeShop();
  Shopper ann = NewShopper("ann");
  Shopper ben = NewShopper("ben");
  health_->HoldCommits();
  Send(ann, "POST", "/order", OrderBody("k1"));
  health_->AwaitHeldCommit();
  // It is behind a commit that hangs: nobody has looked at it.
  Send(ben, "POST", "/order", OrderBody("k2"));
  const ReceivedResponse decided = ann.client->ReadResponse();
  const ReceivedResponse waiting = ben.client->ReadResponse();
  EXPECT_EQ(decided.status, 503);
  EXPECT_TRUE(Has(decided, "\"code\":\"outcome-unknown\"")) << decided.body;
  EXPECT_EQ(waiting.status, 503);
  EXPECT_TRUE(Has(waiting, "\"code\":\"outcome-unknown\"")) << waiting.body;
  EXPECT_NE(waiting.Field("Retry-After"), "");
  health_->LetCommitsGo();
  // The first was done after all; the second never is.
  const ReceivedResponse again = Ask(ann, "POST", "/order", OrderBody("k1"));
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.Field("Idempotent-Replayed"), "true");
  const ReceivedResponse anew = Ask(ben, "POST", "/order", OrderBody("k2"));
  EXPECT_EQ(anew.status, 201) << anew.body;
  EXPECT_EQ(anew.Field("Idempotent-Replayed"), "");
  EXPECT_EQ(service_->drops().Get(DropId("d1"))->current_stock, 9998);
}

// The answer to the first of them lets the second in, while the late ones are gone through.
TEST_F(Hanging, OrdersThatCameInOnePieceAreAllAnswered) {
  MakeShop();
  Shopper ann = NewShopper("ann");
  Shopper ben = NewShopper("ben");
  health_->HoldCommits();
  Send(ann, "POST", "/order", OrderBody("k1"));
  health_->AwaitHeldCommit();
  Send(ben, "POST", "/order", OrderBody("k2"));
  for (const char* key : {"k3", "k4"}) Send(ann, "POST", "/order", OrderBody(key));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ann.client->ReadResponse().status, 503) << i;
  EXPECT_EQ(ben.client->ReadResponse().status, 503);
}

TEST_F(Hanging, OtherChangesAreAnsweredInTimeToo) {
  MakeShop();
  Shopper creator = NewShopper("c1", Role::creator);
  Shopper ann = NewShopper("ann");
  health_->HoldCommits();
  Send(creator, "POST", "/drops/d1/pause", "{}");
  health_->AwaitHeldCommit();
  // This one waits in a thread of its own.
  Send(ann, "POST", "/logout", "{}");
  const ReceivedResponse paused = creator.client->ReadResponse();
  EXPECT_EQ(paused.status, 503);
  EXPECT_TRUE(Has(paused, "\"code\":\"outcome-unknown\"")) << paused.body;
  EXPECT_EQ(ann.client->ReadResponse().status, 503);
}

class NoUserCancel : public GatewayTest {
 protected:
  std::map<std::string, std::string> Settings() const override {
    return {{"orders.user_cancel", "false"}};
  }
};

TEST_F(NoUserCancel, AHoldThatIsConfirmedMeanwhileIsNotCancelled) {
  MakeShop();
  PlaceOrder hold;
  hold.drop = DropId("d1");
  hold.user = UserId("ann");
  hold.quantity = 1;
  hold.key = Key("k1");
  hold.hold = true;
  const std::string path = "/orders/" + service_->orders().Place(hold).order.id.str();
  Shopper host = NewShopper("host", Role::service);
  Shopper ann = NewShopper("ann");
  health_->HoldCommits();
  Send(host, "POST", path + "/confirm", "{}");
  health_->AwaitHeldCommit();
  // For whoever reads it, it is a hold still.
  Send(ann, "POST", path + "/cancel", "{}");
  EXPECT_TRUE(Eventually([&] { return service_->stats().queue_depth == 2; }));
  health_->LetCommitsGo();
  EXPECT_EQ(host.client->ReadResponse().status, 200);
  const ReceivedResponse refused = ann.client->ReadResponse();
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_TRUE(Has(refused, "order-state"));
  EXPECT_EQ(Ask(ann, "POST", path + "/cancel", "{}").status, 403);
  EXPECT_EQ(Ask(host, "POST", path + "/cancel", "{}").status, 200);
}

// Two orders fill a quarter of the queue, one an eighth.
class Overloaded : public GatewayTest {
 protected:
  ServiceOptions OptionsOfService() const override {
    ServiceOptions options;
    options.queue_max = 8;
    return options;
  }
  std::map<std::string, std::string> Settings() const override {
    return {{"orders.queue_max", "8"}, {"server.request_deadline_ms", "60000"}};
  }

  static void ExpectShed(const ReceivedResponse& answer) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(Has(answer, "\"code\":\"overloaded\"")) << answer.body;
    EXPECT_GE(std::atoi(answer.Field("Retry-After").c_str()), 1);
  }
};

// The earliest that can be configured: one order is a hundredth of the queue.
class OverloadedEarly : public Overloaded {
 protected:
  std::map<std::string, std::string> Settings() const override {
    auto settings = Overloaded::Settings();
    settings["orders.queue_max"] = "100";
    settings["limits.shed_lists_queue_percent"] = "1";
    return settings;
  }
};

TEST_F(OverloadedEarly, ListsAreRefusedAsConfigured) {
  MakeShop();
  Shopper reader = NewShopper("reader");
  Shopper ann = NewShopper("ann");
  health_->HoldCommits();
  Send(ann, "POST", "/order", OrderBody("k1"));
  health_->AwaitHeldCommit();
  EXPECT_TRUE(Eventually([&] { return Ask(reader, "GET", "/drops").status == 503; }));
  EXPECT_EQ(Ask(reader, "GET", "/drops/d1").status, 200);
  health_->LetCommitsGo();
  EXPECT_EQ(ann.client->ReadResponse().status, 201);
}

// The latest that can be configured.
class OverloadedLate : public Overloaded {
 protected:
  std::map<std::string, std::string> Settings() const override {
    auto settings = Overloaded::Settings();
    for (const char* what : {"lists", "reads"}) {
      settings["limits.shed_" + std::string(what) + "_queue_percent"] = "50";
    }
    return settings;
  }
};

TEST_F(OverloadedLate, ReadsGoBeforeOrdersAllTheSame) {
  MakeShop();
  Shopper reader = NewShopper("reader");
  health_->HoldCommits();
  std::vector<Shopper> shoppers;
  for (const char* name : {"ann", "ben", "cleo", "dan"}) {
    EXPECT_EQ(Ask(reader, "GET", "/drops").status, 200) << name;
    shoppers.push_back(NewShopper(name));
    Send(shoppers.back(), "POST", "/order", OrderBody(name));
    if (shoppers.size() == 1) health_->AwaitHeldCommit();
    EXPECT_TRUE(Eventually([&] { return service_->stats().queue_depth == shoppers.size(); }));
  }
  EXPECT_TRUE(Eventually([&] { return Ask(reader, "GET", "/drops/d1").status == 503; }));
  ExpectShed(Ask(reader, "GET", "/drops"));
  health_->LetCommitsGo();
  for (const Shopper& shopper : shoppers) {
    EXPECT_EQ(shopper.client->ReadResponse().status, 201);
  }
}

TEST_F(Overloaded, ListsAreRefusedFirstThenReadsOrdersLast) {
  MakeShop();
  Shopper reader = NewShopper("reader");
  EXPECT_EQ(Ask(reader, "GET", "/drops").status, 200);
  health_->HoldCommits();
  Shopper ann = NewShopper("ann");
  Send(ann, "POST", "/order", OrderBody("k1"));
  health_->AwaitHeldCommit();
  EXPECT_TRUE(Eventually([&] { return Ask(reader, "GET", "/drops").status == 503; }));
  ExpectShed(Ask(reader, "GET", "/products"));
  EXPECT_EQ(Ask(reader, "GET", "/drops/d1").status, 200);
  Shopper ben = NewShopper("ben");
  Send(ben, "POST", "/order", OrderBody("k2"));
  EXPECT_TRUE(Eventually([&] { return Ask(reader, "GET", "/drops/d1").status == 503; }));
  ExpectShed(Ask(reader, "GET", "/products/p1"));
  Shopper cleo = NewShopper("cleo");
  Send(cleo, "POST", "/order", OrderBody("k3"));
  EXPECT_TRUE(Eventually([&] { return service_->stats().queue_depth == 3; }));
  health_->LetCommitsGo();
  for (Shopper* shopper : {&ann, &ben, &cleo}) {
    const ReceivedResponse answer = shopper->client->ReadResponse();
    EXPECT_EQ(answer.status, 201) << answer.body;
  }
  EXPECT_TRUE(Eventually([&] { return Ask(reader, "GET", "/drops").status == 200; }));
}

}  // namespace
}  // namespace livedrops::server
