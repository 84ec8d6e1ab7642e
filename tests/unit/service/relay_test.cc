// The relay's steps without threads or time, against a receiver that checks what arrives; then the
// thread around them.
#include "livedrops/relay.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "../../conformance/tampered_storage.h"
#include "engine_kit.h"
#include "livedrops/open.h"
#include "livedrops/testing/faulty_transport.h"
#include "livedrops/testing/memory_transport.h"
#include "service/relay_steps.h"

namespace livedrops {
namespace {

using Next = RelaySteps::Next;

std::vector<std::uint64_t> Seqs(const std::vector<Event>& events) {
  std::vector<std::uint64_t> seqs;
  for (const Event& event : events) seqs.push_back(event.seq);
  return seqs;
}

// Everything that arrives at a destination that keeps no position of its own, repeats included.
class Receiver : public Transport {
 public:
  explicit Receiver(std::vector<std::uint64_t>* received, Position* position)
      : received_(*received), position_(*position) {}

  Result<Position> ReadPosition() override { return position_; }
  Status Send(const EventBatch& batch, Duration) override {
    for (const Event& event : batch.events) received_.push_back(event.seq);
    position_ = {std::string(batch.epoch), std::max(position_.offset, batch.events.back().seq)};
    return OkStatus();
  }
  Status Close() override { return OkStatus(); }

 private:
  std::vector<std::uint64_t>& received_;
  Position& position_;
};

// What at-least-once and in order mean: never an event before the one in front of it.
testing::AssertionResult ArrivedInOrder(const std::vector<std::uint64_t>& received,
                                        std::uint64_t last) {
  std::uint64_t newest = 0;
  for (const std::uint64_t seq : received) {
    if (seq > newest + 1) {
      return testing::AssertionFailure() << "event " << seq << " came after " << newest;
    }
    newest = std::max(newest, seq);
  }
  if (newest == last) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the last event is " << newest << ", not " << last;
}

testing::AssertionResult ArrivedOnce(const MemoryTopic& topic, std::uint64_t last) {
  const std::vector<std::uint64_t> seqs = Seqs(topic.events());
  if (seqs.size() == last) return ArrivedInOrder(seqs, last);
  return testing::AssertionFailure() << seqs.size() << " events arrived, not " << last;
}

class RelayTest : public EngineTest {
 protected:
  RelayTest() {
    Ok(engine_->drops().Create(DropOf("d1", 1'000'000)));
    storage_ = NewStorage();
  }

  void Sell(int count) {
    for (int i = 0; i < count; ++i) {
      Ok(engine_->orders().Place(OrderOf("d1", "bo", "k" + std::to_string(++sold_))));
    }
  }
  std::uint64_t head() { return storage_->ReadHead()->seq; }

  // Steps until nothing is left to do, or it stopped.
  static Next Run(RelaySteps* steps) {
    for (int i = 0; i < 10'000; ++i) {
      const Next next = steps->Step();
      if (next == Next::idle || next == Next::stop) return next;
    }
    ADD_FAILURE() << "does not come to an end";
    return Next::stop;
  }

  std::unique_ptr<Storage> storage_;
  std::shared_ptr<MemoryTopic> topic_ = std::make_shared<MemoryTopic>();
  RelayOptions options_of_relay_{.batch_events_max = 10};
  int sold_ = 0;
};

TEST_F(RelayTest, CarriesTheWholeLogInBatches) {
  Sell(93);
  const auto transport = NewMemoryTransport(topic_);
  RelaySteps steps(*storage_, *transport, options_of_relay_);
  EXPECT_EQ(steps.Step(), Next::more);
  EXPECT_EQ(topic_->events().size(), 10u);
  EXPECT_EQ(steps.progress().lag(), head() - 10);
  EXPECT_EQ(Run(&steps), Next::idle);
  std::vector<Event> log;
  ASSERT_TRUE(Ok(storage_->ReadChannel({.channel = "", .limit = 1000}, &log)));
  EXPECT_EQ(Seqs(topic_->events()), Seqs(log));
  EXPECT_EQ(topic_->position().epoch, storage_->info().epoch);
  EXPECT_EQ(steps.progress().sent_seq, head());
  EXPECT_EQ(steps.progress().events, head());
  EXPECT_EQ(steps.progress().failures, 0u);
}

TEST_F(RelayTest, SendsNothingWhenThereIsNoNews) {
  const auto transport = NewMemoryTransport(topic_);
  RelaySteps steps(*storage_, *transport, options_of_relay_);
  Run(&steps);
  const RelayProgress before = steps.progress();
  EXPECT_EQ(steps.Step(), Next::idle);
  EXPECT_EQ(steps.progress().batches, before.batches);
  Sell(1);
  EXPECT_EQ(steps.Step(), Next::idle);
  EXPECT_EQ(steps.progress().batches, before.batches + 1);
  EXPECT_EQ(topic_->events().size(), head());
}

// Every fault at every call, one after the other, and again with a relay that is lost afterwards.
TEST_F(RelayTest, EveryFaultIsOvercomeWithoutAGap) {
  Sell(35);
  for (const TransportCall call : {TransportCall::read_position, TransportCall::send}) {
    for (const TransportFault fault :
         {TransportFault::before, TransportFault::half, TransportFault::after}) {
      for (std::uint64_t at = 1; at <= 5; ++at) {
        for (const bool lost : {false, true}) {
          std::vector<std::uint64_t> received;
          Position position;
          bool failed = false;
          const auto transport =
              NewFaultyTransport(std::make_unique<Receiver>(&received, &position),
                                 [&](TransportCall called, std::uint64_t nth) {
                                   if (called != call || nth != at) return TransportFault::none;
                                   failed = true;
                                   return fault;
                                 });
          auto steps = std::make_unique<RelaySteps>(*storage_, *transport, options_of_relay_);
          while (steps->Step() != Next::idle) {
            ASSERT_EQ(steps->progress().running, true);
            if (failed && lost) {
              failed = false;
              steps = std::make_unique<RelaySteps>(*storage_, *transport, options_of_relay_);
            }
          }
          EXPECT_TRUE(ArrivedInOrder(received, head()));
          EXPECT_EQ(position.offset, head());
        }
      }
    }
  }
}

TEST_F(RelayTest, RandomFaultsMakeNoGapAndNothingArrivesTwiceWhereThePositionIsKept) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    std::minstd_rand random(seed);
    const auto topic = std::make_shared<MemoryTopic>();
    FaultRates rates;
    rates.read_head_permille = 100;
    rates.read_permille = 100;
    const auto storage =
        NewFaultyStorage(NewStorage(), std::make_shared<FaultInjector>(seed, rates));
    const auto transport =
        NewFaultyTransport(NewMemoryTransport(topic), [&](TransportCall, std::uint64_t) {
          return static_cast<TransportFault>(std::uniform_int_distribution<int>(0, 3)(random));
        });
    auto steps = std::make_unique<RelaySteps>(*storage, *transport, options_of_relay_);
    for (int i = 0; steps->Step() != Next::idle; ++i) {
      ASSERT_LT(i, 10'000);
      ASSERT_TRUE(steps->progress().running) << steps->progress().error.ToString();
      if (random() % 8 == 0) {
        steps = std::make_unique<RelaySteps>(*storage, *transport, options_of_relay_);
      }
      if (random() % 4 == 0) Sell(1);
    }
    ASSERT_TRUE(ArrivedOnce(*topic, head()));
  }
}

TEST_F(RelayTest, AnEventThatIsRefusedStopsItAndIsNamed) {
  Sell(20);
  const auto transport =
      NewFaultyTransport(NewMemoryTransport(topic_), [](TransportCall call, std::uint64_t nth) {
        const bool second = call == TransportCall::send && nth == 2;
        return second ? TransportFault::refused : TransportFault::none;
      });
  RelaySteps steps(*storage_, *transport, options_of_relay_);
  EXPECT_EQ(Run(&steps), Next::stop);
  EXPECT_FALSE(steps.progress().running);
  const Event refused = [&] {
    std::vector<Event> events;
    Ok(storage_->ReadChannel({.channel = "", .after_seq = 15, .limit = 1}, &events));
    return events.at(0);
  }();
  EXPECT_EQ(steps.progress().error.ToString(), "invalid_argument: event 16 (orderConfirmed of " +
                                                   refused.subject + "): injected fault: refused");
  EXPECT_EQ(steps.progress().sent_seq, 15u);
  EXPECT_EQ(topic_->events().size(), 15u);
}

// Answers what a test wants to hear.
class Stub : public Transport {
 public:
  Position position;
  Status sent;
  Status asked;
  Result<Position> ReadPosition() override {
    if (!asked.ok()) return asked;
    return position;
  }
  Status Send(const EventBatch&, Duration) override { return sent; }
  Status Close() override { return OkStatus(); }
};

TEST_F(RelayTest, TheStatusSaysWhatToDoNext) {
  for (const StatusCode code :
       {StatusCode::kInvalidArgument, StatusCode::kNotFound, StatusCode::kClosed,
        StatusCode::kOverloaded, StatusCode::kUnavailable, StatusCode::kOutcomeUnknown,
        StatusCode::kCorrupt, StatusCode::kUnsupported, StatusCode::kBrokenInvariant,
        StatusCode::kFenced}) {
    const bool again = code == StatusCode::kOverloaded || code == StatusCode::kUnavailable ||
                       code == StatusCode::kOutcomeUnknown;
    for (const bool asking : {false, true}) {
      Stub stub;
      (asking ? stub.asked : stub.sent) = Status(code, "said so");
      RelaySteps steps(*storage_, stub, options_of_relay_);
      EXPECT_EQ(steps.Step(), again ? Next::retry : Next::stop) << ToString(code);
      EXPECT_EQ(steps.progress().running, again);
      EXPECT_EQ(steps.progress().error.code(), code);
      EXPECT_EQ(steps.progress().failures, 1u);
      EXPECT_EQ(steps.progress().sent_seq, 0u);
    }
  }
}

TEST_F(RelayTest, AnErrorIsForgottenWhenItIsOvercome) {
  Stub stub;
  stub.sent = {StatusCode::kUnavailable, "away"};
  RelaySteps steps(*storage_, stub, options_of_relay_);
  EXPECT_EQ(steps.Step(), Next::retry);
  EXPECT_LE(steps.retry_after(), options_of_relay_.backoff_first);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(steps.Step(), Next::retry);
  EXPECT_GT(steps.retry_after(), 8 * options_of_relay_.backoff_first);
  stub.sent = OkStatus();
  Run(&steps);
  EXPECT_TRUE(steps.progress().error.ok());
  EXPECT_EQ(steps.progress().failures, 6u);
  stub.sent = {StatusCode::kUnavailable, "away"};
  Sell(1);
  EXPECT_EQ(steps.Step(), Next::retry);
  EXPECT_LE(steps.retry_after(), options_of_relay_.backoff_first) << "it begins anew";
}

TEST_F(RelayTest, EventsOfAnotherDatabaseStopIt) {
  Stub stub;
  stub.position = {"another", 1};
  RelaySteps steps(*storage_, stub, options_of_relay_);
  EXPECT_EQ(steps.Step(), Next::stop);
  EXPECT_EQ(steps.progress().error.ToString(),
            "invalid_argument: the transport has events of epoch \"another\", this database has "
            "epoch \"" +
                storage_->info().epoch + "\"");
}

// A database whose epoch changes while it is open: a standby took over.
class Promoted : public TamperedStorage {
 public:
  explicit Promoted(std::unique_ptr<Storage> inner)
      : TamperedStorage(std::move(inner), std::make_shared<Hooks>()),
        later_(TamperedStorage::info()) {
    later_.epoch = "later";
  }
  const ShopInfo& info() const override { return promoted ? later_ : TamperedStorage::info(); }
  bool promoted = false;

 private:
  ShopInfo later_;
};

TEST_F(RelayTest, AnEpochThatChangesIsNotMixedWithTheOneBefore) {
  Sell(20);
  Promoted storage(NewStorage());
  const auto transport = NewMemoryTransport(topic_);
  RelaySteps steps(storage, *transport, options_of_relay_);
  EXPECT_EQ(steps.Step(), Next::more);
  storage.promoted = true;
  EXPECT_EQ(steps.Step(), Next::retry);
  EXPECT_EQ(steps.progress().error.message(), "the database has a new epoch");
  EXPECT_EQ(steps.Step(), Next::stop);
  EXPECT_EQ(steps.progress().error.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(topic_->events().size(), 10u);
}

TEST_F(RelayTest, ALogThatEndsBeforeThePositionStopsIt) {
  Stub stub;
  stub.position = {storage_->info().epoch, head() + 1};
  RelaySteps steps(*storage_, stub, options_of_relay_);
  const std::string reason = ": the transport has event " + std::to_string(head() + 1) +
                             ", the log ends at " + std::to_string(head());
  for (int look = 0; look < RelaySteps::kLagAllowed; ++look) {
    ASSERT_EQ(steps.Step(), Next::retry) << look;
    ASSERT_EQ(steps.progress().error.ToString(), "unavailable" + reason);
  }
  EXPECT_EQ(steps.Step(), Next::stop);
  EXPECT_EQ(steps.progress().error.ToString(), "corrupt" + reason);
}

TEST_F(RelayTest, AStandbyThatLagsNowAndThenDoesNotStopIt) {
  bool lags = false;
  auto hooks = std::make_shared<Hooks>();
  hooks->head = [&](Result<Head>& head) {
    if (lags) --head->seq;
  };
  const auto storage = NewTamperedStorage(NewStorage(), hooks);
  const auto transport = NewMemoryTransport(topic_);
  RelaySteps steps(*storage, *transport, options_of_relay_);
  ASSERT_EQ(Run(&steps), Next::idle);
  for (int round = 0; round < 3; ++round) {
    lags = true;
    for (int look = 0; look < RelaySteps::kLagAllowed; ++look) {
      ASSERT_EQ(steps.Step(), Next::retry) << round << ", " << look;
    }
    lags = false;
    ASSERT_EQ(steps.Step(), Next::idle) << round;
  }
  EXPECT_TRUE(steps.progress().error.ok());
}

TEST_F(RelayTest, EventsThatAStandbyDoesNotHaveYetAreWaitedFor) {
  Sell(5);
  std::uint64_t last = 0;  // That the standby has.
  auto hooks = std::make_shared<Hooks>();
  hooks->events = [&](std::vector<Event>& events) {
    std::erase_if(events, [&](const Event& event) { return event.seq > last; });
  };
  const auto storage = NewTamperedStorage(NewStorage(), hooks);
  const auto transport = NewMemoryTransport(topic_);
  RelaySteps steps(*storage, *transport, options_of_relay_);
  for (int look = 0; look < 3 * RelaySteps::kLagAllowed; ++look) {
    ASSERT_EQ(steps.Step(), Next::retry) << look;
  }
  EXPECT_EQ(
      steps.progress().error.ToString(),
      "unavailable: the log ends at " + std::to_string(head()) + ", event 1 cannot be read yet");
  last = 3;
  EXPECT_EQ(steps.Step(), Next::more);
  EXPECT_EQ(steps.Step(), Next::retry);
  last = head();
  EXPECT_EQ(steps.Step(), Next::idle);
  EXPECT_TRUE(ArrivedOnce(*topic_, head()));
}

TEST_F(RelayTest, ALogWithAGapStopsItBeforeTheGap) {
  Sell(20);
  auto hooks = std::make_shared<Hooks>();
  hooks->events = [](std::vector<Event>& events) {
    std::erase_if(events, [](const Event& event) { return event.seq == 13; });
  };
  const auto storage = NewTamperedStorage(NewStorage(), hooks);
  const auto transport = NewMemoryTransport(topic_);
  RelaySteps steps(*storage, *transport, options_of_relay_);
  EXPECT_EQ(Run(&steps), Next::stop);
  EXPECT_EQ(steps.progress().error.ToString(), "corrupt: the log has no event 13");
  EXPECT_TRUE(ArrivedOnce(*topic_, 10));
}

TEST_F(RelayTest, ItGoesOnWhereAnotherRelayEnded) {
  Stub stub;
  stub.position = {storage_->info().epoch, 1};
  RelaySteps steps(*storage_, stub, options_of_relay_);
  EXPECT_EQ(steps.Step(), Next::idle);
  EXPECT_EQ(steps.progress().events, head() - 1);
}

TEST(RelayBackoff, DoublesUpToItsLongestAndVaries) {
  Backoff backoff(Duration(100), Duration(1'000), 7);
  std::set<Duration::rep> last;
  for (int round = 0; round < 3; ++round) {
    for (const int most : {100, 200, 400, 800, 1'000, 1'000}) {
      const auto wait = backoff.Next().count();
      EXPECT_LE(wait, most);
      EXPECT_GE(wait, most / 2);
      last.insert(wait);
    }
    backoff.Reset();
  }
  EXPECT_GT(last.size(), 10u);
}

TEST(RelayBackoff, AFirstWaitAboveTheLongestIsTakenOnce) {
  Backoff backoff(Duration(1'000), Duration(10), 7);
  EXPECT_GE(backoff.Next().count(), 500);
  EXPECT_LE(backoff.Next().count(), 10);
}

// --- the thread --------------------------------------------------------------------------------

RelayOptions Fast() {
  RelayOptions options;
  options.poll_interval = Duration(1);
  options.backoff_first = Duration(1);
  options.backoff_longest = Duration(2);
  return options;
}

constexpr Duration kLong{30'000};

TEST(Relay, FollowsAShopWhileItSells) {
  auto shop = Open("memory:");
  ASSERT_TRUE(shop.ok());
  Ok((*shop)->products().Create(ProductOf("p1")));
  Ok((*shop)->drops().Create(DropOf("d1", 1'000'000)));
  const auto topic = std::make_shared<MemoryTopic>();
  auto relay = Relay::Start((*shop)->reads().storage(),
                            NewFaultyTransport(NewMemoryTransport(topic),
                                               [](TransportCall, std::uint64_t nth) {
                                                 return static_cast<TransportFault>(nth % 4);
                                               }),
                            Fast());
  ASSERT_TRUE(relay.ok());
  for (int i = 0; i < 500; ++i) {
    Ok((*shop)->orders().Place(OrderOf("d1", "bo", "k" + std::to_string(i))));
  }
  const std::uint64_t head = (*shop)->audit().ReadHead()->seq;
  EXPECT_TRUE(Ok((*relay)->WaitFor(head, kLong)));
  EXPECT_GE((*relay)->progress().sent_seq, head);
  EXPECT_TRUE((*relay)->progress().running);
  EXPECT_GT((*relay)->progress().failures, 0u);
  EXPECT_TRUE(Ok((*relay)->Stop()));
  EXPECT_FALSE((*relay)->progress().running);
  EXPECT_EQ((*relay)->Stop().code(), StatusCode::kClosed);
  EXPECT_TRUE(ArrivedOnce(*topic, topic->position().offset));
}

TEST(Relay, ASecondOneGoesOnWhereTheFirstEnded) {
  auto shop = Open("memory:");
  Ok((*shop)->products().Create(ProductOf("p1")));
  const auto topic = std::make_shared<MemoryTopic>();
  for (int round = 0; round < 5; ++round) {
    auto relay = Relay::Start((*shop)->reads().storage(), NewMemoryTransport(topic), Fast());
    Ok((*shop)->drops().Create(DropOf("d" + std::to_string(round), 5)));
    const std::uint64_t head = (*shop)->audit().ReadHead()->seq;
    EXPECT_TRUE(Ok((*relay)->WaitFor(head, kLong)));
    relay->reset();  // Stops by itself.
    EXPECT_EQ(topic->events().size(), head);
  }
}

TEST(Relay, WaitForTellsWhatItWaitsFor) {
  auto shop = Open("memory:");
  Ok((*shop)->products().Create(ProductOf("p1")));
  auto stub = std::make_unique<Stub>();
  stub->sent = {StatusCode::kUnavailable, "the cable is out"};
  auto relay = Relay::Start((*shop)->reads().storage(), std::move(stub), Fast());
  Status waited = (*relay)->WaitFor(1, Duration(1));
  while (waited.message().find("cable") == std::string::npos) {
    waited = (*relay)->WaitFor(1, Duration(1));
  }
  EXPECT_EQ(waited.ToString(),
            "unavailable: the transport has event 0, not yet 1: unavailable: the cable is out");
  EXPECT_TRUE(Ok((*relay)->Stop())) << "what it waited for is no error of stopping";
  EXPECT_EQ((*relay)->WaitFor(1, kLong).code(), StatusCode::kClosed);
}

TEST(Relay, AnErrorThatStopsItIsToldToEverybody) {
  auto shop = Open("memory:");
  Ok((*shop)->products().Create(ProductOf("p1")));
  auto stub = std::make_unique<Stub>();
  stub->sent = {StatusCode::kFenced, "a newer relay is at work"};
  auto relay = Relay::Start((*shop)->reads().storage(), std::move(stub), Fast());
  EXPECT_EQ((*relay)->WaitFor(1, kLong).code(), StatusCode::kFenced);
  EXPECT_FALSE((*relay)->progress().running);
  EXPECT_EQ((*relay)->Stop().code(), StatusCode::kFenced);
}

TEST(Relay, EndsWhenItsShopIsClosed) {
  auto shop = Open("memory:");
  Ok((*shop)->products().Create(ProductOf("p1")));
  const auto topic = std::make_shared<MemoryTopic>();
  auto relay = Relay::Start((*shop)->reads().storage(), NewMemoryTransport(topic), Fast());
  Ok((*relay)->WaitFor(1, kLong));
  Ok((*shop)->Close());
  EXPECT_EQ((*relay)->WaitFor(2, kLong).code(), StatusCode::kClosed);
}

// Lets a Send begin, and end when the test says so.
class Gated : public Transport {
 public:
  Gated(std::promise<void>* begun, std::shared_future<void> end) : begun_(*begun), end_(end) {}
  Result<Position> ReadPosition() override { return Position{}; }
  Status Send(const EventBatch&, Duration) override {
    begun_.set_value();
    end_.wait();
    return OkStatus();
  }
  Status Close() override { return OkStatus(); }

 private:
  std::promise<void>& begun_;
  std::shared_future<void> end_;
};

TEST(Relay, StoppingSendsNothingMoreThanWhatIsUnderWay) {
  auto shop = Open("memory:");
  Ok((*shop)->products().Create(ProductOf("p1")));
  Ok((*shop)->products().Create(ProductOf("p2")));
  std::promise<void> begun;
  std::promise<void> end;
  RelayOptions options = Fast();
  options.batch_events_max = 1;  // A second Send would set the promise again, and throw.
  auto relay = Relay::Start((*shop)->reads().storage(),
                            std::make_unique<Gated>(&begun, end.get_future().share()), options);
  begun.get_future().wait();
  EXPECT_EQ((*relay)->progress().sent_seq, 0u) << "progress does not wait for the transport";
  std::thread opener([&] {
    EXPECT_EQ((*relay)->WaitFor(2, kLong).code(), StatusCode::kClosed);  // Stop has begun.
    end.set_value();
  });
  EXPECT_TRUE(Ok((*relay)->Stop()));
  opener.join();
  EXPECT_EQ((*relay)->progress().sent_seq, 1u);
}

TEST(Relay, OptionsOutOfRangeAreNamed) {
  auto shop = Open("memory:");
  Storage& storage = (*shop)->reads().storage();
  const auto refusal = [&](auto change) {
    RelayOptions options;
    change(&options);
    const auto topic = std::make_shared<MemoryTopic>();
    return Relay::Start(storage, NewMemoryTransport(topic), options).status().ToString();
  };
  EXPECT_EQ(refusal([](RelayOptions* o) { o->batch_events_max = 10'001; }),
            "invalid_argument: batch_events_max 10001 is not in 1..10000");
  EXPECT_EQ(refusal([](RelayOptions* o) { o->poll_interval = Duration(0); }),
            "invalid_argument: poll_interval 0 is not in 1..60000");
  EXPECT_EQ(refusal([](RelayOptions* o) { o->send_deadline = Duration(-1); }),
            "invalid_argument: send_deadline -1 is not in 1..600000");
  EXPECT_EQ(refusal([](RelayOptions* o) { o->backoff_first = Duration(0); }),
            "invalid_argument: backoff_first 0 is not in 1..600000");
  EXPECT_EQ(refusal([](RelayOptions* o) { o->backoff_longest = Duration(600'001); }),
            "invalid_argument: backoff_longest 600001 is not in 1..600000");
  EXPECT_EQ(Relay::Start(storage, nullptr).status().ToString(), "invalid_argument: no transport");
}

}  // namespace
}  // namespace livedrops
