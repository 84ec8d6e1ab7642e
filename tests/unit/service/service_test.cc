// The service with real threads. Nothing here sleeps: tests wait for a condition, with a deadline.
#include "livedrops/service.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <numeric>
#include <set>
#include <thread>

#include "engine_kit.h"
#include "livedrops/open.h"

namespace livedrops {
namespace {

using namespace std::chrono_literals;

// Waits until the condition holds; false after ten seconds.
template <class Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Stops every commit at its door until it is opened.
class Gate {
 public:
  FaultPlan Plan() {
    return [this](StorageCall call, std::uint64_t) {
      if (call != StorageCall::commit) return Fault::none;
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      --waiting_;
      return Fault::none;
    };
  }
  void AwaitCommit() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    options_.clock = &clock_;
    options_.ids = &ids_;
  }
  ~ServiceTest() override { faults_->SetPlan({}); }

  void Open() {
    service_.reset();
    auto opened = Service::Open(NewFaultyStorage(OpenMemoryStorage(database_), faults_), options_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    service_ = std::move(*opened);
    const Reply product = service_->products().Create(ProductOf("p1"));
    ASSERT_TRUE(product.status.ok()) << product.status.ToString();
  }
  void MakeDrop(const std::string& id, std::int64_t stock,
                Confirmation confirmation = Confirmation::direct) {
    EXPECT_EQ(service_->drops().Create(DropOf(id, stock, confirmation)).outcome, Outcome::done);
  }
  int StockOf(const std::string& drop) {
    const auto found = service_->drops().Get(DropId(drop));
    return found.ok() ? found->current_stock : -1;
  }

  std::shared_ptr<MemoryDatabase> database_ = NewMemoryDatabase({.seed = 7});
  std::shared_ptr<FaultInjector> faults_ = std::make_shared<FaultInjector>();
  SimClock clock_{TimeFromMs(kStartMs)};
  SequentialIds ids_;
  ServiceOptions options_;
  std::unique_ptr<Service> service_;
};
using Services = ServiceTest;

// 8 threads ask for more than there is; some retry, some ask for several units.
TEST_F(Services, SellExactlyWhatThereIs) {
  constexpr int kThreads = 8;
  constexpr int kStock = 4'000;
  Open();
  MakeDrop("d1", kStock);
  std::atomic<int> sold{0};
  std::atomic<int> refused{0};
  std::atomic<int> repeated{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 800; ++i) {
        const int quantity = 1 + i % 2;
        const auto order =
            OrderOf("d1", "u" + std::to_string(t), "k" + std::to_string(i), quantity);
        const Reply reply = service_->orders().Place(order);
        ASSERT_TRUE(reply.status.ok()) << reply.status.ToString();
        sold += Granted(reply.outcome) ? quantity : 0;
        refused += reply.outcome == Outcome::sold_out ? 1 : 0;
        if (i % 5 == 0 && Granted(reply.outcome)) {
          repeated += service_->orders().Place(order).outcome == Outcome::repeated ? 1 : 1'000'000;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sold, kStock);
  EXPECT_GT(refused, 0);
  EXPECT_LT(repeated, 1'000'000);
  EXPECT_EQ(StockOf("d1"), 0);
  int sold_out_events = 0;
  const auto events = service_->notifications().Log(0, 10'000);
  for (const Event& event : *events) sold_out_events += event.type == EventType::soldOut ? 1 : 0;
  EXPECT_EQ(sold_out_events, 1);
}

TEST_F(Services, DecideTheRequestsOfAThreadInTheirOrder) {
  Open();
  MakeDrop("d1", 100'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::atomic<int> left{500};
      std::vector<std::uint64_t> seqs(500);
      for (int i = 0; i < 500; ++i) {
        service_->orders().PlaceAsync(
            OrderOf("d1", "u" + std::to_string(t), "k" + std::to_string(i)), [&, i](Reply reply) {
              seqs[static_cast<std::size_t>(i)] = reply.seq;
              --left;
            });
      }
      ASSERT_TRUE(Eventually([&] { return left == 0; }));
      EXPECT_TRUE(std::ranges::is_sorted(seqs));
      EXPECT_GT(seqs.front(), 0u);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(Services, CallBackOnceEach) {
  Open();
  MakeDrop("d1", 500);
  std::vector<std::atomic<int>> calls(1000);
  std::atomic<int> total{0};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    service_->orders().PlaceAsync(OrderOf("d1", "u1", "k" + std::to_string(i)),
                                  [&, i](Reply reply) {
                                    EXPECT_TRUE(reply.status.ok());
                                    ++calls[i];
                                    ++total;
                                  });
  }
  service_->orders().PlaceAsync(OrderOf("no id!", "u1", "k1"), [&](Reply reply) {
    EXPECT_EQ(reply.status.code(), StatusCode::kInvalidArgument);
    ++total;
  });
  EXPECT_TRUE(Eventually([&] { return total == 1001; }));
  for (const auto& count : calls) EXPECT_EQ(count, 1);
  EXPECT_EQ(StockOf("d1"), 0);
}

TEST_F(Services, FulfilFutures) {
  Open();
  MakeDrop("d1", 1);
  auto first = service_->orders().PlaceFuture(OrderOf("d1", "u1", "k1"));
  auto second = service_->orders().PlaceFuture(OrderOf("d1", "u2", "k1"));
  EXPECT_EQ(first.get().outcome, Outcome::confirmed);
  EXPECT_EQ(second.get().outcome, Outcome::sold_out);
}

TEST_F(Services, DecideABatchLongerThanTheQueue) {
  options_.queue_max = 10;
  Open();
  MakeDrop("d1", 50);
  std::vector<PlaceOrder> orders;
  for (int i = 0; i < 100; ++i) orders.push_back(OrderOf("d1", "u1", "k" + std::to_string(i)));
  orders[7] = OrderOf("no id!", "u1", "k");
  std::vector<Reply> replies(orders.size());
  service_->orders().PlaceBatch(orders, replies);
  int granted = 0;
  for (const Reply& reply : replies) granted += reply.status.ok() && Granted(reply.outcome) ? 1 : 0;
  EXPECT_EQ(granted, 50);
  EXPECT_EQ(replies[7].status.code(), StatusCode::kInvalidArgument);
}

// Also when the committing thread heard of it alone and nothing comes behind.
TEST_F(Services, CountTheLastLargeBatch) {
  Open();
  MakeDrop("d1", 10'000);
  std::vector<PlaceOrder> orders;
  for (int i = 0; i < 400; ++i) orders.push_back(OrderOf("d1", "u1", "k" + std::to_string(i)));
  std::vector<Reply> replies(orders.size());
  for (std::uint64_t round = 1; round <= 20; ++round) {
    for (PlaceOrder& order : orders) order.key = Key(order.key.str() + "x");
    service_->orders().PlaceBatch(orders, replies);
    EXPECT_TRUE(Eventually([&] { return service_->stats().granted >= 400 * round; })) << round;
  }
}

// --- polled completions --------------------------------------------------------------------------

TEST_F(Services, SignalCompletionsByADescriptor) {
  Open();
  MakeDrop("d1", 60);
  pollfd fd{service_->poll_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  for (std::uint64_t tag = 1; tag <= 100; ++tag) {
    EXPECT_TRUE(Ok(service_->SubmitPolled(OrderOf("d1", "u1", "k" + std::to_string(tag)), tag)));
  }
  std::set<std::uint64_t> tags;
  int granted = 0;
  while (tags.size() < 100) {
    ASSERT_EQ(poll(&fd, 1, 10'000), 1);
    for (Completion& done : service_->Poll(7)) {
      EXPECT_TRUE(tags.insert(done.tag).second);
      granted += Granted(done.reply.outcome) ? 1 : 0;
    }
  }
  EXPECT_EQ(granted, 60);
  EXPECT_EQ(*tags.rbegin(), 100u);
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  EXPECT_TRUE(service_->Poll().empty());
  EXPECT_EQ(service_->SubmitPolled(OrderOf("", "u1", "k"), 1).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(poll(&fd, 1, 0), 0);
}

TEST_F(Services, TakeEveryKindOfRequestPolled) {
  Open();
  EXPECT_TRUE(Ok(service_->SubmitPolled(DropOf("d1", 5), 1)));
  EXPECT_TRUE(Ok(service_->SubmitPolled(OrderOf("d1", "u1", "k1"), 2)));
  std::map<std::uint64_t, Outcome> outcomes;
  EXPECT_TRUE(Eventually([&] {
    for (Completion& done : service_->Poll()) outcomes[done.tag] = done.reply.outcome;
    return outcomes.size() == 2;
  }));
  EXPECT_EQ(outcomes[1], Outcome::done);
  EXPECT_EQ(outcomes[2], Outcome::confirmed);
}

// --- overload ------------------------------------------------------------------------------------

TEST_F(Services, SayOverloadedWhenTheQueueIsFull) {
  options_.queue_max = 4;
  Open();
  MakeDrop("d1", 100);
  Gate gate;
  faults_->SetPlan(gate.Plan());
  std::atomic<int> done{0};
  const auto submit = [&](int i) {
    return service_->SubmitPolled(OrderOf("d1", "u1", "k" + std::to_string(i)),
                                  static_cast<std::uint64_t>(i));
  };
  EXPECT_TRUE(Ok(submit(0)));
  gate.AwaitCommit();
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(Ok(submit(i)));
  EXPECT_EQ(submit(4).code(), StatusCode::kOverloaded);
  EXPECT_EQ(submit(4).message(), "the queue is full: 4 requests wait");
  EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k5")).status.code(),
            StatusCode::kOverloaded);
  gate.Open();
  EXPECT_TRUE(Eventually([&] {
    done += static_cast<int>(service_->Poll().size());
    return done == 4;
  }));
  EXPECT_TRUE(Eventually([&] { return service_->stats().queue_depth == 0; }));
  EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k5")).outcome, Outcome::confirmed);
  EXPECT_EQ(StockOf("d1"), 95);
}

TEST_F(Services, SayOverloadedWhenNobodyPolls) {
  options_.queue_max = 4;
  Open();
  MakeDrop("d1", 100);
  const auto submit = [&](std::uint64_t i) {
    return service_->SubmitPolled(OrderOf("d1", "u1", "k" + std::to_string(i)), i);
  };
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(Ok(submit(i)));
    EXPECT_TRUE(Eventually([&] { return service_->stats().queue_depth == 0; }));
  }
  EXPECT_EQ(submit(4).code(), StatusCode::kOverloaded);
  EXPECT_EQ(submit(4).message(), "4 completions wait to be polled");
  EXPECT_EQ(StockOf("d1"), 96);
  EXPECT_EQ(service_->Poll().size(), 4u);
  EXPECT_TRUE(Ok(submit(4)));
}

// Small turns for each drop, and requests that must be alone in their batch: everything goes on.
TEST_F(Services, GoOnWithSmallTurnsAndExclusiveRequests) {
  options_.orders_per_drop_and_commit_max = 1;
  Open();
  MakeDrop("d1", 100'000);
  MakeDrop("d2", 100'000);
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 150; ++i) {
        const std::string key = "k" + std::to_string(t) + "-" + std::to_string(i);
        const Reply reply = service_->orders().Place(OrderOf(i % 3 == 0 ? "d2" : "d1", "u1", key));
        answered += reply.outcome == Outcome::confirmed ? 1 : 0;
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 100; ++i) {
      OpenSession open;
      open.session.user = UserId("u1");
      answered += service_->accounts().Open(open).outcome == Outcome::done ? 1 : 0;
    }
  });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 700);
}

// --- time ----------------------------------------------------------------------------------------

// Starts, ends and expiries are committed by the service itself within 100 ms. The bound here is
// wide: the machine may be busy.
TEST_F(Services, CommitWhatIsDueWithoutACall) {
  Open();
  CreateDrop drop = DropOf("d1", 5, Confirmation::hold);
  drop.start_time = At(1'000);
  drop.end_time = At(60'000);
  drop.hold_seconds = 30;
  EXPECT_TRUE(Ok(service_->drops().Create(drop)));
  const auto await = [&](std::int64_t ms, EventType type) {
    clock_.Set(At(ms));
    const auto start = std::chrono::steady_clock::now();
    const bool came = Eventually([&] {
      const auto events = service_->notifications().Log(0);
      return events.ok() && !events->empty() && events->back().type == type;
    });
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s) << ToString(type);
    return came;
  };
  EXPECT_TRUE(await(1'000, EventType::dropStart));
  EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k1")).outcome, Outcome::held);
  EXPECT_TRUE(await(31'000, EventType::orderExpired));
  EXPECT_EQ(StockOf("d1"), 5);
  EXPECT_TRUE(await(60'000, EventType::dropEnd));
}

// --- trouble -------------------------------------------------------------------------------------

TEST_F(Services, ResolveADoubtByThemselves) {
  Open();
  MakeDrop("d1", 1'000);
  const std::uint64_t base = faults_->calls(StorageCall::commit);
  faults_->SetPlan([base](StorageCall call, std::uint64_t nth) {
    if (call != StorageCall::commit || nth % 3 != 0 || nth < base) return Fault::none;
    return nth % 2 == 0 ? Fault::after : Fault::lost;
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const auto order = OrderOf("d1", "u" + std::to_string(t), "k" + std::to_string(i));
        const Reply reply = service_->orders().Place(order);
        EXPECT_EQ(reply.outcome, Outcome::confirmed) << reply.status.ToString();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(StockOf("d1"), 600);
  EXPECT_GT(service_->stats().unknown_outcomes, 0u);
}

TEST_F(Services, TellTheCallerWhenADoubtLastsTooLong) {
  options_.unknown_deadline = Duration(50);
  Open();
  MakeDrop("d1", 10);
  faults_->SetPlan([](StorageCall call, std::uint64_t) {
    if (call == StorageCall::commit) return Fault::after;
    return call == StorageCall::resolve ? Fault::before : Fault::none;
  });
  const auto order = OrderOf("d1", "u1", "k1");
  EXPECT_EQ(service_->orders().Place(order).status.code(), StatusCode::kOutcomeUnknown);
  const Reply waiting = service_->orders().Place(OrderOf("d1", "u2", "k1"));
  EXPECT_EQ(waiting.status.code(), StatusCode::kUnavailable);
  faults_->SetPlan({});
  EXPECT_TRUE(
      Eventually([&] { return service_->orders().Place(order).outcome == Outcome::repeated; }));
  EXPECT_EQ(StockOf("d1"), 9);
}

TEST_F(Services, GoOnWhenTheStorageCanBeWrittenAgain) {
  Open();
  MakeDrop("d1", 10);
  faults_->SetPlan([](StorageCall call, std::uint64_t) {
    return call == StorageCall::commit ? Fault::before : Fault::none;
  });
  const auto order = OrderOf("d1", "u1", "k1");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(service_->orders().Place(order).status.code(), StatusCode::kUnavailable);
  }
  EXPECT_EQ(StockOf("d1"), 10);
  faults_->SetPlan({});
  EXPECT_EQ(service_->orders().Place(order).outcome, Outcome::confirmed);
  EXPECT_EQ(service_->stats().commit_failures, 3u);
}

// --- close ---------------------------------------------------------------------------------------

TEST_F(Services, AnswerEverybodyOnceWhenTheyClose) {
  Open();
  MakeDrop("d1", 1'000'000);
  std::vector<std::atomic<int>> calls(3000);
  std::atomic<int> granted{0};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    service_->orders().PlaceAsync(OrderOf("d1", "u1", "k" + std::to_string(i)),
                                  [&, i](Reply reply) {
                                    ++calls[i];
                                    granted += reply.status.ok() ? 1 : 0;
                                  });
  }
  EXPECT_TRUE(Ok(service_->Close()));
  for (const auto& count : calls) ASSERT_EQ(count, 1);
  EXPECT_EQ(granted, 3000);
  EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k")).status.code(), StatusCode::kClosed);
  EXPECT_EQ(service_->SubmitPolled(OrderOf("d1", "u1", "k"), 1).code(), StatusCode::kClosed);
  EXPECT_EQ(service_->drops().Get(DropId("d1")).status().code(), StatusCode::kClosed);
  int late = 0;
  service_->orders().PlaceAsync(OrderOf("d1", "u1", "k"), [&](Reply reply) {
    ++late;
    EXPECT_EQ(reply.status.code(), StatusCode::kClosed);
  });
  EXPECT_EQ(late, 1);
  EXPECT_EQ(service_->Close().code(), StatusCode::kClosed);
  Open();
  EXPECT_EQ(StockOf("d1"), 1'000'000 - 3000);
}

TEST_F(Services, AnswerEverybodyAlsoWhenTheStorageIsGone) {
  options_.unknown_deadline = Duration(50);
  Open();
  MakeDrop("d1", 1'000);
  faults_->SetPlan([](StorageCall call, std::uint64_t) {
    if (call == StorageCall::commit) return Fault::after;
    return call == StorageCall::read_head ? Fault::none : Fault::before;
  });
  std::atomic<int> answers{0};
  for (int i = 0; i < 500; ++i) {
    service_->orders().PlaceAsync(OrderOf("d1", "u1", "k" + std::to_string(i)), [&](Reply reply) {
      EXPECT_TRUE(reply.status.retryable()) << reply.status.ToString();
      ++answers;
    });
  }
  EXPECT_TRUE(Ok(service_->Close()));
  EXPECT_EQ(answers, 500);
}

TEST_F(Services, CloseWhenTheyGoAway) {
  Open();
  MakeDrop("d1", 1'000);
  std::atomic<int> answers{0};
  for (int i = 0; i < 500; ++i) {
    service_->orders().PlaceAsync(OrderOf("d1", "u1", "k" + std::to_string(i)),
                                  [&](Reply) { ++answers; });
  }
  service_.reset();
  EXPECT_EQ(answers, 500);
}

TEST_F(Services, RefuseToBeClosedOrWaitedForInACallback) {
  Open();
  MakeDrop("d1", 10);
  std::atomic<bool> called{false};
  std::atomic<int> chained{0};
  service_->orders().PlaceAsync(OrderOf("d1", "u1", "k1"), [&](Reply) {
    EXPECT_EQ(service_->Close().code(), StatusCode::kClosed);
    EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k2")).status.code(),
              StatusCode::kClosed);
    // Submitting is allowed.
    service_->orders().PlaceAsync(OrderOf("d1", "u1", "k3"), [&](Reply reply) {
      chained += reply.outcome == Outcome::confirmed ? 1 : 0;
    });
    called = true;
  });
  EXPECT_TRUE(Eventually([&] { return called && chained == 1; }));
  EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k4")).outcome, Outcome::confirmed);
}

TEST(ServiceOpen, RefusesBadOptions) {
  const auto code = [](auto change) {
    ServiceOptions options;
    change(options);
    const auto opened = Open("memory:", options);
    return opened.status().code();
  };
  using enum StatusCode;
  EXPECT_EQ(code([](ServiceOptions&) {}), kOk);
  EXPECT_EQ(code([](ServiceOptions& o) { o.queue_max = 0; }), kInvalidArgument);
  EXPECT_EQ(code([](ServiceOptions& o) { o.queue_max = -1; }), kInvalidArgument);
  EXPECT_EQ(code([](ServiceOptions& o) { o.queue_max = 1'048'577; }), kInvalidArgument);
  EXPECT_EQ(code([](ServiceOptions& o) { o.orders_per_drop_and_commit_max = 0; }),
            kInvalidArgument);
  EXPECT_EQ(code([](ServiceOptions& o) { o.orders_per_drop_and_commit_max = -7; }),
            kInvalidArgument);
  EXPECT_EQ(code([](ServiceOptions& o) { o.unknown_deadline = Duration(-1); }), kInvalidArgument);
  EXPECT_EQ(code([](ServiceOptions& o) { o.live_holds_per_user_max = -1; }), kInvalidArgument);
  EXPECT_EQ(Service::Open(nullptr).status().code(), kInvalidArgument);
}

template <class AnyHistogram>
std::uint64_t TotalOf(const AnyHistogram& histogram) {
  return std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
}

TEST_F(Services, CountWhatTheyDid) {
  Open();
  MakeDrop("d1", 2);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Ok(service_->orders().Place(OrderOf("d1", "u1", "k" + std::to_string(i)))));
  }
  EXPECT_EQ(service_->orders().Place(OrderOf("d1", "u1", "k1")).outcome, Outcome::repeated);
  EXPECT_TRUE(Eventually([&] { return service_->stats().requests >= 8; }));
  const ServiceStats stats = service_->stats();
  EXPECT_EQ(stats.granted, 2u);
  EXPECT_EQ(stats.refused, 3u);
  EXPECT_EQ(stats.queue_depth, 0u);
  EXPECT_GE(stats.commits, 4u);
  EXPECT_EQ(stats.fenced + stats.commit_failures + stats.unknown_outcomes, 0u);
  EXPECT_EQ(TotalOf(stats.queue_waits), stats.requests);
  EXPECT_EQ(TotalOf(stats.commit_times), stats.commits);
  EXPECT_EQ(TotalOf(stats.commit_rows), stats.commits);
}

TEST(Histograms, CountByUpperBound) {
  Histogram<10, 20> histogram;
  for (const std::uint64_t value : {0, 10, 11, 20, 21, 1'000'000}) histogram.Count(value);
  EXPECT_EQ(histogram.counts, (std::array<std::uint64_t, 3>{2, 2, 2}));
}

}  // namespace
}  // namespace livedrops
