#include "livedrops/engine.h"

#include <gtest/gtest.h>

#include <set>

#include "engine_kit.h"
#include "livedrops/open.h"

namespace livedrops {
namespace {

using Engines = EngineTest;

TEST_F(Engines, DecideABatchInTheOrderGiven) {
  MakeDrop("d1", 3);
  const std::vector<PlaceOrder> orders = {
      OrderOf("d1", "u1", "k1", 2), OrderOf("d1", "u2", "k1", 2), OrderOf("d1", "u3", "k1", 1),
      OrderOf("d1", "u4", "k1", 1)};
  std::vector<Reply> replies(orders.size());
  engine_->orders().PlaceBatch(orders, replies);
  EXPECT_EQ(replies[0].outcome, Outcome::confirmed);
  EXPECT_EQ(replies[1].outcome, Outcome::sold_out);
  EXPECT_EQ(replies[1].remaining, 1);
  EXPECT_EQ(replies[2].outcome, Outcome::confirmed);
  EXPECT_EQ(replies[3].outcome, Outcome::sold_out);
  EXPECT_LT(replies[0].seq, replies[2].seq);
}

TEST_F(Engines, DecideARepeatOfTheSameBatchOnce) {
  MakeDrop("d1", 3);
  const std::vector<PlaceOrder> orders(3, OrderOf("d1", "u1", "k1", 1));
  std::vector<Reply> replies(orders.size());
  engine_->orders().PlaceBatch(orders, replies);
  EXPECT_EQ(replies[0].outcome, Outcome::confirmed);
  EXPECT_EQ(replies[1].outcome, Outcome::repeated);
  EXPECT_EQ(replies[2].outcome, Outcome::repeated);
  EXPECT_EQ(replies[0].order.id, replies[2].order.id);
  EXPECT_EQ(StockOf("d1"), 2);
}

TEST_F(Engines, AnswerEveryRequestOfAMixedBatch) {
  MakeDrop("d1", 1);
  const std::vector<PlaceOrder> orders = {
      OrderOf("d1", "u1", "k1", 0), OrderOf("d1", "u1", "k2", 1), OrderOf("no id!", "u1", "k3", 1)};
  std::vector<Reply> replies(orders.size());
  engine_->orders().PlaceBatch(orders, replies);
  EXPECT_EQ(replies[0].status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(replies[1].outcome, Outcome::confirmed);
  EXPECT_EQ(replies[2].status.code(), StatusCode::kInvalidArgument);
  engine_->orders().PlaceBatch({}, {});
}

// What is created in a batch is known to the rest of it, before anything is durable.
TEST_F(Engines, DecideCreationsTogether) {
  CreateDrop of_deleted = DropOf("d3", 5);
  of_deleted.product = ProductId("p3");
  CreateProduct other = ProductOf("p2");
  other.name = "another product";
  CreateDrop drop = DropOf("d2", 5);
  drop.product = ProductId("p2");
  const std::vector<Request> requests = {
      ProductOf("p2"),
      ProductOf("p2"),
      other,
      drop,
      ProductOf("p3"),
      DeleteProduct{.id = ProductId("p3"), .if_version = {}, .actor = {}, .key = {}},
      of_deleted,
      OrderOf("d2", "u1", "k1")};
  const std::size_t before = Log().size();
  const std::vector<Reply> replies = Execute(requests);
  using enum Outcome;
  const Outcome expected[] = {done, done, conflict, done, done, done, not_found, confirmed};
  for (std::size_t i = 0; i < replies.size(); ++i) {
    EXPECT_TRUE(replies[i].status.ok()) << i << ": " << replies[i].status.ToString();
    EXPECT_EQ(replies[i].outcome, expected[i]) << i;
  }
  EXPECT_TRUE(replies[1].repeated);
  EXPECT_EQ(faults_->calls(StorageCall::commit) - commits_, 1u);
  EXPECT_EQ(Log().size() - before, 6u);
  EXPECT_EQ(engine_->products().Get(ProductId("p2"))->name, "a product");
  EXPECT_FALSE(engine_->products().Get(ProductId("p3")).ok());
  EXPECT_EQ(StockOf("d2"), 4);
}

// The host may put more into one call than a batch or a queue holds.
TEST_F(Engines, DecideABatchOfAnySize) {
  MakeDrop("d1", 30'000);
  MakeDrop("d2", 10);
  std::vector<PlaceOrder> orders;
  for (int i = 0; i < 40'000; ++i) orders.push_back(OrderOf("d1", "u1", "k" + std::to_string(i)));
  orders.insert(orders.begin() + 1, OrderOf("d2", "u2", "k1"));
  std::vector<Reply> replies(orders.size());
  engine_->orders().PlaceBatch(orders, replies);
  std::map<std::string, int> counts;
  for (const Reply& reply : replies) {
    ++counts[reply.status.ok() ? std::string(ToString(reply.outcome)) : reply.status.ToString()];
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"confirmed", 30'001}, {"sold_out", 10'000}}));
}

TEST_F(Engines, CallBackInline) {
  MakeDrop("d1", 1);
  int calls = 0;
  engine_->orders().PlaceAsync(OrderOf("d1", "u1", "k1"), [&](Reply reply) {
    ++calls;
    EXPECT_EQ(reply.outcome, Outcome::confirmed);
  });
  EXPECT_EQ(calls, 1);
  auto future = engine_->orders().PlaceFuture(OrderOf("d1", "u1", "k2"));
  EXPECT_EQ(future.get().outcome, Outcome::sold_out);
}

TEST_F(Engines, SayClosedAfterClose) {
  MakeDrop("d1", 5);
  EXPECT_TRUE(Ok(engine_->Close()));
  EXPECT_EQ(Place("d1", "u1", "k1").status.code(), StatusCode::kClosed);
  EXPECT_EQ(engine_->drops().Get(DropId("d1")).status().code(), StatusCode::kClosed);
  EXPECT_EQ(engine_->Advance().code(), StatusCode::kClosed);
  EXPECT_EQ(engine_->Close().code(), StatusCode::kClosed);
}

TEST(EngineOpen, RefusesNoStorage) {
  EXPECT_EQ(Engine::Open(nullptr).status().code(), StatusCode::kInvalidArgument);
}

TEST(EngineOpen, NamesASchemeItDoesNotKnowWithoutTheRest) {
  EXPECT_EQ(OpenStorage("mysql://user:secret@host/db").status().ToString(),
            "invalid_argument: unknown storage \"mysql\", known are sqlite:PATH,"
            " postgresql://HOST/DATABASE and memory:");
  EXPECT_EQ(OpenStorage("").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenStorage("sqlite:").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenStorage("memory:x").status().code(), StatusCode::kInvalidArgument);
  // Nobody listens there, or it was not built in.
  EXPECT_FALSE(OpenStorage("postgresql://127.0.0.1:1/d").ok());
}

// --- time ----------------------------------------------------------------------------------------

TEST_F(Engines, TellWhenSomethingIsDueNext) {
  EXPECT_EQ(engine_->NextDue(), std::nullopt);
  CreateDrop drop = DropOf("d1", 5, Confirmation::hold);
  drop.start_time = At(1000);
  drop.end_time = At(60'000);
  drop.hold_seconds = 30;
  EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  EXPECT_EQ(engine_->NextDue(), At(1000));
  clock_.Set(At(1000));
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_EQ(engine_->NextDue(), At(60'000));
  const Reply held = Place("d1", "u1", "k1");
  EXPECT_EQ(engine_->NextDue(), At(31'000));
  ConfirmOrder confirm;
  confirm.order = held.order.id;
  EXPECT_TRUE(Ok(engine_->orders().Confirm(confirm)));
  EXPECT_EQ(engine_->NextDue(), At(60'000));
  clock_.Set(At(60'000));
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_EQ(engine_->NextDue(), std::nullopt);
}

TEST_F(Engines, AdvanceOverMoreThanOneBatchTakes) {
  CreateDrop drop = DropOf("d1", 5000, Confirmation::hold);
  drop.hold_seconds = 30;
  EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  std::vector<PlaceOrder> orders;
  for (int i = 0; i < 3000; ++i) orders.push_back(OrderOf("d1", "u" + std::to_string(i), "k"));
  std::vector<Reply> replies(orders.size());
  engine_->orders().PlaceBatch(orders, replies);
  EXPECT_EQ(StockOf("d1"), 2000);
  clock_.Set(At(30'000));
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_EQ(StockOf("d1"), 5000);
  EXPECT_EQ(engine_->drops().Get(DropId("d1"))->held, 0);
}

TEST_F(Engines, StampWhatADueEndCancelsWithTheDueTime) {
  options_.holds_at_end = HoldsAtEnd::cancel;
  Open();
  CreateDrop drop = DropOf("d1", 5, Confirmation::hold);
  drop.end_time = At(10'000);
  EXPECT_EQ(engine_->drops().Create(drop).outcome, Outcome::done);
  EXPECT_EQ(Place("d1", "u1", "k1").outcome, Outcome::held);
  clock_.Set(At(50'000));
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_EQ(Count(EventType::orderCancelled), 1);
  for (const Event& event : Log()) {
    if (event.type != EventType::orderCancelled && event.type != EventType::dropEnd) continue;
    EXPECT_EQ(event.at, At(10'000)) << ToString(event.type);
  }
}

TEST_F(Engines, AdvanceAgainAfterAFailure) {
  CreateDrop drop = DropOf("d1", 5);
  drop.start_time = At(1000);
  EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  clock_.Set(At(1000));
  for (const Fault fault : {Fault::before, Fault::after}) {
    faults_->SetPlan([fault](StorageCall call, std::uint64_t) {
      return call == StorageCall::commit || call == StorageCall::resolve ? fault : Fault::none;
    });
    const Status failed = engine_->Advance();
    EXPECT_TRUE(failed.ok() || failed.code() == StatusCode::kUnavailable) << failed.ToString();
  }
  faults_->SetPlan({});
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_EQ(Count(EventType::dropStart), 1);
}

// --- two engines on one database -----------------------------------------------------------------

TEST_F(Engines, SeeWhatAnotherProcessSold) {
  MakeDrop("d1", 3);
  auto other = OpenOther();
  EXPECT_EQ(Place("d1", "u1", "k1", 2).outcome, Outcome::confirmed);
  EXPECT_EQ(other->orders().Place(OrderOf("d1", "u1", "k1", 2)).outcome, Outcome::repeated);
  EXPECT_EQ(other->orders().Place(OrderOf("d1", "u2", "k1", 2)).outcome, Outcome::sold_out);
  EXPECT_EQ(other->orders().Place(OrderOf("d1", "u2", "k1", 1)).outcome, Outcome::confirmed);
  EXPECT_EQ(Place("d1", "u3", "k1", 1).outcome, Outcome::sold_out);
  CancelOrder cancel;
  cancel.order = Place("d1", "u1", "k1", 2).order.id;
  EXPECT_TRUE(Ok(engine_->orders().Cancel(cancel)));
  EXPECT_EQ(other->orders().Place(OrderOf("d1", "u3", "k1", 2)).outcome, Outcome::confirmed);
}

TEST_F(Engines, SeeDropsAndTransitionsOfAnotherProcess) {
  auto other = OpenOther();
  CreateDrop drop = DropOf("d1", 3, Confirmation::hold);
  drop.hold_seconds = 30;
  EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  const Reply held = other->orders().Place(OrderOf("d1", "u1", "k1", 3));
  EXPECT_EQ(held.outcome, Outcome::held);
  EXPECT_EQ(Place("d1", "u2", "k1", 1).outcome, Outcome::held_out);
  clock_.Set(At(30'000));
  EXPECT_TRUE(Ok(engine_->Advance()));
  EXPECT_TRUE(Ok(other->Advance()));
  EXPECT_EQ(Count(EventType::orderExpired), 1);
  EXPECT_EQ(other->orders().Place(OrderOf("d1", "u2", "k1", 3)).outcome, Outcome::held);
}

TEST_F(Engines, DoNotTakeBackTheReadMarkOfAnotherProcess) {
  auto other = OpenOther();
  FollowCreator follow;
  follow.creator = CreatorId("c1");
  follow.user = UserId("u1");
  EXPECT_TRUE(Ok(engine_->follows().Set(follow)));
  EXPECT_TRUE(Ok(other->follows().Set(follow)));
  EXPECT_TRUE(Ok(engine_->notifications().Mark({UserId("u1"), 2})));
  follow.creator = CreatorId("c2");
  EXPECT_TRUE(Ok(other->follows().Set(follow)));
  EXPECT_EQ(engine_->storage().catalog().GetUser(UserId("u1"))->read_up_to, 2u);
  EXPECT_EQ(engine_->storage().catalog().GetUser(UserId("u1"))->following, 2);
}

// --- restart -------------------------------------------------------------------------------------

TEST_F(Engines, KnowEverythingAfterARestart) {
  CreateDrop drop = DropOf("d1", 20, Confirmation::hold);
  drop.max_per_user = 6;
  EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  const Reply held = Place("d1", "u1", "k1", 3);
  const Reply sold = Place("d1", "u2", "k1", 3);
  ConfirmOrder confirm;
  confirm.order = sold.order.id;
  confirm.quantity = 2;
  EXPECT_TRUE(Ok(engine_->orders().Confirm(confirm)));
  Open();
  const auto after = engine_->drops().Get(DropId("d1"));
  EXPECT_EQ(after->current_stock, 15);
  EXPECT_EQ(after->held, 3);
  EXPECT_EQ(Place("d1", "u1", "k1", 3).order.id, held.order.id);
  EXPECT_EQ(Place("d1", "u2", "k2", 5).outcome, Outcome::user_limit_exceeded);
  EXPECT_EQ(Place("d1", "u2", "k2", 4).outcome, Outcome::held);
  EXPECT_EQ(engine_->NextDue(), At(600'000));
}

TEST_F(Engines, AnswerForDropsThatWereOverBeforeTheRestart) {
  MakeDrop("d1", 9);
  const Reply sold = Place("d1", "u1", "k1", 3);
  ChangeDrop end;
  end.id = DropId("d1");
  end.action = DropAction::end;
  EXPECT_TRUE(Ok(engine_->drops().Change(end)));
  Open();
  CancelOrder cancel;
  cancel.order = sold.order.id;
  cancel.quantity = 1;
  EXPECT_EQ(engine_->orders().Cancel(cancel).order.quantity, 2);
  EXPECT_EQ(Place("d1", "u1", "k1", 3).outcome, Outcome::repeated);
  EXPECT_EQ(Place("d1", "u1", "k2", 3).outcome, Outcome::drop_ended);
  EXPECT_EQ(StockOf("d1"), 7);
  Open();
  EXPECT_EQ(engine_->orders().Cancel(cancel).order.quantity, 1);
  EXPECT_EQ(StockOf("d1"), 8);
}

TEST_F(Engines, CancelOnlyWhatIsHeldWhenTold) {
  CreateDrop drop = DropOf("d1", 3, Confirmation::hold);
  EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  const OrderId held = Place("d1", "u1", "k1", 1).order.id;
  const OrderId sold = Place("d1", "u1", "k2", 1).order.id;
  EXPECT_TRUE(Ok(engine_->orders().Confirm({sold, {}, {}, {}})));
  CancelOrder cancel;
  cancel.held_only = true;
  cancel.order = sold;
  EXPECT_EQ(engine_->orders().Cancel(cancel).outcome, Outcome::order_state);
  cancel.order = held;
  EXPECT_TRUE(Ok(engine_->orders().Cancel(cancel)));
  EXPECT_TRUE(engine_->orders().Cancel(cancel).repeated);
  EXPECT_EQ(StockOf("d1"), 2);
}

TEST_F(Engines, GiveNoOrderIdTwiceOverRestarts) {
  MakeDrop("d1", 100);
  std::set<OrderId> ids;
  for (int i = 0; i < 50; ++i) {
    if (i % 10 == 0) Open();
    ids.insert(Place("d1", "u1", "k" + std::to_string(i)).order.id);
  }
  EXPECT_EQ(ids.size(), 50u);
}

TEST_F(Engines, SetTheActorOfEveryRow) {
  MakeDrop("d1", 9);
  PlaceOrder order = OrderOf("d1", "u1", "k1");
  order.actor = UserId("backend");
  EXPECT_TRUE(Ok(engine_->orders().Place(order)));
  const auto events = engine_->notifications().Log(0);
  EXPECT_EQ(events->back().actor, "backend");
  EXPECT_EQ(events->back().user, UserId("u1"));
  Open();
  EXPECT_EQ(engine_->orders().Place(OrderOf("d1", "u1", "k1")).outcome, Outcome::repeated);
}

// --- reads ---------------------------------------------------------------------------------------

TEST_F(Engines, ListOrdersOfAUserAndOfADrop) {
  MakeDrop("d1", 100);
  MakeDrop("d2", 100);
  std::vector<OrderId> placed;
  for (int i = 0; i < 25; ++i) {
    placed.push_back(Place(i % 2 == 0 ? "d1" : "d2", "u1", "k" + std::to_string(i)).order.id);
  }
  EXPECT_TRUE(Ok(Place("d1", "u2", "k1")));
  std::vector<OrderId> listed;
  OrderFilter filter;
  filter.page.limit = 7;
  do {
    const auto page = engine_->orders().OfUser(UserId("u1"), filter);
    ASSERT_TRUE(page.ok()) << page.status().ToString();
    EXPECT_LE(page->data.size(), 7u);
    for (const Order& order : page->data) listed.push_back(order.id);
    filter.page.cursor = page->next_cursor;
  } while (!filter.page.cursor.empty());
  EXPECT_EQ(listed, std::vector<OrderId>(placed.rbegin(), placed.rend()));

  filter.page.limit = 100;
  const auto of_drop = engine_->orders().OfDrop(DropId("d1"), filter);
  ASSERT_EQ(of_drop->data.size(), 14u);
  EXPECT_EQ(of_drop->data.front().id, placed[0]);
  EXPECT_EQ(of_drop->data.back().user, UserId("u2"));
  EXPECT_EQ(of_drop->next_cursor, "");
}

TEST_F(Engines, ListOrdersByTheirPresentStatus) {
  MakeDrop("d1", 100, Confirmation::hold);
  const Reply first = Place("d1", "u1", "k1");
  EXPECT_TRUE(Ok(Place("d1", "u1", "k2")));
  ConfirmOrder confirm;
  confirm.order = first.order.id;
  EXPECT_TRUE(Ok(engine_->orders().Confirm(confirm)));
  OrderFilter filter;
  filter.status = OrderStatus::confirmed;
  ASSERT_EQ(engine_->orders().OfUser(UserId("u1"), filter)->data.size(), 1u);
  EXPECT_EQ(engine_->orders().OfUser(UserId("u1"), filter)->data[0].id, first.order.id);
  filter.status = OrderStatus::held;
  EXPECT_EQ(engine_->orders().OfDrop(DropId("d1"), filter)->data.size(), 1u);
  filter.status = OrderStatus::expired;
  EXPECT_EQ(engine_->orders().OfDrop(DropId("d1"), filter)->data.size(), 0u);
}

TEST_F(Engines, RefuseCursorsOfOtherLists) {
  MakeDrop("d1", 100);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Ok(Place("d1", "u1", "k" + std::to_string(i))));
  OrderFilter filter;
  filter.page.limit = 2;
  filter.page.cursor = engine_->orders().OfUser(UserId("u1"), filter)->next_cursor;
  EXPECT_TRUE(engine_->orders().OfUser(UserId("u1"), filter).ok());
  EXPECT_EQ(engine_->orders().OfUser(UserId("u2"), filter).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_->orders().OfDrop(DropId("d1"), filter).status().code(),
            StatusCode::kInvalidArgument);
  filter.status = OrderStatus::held;
  EXPECT_EQ(engine_->orders().OfUser(UserId("u1"), filter).status().code(),
            StatusCode::kInvalidArgument);
  filter.status.reset();
  Open();  // A cursor outlives the process.
  EXPECT_TRUE(engine_->orders().OfUser(UserId("u1"), filter).ok());
}

TEST_F(Engines, ListDropsByStatusAndCreator) {
  EXPECT_TRUE(Ok(engine_->products().Create(ProductOf("p2", "c2"))));
  for (int i = 0; i < 30; ++i) {
    clock_.Advance(Duration(i % 3));  // Some are of the same millisecond.
    const bool second = i % 2 == 1;
    CreateDrop drop =
        DropOf("d" + std::to_string(i), i % 5, Confirmation::direct, second ? "p2" : "p1");
    EXPECT_TRUE(Ok(engine_->drops().Create(drop)));
  }
  std::set<std::string> seen;
  std::vector<std::pair<Time, std::string>> order;
  DropFilter filter;
  filter.page.limit = 4;
  do {
    const auto page = engine_->drops().List(filter);
    ASSERT_TRUE(page.ok());
    for (const Drop& drop : page->data) {
      EXPECT_TRUE(seen.insert(drop.id.str()).second) << drop.id.str();
      EXPECT_TRUE(order.empty() || drop.created_at <= order.back().first);
      order.emplace_back(drop.created_at, drop.id.str());
    }
    filter.page.cursor = page->next_cursor;
  } while (!filter.page.cursor.empty());
  EXPECT_EQ(seen.size(), 30u);

  filter = {};
  filter.status = DropStatus::sold_out;
  filter.creator = CreatorId("c2");
  filter.page.limit = 100;
  const auto page = engine_->drops().List(filter);
  EXPECT_EQ(page->data.size(), 3u);  // 5, 15, 25
  filter.creator = CreatorId("no id!");
  EXPECT_EQ(engine_->drops().List(filter).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(Engines, ListProductsInPages) {
  for (int i = 2; i <= 25; ++i) {
    clock_.Advance(Duration(1));
    EXPECT_TRUE(Ok(engine_->products().Create(ProductOf("p" + std::to_string(i), "c2"))));
  }
  MakeDrop("d1", 0);
  ProductFilter filter;
  filter.limit = 10;
  EXPECT_EQ(engine_->products().List(filter)->total, 25);
  EXPECT_EQ(engine_->products().List(filter)->data.front().id, ProductId("p25"));
  filter.page = 3;
  EXPECT_EQ(engine_->products().List(filter)->data.size(), 5u);
  filter.page = 4;
  EXPECT_EQ(engine_->products().List(filter)->data.size(), 0u);
  EXPECT_EQ(engine_->products().List(filter)->total, 25);
  filter.page = 2'147'483'647;
  filter.limit = 100;
  EXPECT_EQ(engine_->products().List(filter)->data.size(), 0u);
  filter = {};
  filter.creator = CreatorId("c1");
  filter.status = DropStatus::sold_out;
  EXPECT_EQ(engine_->products().List(filter)->total, 1);
  filter.status = DropStatus::live;
  EXPECT_EQ(engine_->products().List(filter)->total, 0);
}

TEST_F(Engines, RefusePagesOutOfRange) {
  const auto code = [](const auto& result) { return result.status().code(); };
  for (const int limit : {0, -1, 101, 1'000'000'000}) {
    OrderFilter orders;
    orders.page.limit = limit;
    EXPECT_EQ(code(engine_->orders().OfUser(UserId("u1"), orders)), StatusCode::kInvalidArgument);
    DropFilter drops;
    drops.page.limit = limit;
    EXPECT_EQ(code(engine_->drops().List(drops)), StatusCode::kInvalidArgument);
    ProductFilter products;
    products.limit = limit;
    EXPECT_EQ(code(engine_->products().List(products)), StatusCode::kInvalidArgument);
    AuditFilter audit;
    audit.page.limit = limit;
    EXPECT_EQ(code(engine_->audit().List(audit)), StatusCode::kInvalidArgument);
    EXPECT_EQ(code(engine_->follows().Followers(CreatorId("c1"), {"", limit})),
              StatusCode::kInvalidArgument);
    EXPECT_EQ(code(engine_->notifications().Read(UserId("u1"), {"", limit})),
              StatusCode::kInvalidArgument);
  }
  for (const int page : {0, -1}) {
    ProductFilter products;
    products.page = page;
    EXPECT_EQ(code(engine_->products().List(products)), StatusCode::kInvalidArgument);
  }
}

TEST_F(Engines, SayWhatIsNotThere) {
  EXPECT_EQ(engine_->orders().Get(OrderId()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(engine_->orders()
                .Get(*OrderId::Parse("01890a5d-ac96-774b-bcce-b302099a8057"))
                .status()
                .code(),
            StatusCode::kNotFound);
  EXPECT_EQ(engine_->drops().Get(DropId("d9")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(engine_->drops().Get(DropId("")).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(engine_->products().Get(ProductId("a b")).status().message(),
            "product \"a b\" is no id");
}

// The id says where the order stands; another id of the same place is unknown.
TEST_F(Engines, FindNoOrderByAForgedId) {
  MakeDrop("d1", 5, Confirmation::hold);
  const Reply held = Place("d1", "u1", "k1");
  for (std::size_t byte = 0; byte < 16; ++byte) {
    auto bytes = held.order.id.bytes();
    bytes[byte] ^= 1;
    EXPECT_EQ(engine_->orders().Get(OrderId(bytes)).status().code(), StatusCode::kNotFound) << byte;
    ConfirmOrder confirm;
    confirm.order = OrderId(bytes);
    EXPECT_EQ(engine_->orders().Confirm(confirm).outcome, Outcome::not_found) << byte;
  }
  EXPECT_TRUE(engine_->orders().Get(held.order.id).ok());
}

TEST_F(Engines, MakeIdsThatWereNotGiven) {
  CreateProduct product = ProductOf("");
  const Reply made = engine_->products().Create(product);
  ASSERT_TRUE(Ok(made));
  EXPECT_TRUE(made.product->id.valid());
  CreateDrop drop = DropOf("", 1);
  drop.product = made.product->id;
  const Reply dropped = engine_->drops().Create(drop);
  ASSERT_TRUE(Ok(dropped));
  EXPECT_TRUE(dropped.drop->id.valid());
  EXPECT_TRUE(engine_->drops().Get(dropped.drop->id).ok());
}

TEST_F(Engines, RepeatACreationWithoutAnIdByItsKey) {
  CreateProduct product = ProductOf("");
  product.key = Key("same");
  const Reply first = engine_->products().Create(product);
  const Reply again = engine_->products().Create(product);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(first.product->id, again.product->id);
  product.creator = CreatorId("c2");  // Another actor: another scope.
  EXPECT_FALSE(engine_->products().Create(product).repeated);
}

TEST_F(Engines, KeepTheKeysOfTwoCreatorsApartThoughTheDropsNameNobody) {
  ASSERT_TRUE(Ok(engine_->products().Create(ProductOf("p2", "c2"))));
  CreateDrop first = DropOf("", 1);
  first.key = Key("same");
  CreateDrop second = DropOf("", 1, Confirmation::direct, "p2");
  second.key = Key("same");
  const Reply made = engine_->drops().Create(first);
  const Reply other = engine_->drops().Create(second);
  EXPECT_EQ(made.outcome, Outcome::done);
  EXPECT_EQ(other.outcome, Outcome::done);
  const Reply again = engine_->drops().Create(first);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.drop->id, made.drop->id);
}

TEST_F(Engines, RepeatACreationByItsKeyAsItWasOverARestart) {
  CreateDrop create = DropOf("", 3);
  create.start_time = At(60'000);
  create.key = Key("k");
  const Drop made = *engine_->drops().Create(create).drop;
  UpdateDrop update;
  update.id = made.id;
  update.price_minor_units = 7;
  update.low_stock = 1;
  EXPECT_TRUE(Ok(engine_->drops().Update(update)));
  clock_.Set(At(70'000));
  EXPECT_EQ(Place(made.id.str(), "u1", "k1").outcome, Outcome::confirmed);
  Open();
  const Reply again = engine_->drops().Create(create);
  EXPECT_TRUE(again.repeated);
  const Drop& told = *again.drop;
  EXPECT_EQ(told.id, made.id);
  EXPECT_EQ(told.price, made.price);
  EXPECT_EQ(told.low_stock, made.low_stock);
  EXPECT_EQ(told.current_stock, made.current_stock);
  EXPECT_EQ(told.status, DropStatus::scheduled);
  EXPECT_EQ(told.version, made.version);
  EXPECT_EQ(told.created_at, made.created_at);
}

// CONTRACT 2: repeating the body it was created with is 200, whatever happened since.
TEST_F(Engines, RepeatACreationAfterAChange) {
  UpdateProduct update;
  update.id = ProductId("p1");
  update.name = "another name";
  EXPECT_TRUE(Ok(engine_->products().Update(update)));
  const Reply again = engine_->products().Create(ProductOf("p1"));
  EXPECT_EQ(again.outcome, Outcome::done);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.product->name, "another name");
  EXPECT_EQ(engine_->products().Create(ProductOf("p1", "c2")).outcome, Outcome::conflict);
  EXPECT_EQ(engine_->products().Create(ProductOf("p1", "c1", 7)).outcome, Outcome::conflict);
}

TEST_F(Engines, GiveTheIdOfADeletedProductToNoOther) {
  DeleteProduct del;
  del.id = ProductId("p1");
  EXPECT_TRUE(Ok(engine_->products().Delete(del)));
  EXPECT_EQ(engine_->products().Create(ProductOf("p1")).outcome, Outcome::not_found);
  EXPECT_EQ(engine_->products().Create(ProductOf("p1", "c2")).outcome, Outcome::conflict);
  EXPECT_FALSE(engine_->products().Get(ProductId("p1")).ok());
}

}  // namespace
}  // namespace livedrops
