// What a server or a network can do to a commit, and what the storage answers: nothing happened, or
// nobody knows until a barrier row is written.
#include <chrono>
#include <random>
#include <thread>

#include "livedrops/open.h"
#include "simulation/verify.h"
#include "storage/postgres/query.h"
#include "testing/conformance_kit.h"
#include "tests/crash/shop.h"
#include "tests/postgres/postgres_kit.h"
#include "tests/postgres/proxy.h"

namespace livedrops {
namespace {

using conformance::Shop;

PostgresOptions Impatient() {
  PostgresOptions options;
  options.connect_deadline = Duration(2'000);
  options.commit_deadline = Duration(200);
  options.lock_deadline = Duration(200);
  return options;
}

// --- errors that the server reports --------------------------------------------------------------

class PostgresFaults : public testing::Test {
 protected:
  void SetUp() override {
    url_ = NewShopUrl();
    storage_ = OpenOrDie(url_, Impatient());
    shop_.AddDrop("drop");
    ASSERT_TRUE(shop_.Commit(*storage_).ok());
  }
  // From now on the insert of an order, or with `at_commit` its commit, runs this.
  void OnOrder(const std::string& statements, bool at_commit) {
    RunSql(url_, "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " +
                     statements + "; RETURN NULL; END $$");
    const auto made = RunSql(
        url_, at_commit ? "CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON orders DEFERRABLE"
                          " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault()"
                        : "CREATE TRIGGER fault AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE"
                          " FUNCTION fault()");
    ASSERT_TRUE(made.empty()) << made.front();
  }
  void Raise(const std::string& state, bool at_commit) {
    OnOrder("RAISE EXCEPTION 'recorded' USING ERRCODE = '" + state + "'", at_commit);
  }
  void Repair() { RunSql(url_, "DROP FUNCTION fault CASCADE"); }

  Status CommitOrder() {
    attempt_ = shop_;
    attempt_.AddOrder("drop", "user");
    return attempt_.Commit(*storage_);
  }
  std::uint64_t OrdersStored() {
    return std::stoull(RunSql(url_, "SELECT count(*) FROM orders").front());
  }
  // Nothing of the attempt is there, and the same storage goes on at once.
  void ExpectNothingHappened() {
    EXPECT_EQ(OrdersStored(), 0u);
    EXPECT_EQ(storage_->ReadHead()->seq, shop_.head().seq);
    Repair();
    const Status status = CommitOrder();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  std::string url_;
  std::unique_ptr<Storage> storage_;
  Shop shop_;
  Shop attempt_;
};

class PostgresErrors : public PostgresFaults, public testing::WithParamInterface<const char*> {};

TEST_P(PostgresErrors, InAStatementDidNothing) {
  Raise(GetParam(), false);
  const Status status = CommitOrder();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
  EXPECT_NE(status.message().find(GetParam()), std::string::npos) << status.message();
  ExpectNothingHappened();
}

// serialization failure, deadlock, lock not available, query cancelled, too many connections, disk
// full, shutdown, read only, cannot connect now, input/output error
INSTANTIATE_TEST_SUITE_P(States, PostgresErrors,
                         testing::Values("40001", "40P01", "55P03", "57014", "53300", "53100",
                                         "57P01", "25006", "57P03", "58030"));

TEST_F(PostgresFaults, RollbackAtTheCommitIsCertain) {
  for (const char* state : {"40001", "40P01"}) {
    Raise(state, true);
    EXPECT_EQ(CommitOrder().code(), StatusCode::kUnavailable) << state;
    EXPECT_EQ(OrdersStored(), 0u);
    Repair();
  }
  EXPECT_TRUE(CommitOrder().ok());
}

TEST_F(PostgresFaults, ConstraintAtTheCommitIsABrokenInvariant) {
  Raise("23514", true);
  EXPECT_EQ(CommitOrder().code(), StatusCode::kBrokenInvariant);
  ExpectNothingHappened();
}

// Any other error there may have come after the commit itself.
TEST_F(PostgresFaults, OtherErrorsAtTheCommitAreUnknownUntilABarrier) {
  for (const char* state : {"57014", "XX000", "53100"}) {
    Raise(state, true);
    EXPECT_EQ(CommitOrder().code(), StatusCode::kOutcomeUnknown) << state;
    Repair();
    // Until then nothing is written.
    EXPECT_EQ(CommitOrder().code(), StatusCode::kUnavailable);
    EXPECT_EQ(storage_->Lock(Duration(0)).code(), StatusCode::kUnavailable);
    const auto found = storage_->Resolve(Barrier);
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_EQ(*found, shop_.head());
    EXPECT_EQ(OrdersStored(), 0u);
    // The shop goes on behind the barrier.
    EXPECT_EQ(CommitOrder().code(), StatusCode::kFenced);
    TearDown();
    shop_ = Shop();
    SetUp();
  }
}

TEST_F(PostgresFaults, BackendThatIsTerminatedInAStatementDidNothing) {
  OnOrder("PERFORM pg_terminate_backend(pg_backend_pid())", false);
  const Status status = CommitOrder();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
  ExpectNothingHappened();
}

TEST_F(PostgresFaults, BackendThatIsTerminatedAtTheCommitIsUnknown) {
  OnOrder("PERFORM pg_terminate_backend(pg_backend_pid())", true);
  EXPECT_EQ(CommitOrder().code(), StatusCode::kOutcomeUnknown);
  Repair();
  const auto found = storage_->Resolve(Barrier);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(*found, shop_.head());
}

// As when the wait for a standby was cancelled.
TEST_F(PostgresFaults, WarningAtTheCommitIsUnknown) {
  OnOrder("RAISE WARNING 'canceling wait for synchronous replication'", true);
  EXPECT_EQ(CommitOrder().code(), StatusCode::kOutcomeUnknown);
  Repair();
  const auto found = storage_->Resolve(Barrier);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(*found, attempt_.batch().head);
}

TEST_F(PostgresFaults, ReadersAndWritersReconnect) {
  ASSERT_TRUE(storage_->ReadHead().ok());
  RunSql(url_,
         "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
         " WHERE application_name = 'livedrops'");
  // Nothing was asked when the sessions ended: nobody is told.
  const Status read = storage_->ReadHead().status();
  EXPECT_TRUE(read.ok()) << read.ToString();
  const Status committed = CommitOrder();
  EXPECT_TRUE(committed.ok()) << committed.ToString();
}

// Somebody in between resets the session: it is given up, and the next one prepares and sets all
// again.
TEST(PostgresConnection, IsGivenUpWhenItsStatementsWereDiscarded) {
  postgres::ConnectionOptions options;
  options.url = NewShopUrl();
  const auto connection = postgres::Connection::Open(options);
  ASSERT_TRUE(connection.ok()) << connection.status().ToString();
  const auto ask = [&] {
    postgres::Query query(**connection, "SELECT 1");
    static_cast<void>(query.Next());
    return query.status();
  };
  ASSERT_TRUE(ask().ok());
  ASSERT_TRUE((*connection)->RunScript("DISCARD ALL").ok());
  EXPECT_EQ(ask().code(), StatusCode::kUnavailable);
  EXPECT_FALSE((*connection)->usable());
}

// --- the network ---------------------------------------------------------------------------------

class PostgresLink : public PostgresFaults {
 protected:
  void SetUp() override {
    if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
    proxy_ = std::make_unique<PostgresProxy>(SharedServer()->SocketPath());
    url_ = NewShopUrl();
    storage_ = OpenOrDie(proxy_->Through(url_), Impatient());
    shop_.AddDrop("drop");
    ASSERT_TRUE(shop_.Commit(*storage_).ok());
  }
  // A server that is slow would do it after the barrier, which is refused: then it never happened.
  void AwaitOrder() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (OrdersStored() == 0 && std::chrono::steady_clock::now() < until) {
    }
  }
  std::unique_ptr<PostgresProxy> proxy_;
};

TEST_F(PostgresLink, LostAfterTheCommitIsUnknownAndWasCommitted) {
  proxy_->Play(CutAtSync(true));
  EXPECT_EQ(CommitOrder().code(), StatusCode::kOutcomeUnknown);
  proxy_->Play({});
  AwaitOrder();
  const auto found = storage_->Resolve(Barrier);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(*found, attempt_.batch().head);
}

TEST_F(PostgresLink, LostBeforeTheCommitIsUnknownAndNeverHappens) {
  proxy_->Play(CutAtSync(false));
  EXPECT_EQ(CommitOrder().code(), StatusCode::kOutcomeUnknown);
  proxy_->Play({});
  const auto found = storage_->Resolve(Barrier);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(*found, shop_.head());
  EXPECT_EQ(OrdersStored(), 0u);
}

// The server works on while nobody hears it; only its end lets the barrier be written.
TEST_F(PostgresLink, SilenceIsUnknownAndTheBarrierWaitsForTheOldSession) {
  const auto start = std::chrono::steady_clock::now();
  OnOrder("PERFORM pg_sleep(0.5)", false);
  // Its answer never comes.
  proxy_->Play([](bool to_server, const std::string&) {
    return to_server ? LinkAction::forward : LinkAction::swallow;
  });
  EXPECT_EQ(CommitOrder().code(), StatusCode::kOutcomeUnknown);
  proxy_->Play({});
  Result<Head> found = storage_->Resolve(Barrier);
  while (!found.ok() && std::chrono::steady_clock::now() - start < std::chrono::seconds(20)) {
    EXPECT_EQ(found.status().code(), StatusCode::kUnavailable) << found.status().ToString();
    found = storage_->Resolve(Barrier);
  }
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  // The statement outlived its own limit of 200 ms or it did not: what the barrier found is what is
  // there for ever.
  EXPECT_EQ(OrdersStored(), *found == shop_.head() ? 0u : 1u);
}

// The whole service over a link that is cut again and again, at any byte: every order once.
TEST_F(PostgresLink, ServiceSellsEveryOrderOnceOverALinkThatIsCut) {
  constexpr int kOrders = 150;
  storage_.reset();
  auto storage = OpenPostgresStorage(proxy_->Through(NewShopUrl()), {}, Impatient());
  ASSERT_TRUE(storage.ok());
  auto service = Service::Open(std::move(*storage));
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  crash::MakeProduct(**service);
  ASSERT_EQ((*service)->drops().Create(crash::DropOf("d", 10'000)).outcome, Outcome::done);
  std::mt19937 random(20261123);
  std::atomic<int> pieces_left{20};
  std::atomic<int> cuts{0};
  proxy_->Play([&](bool, const std::string&) {
    if (--pieces_left > 0) return LinkAction::forward;
    // A connection is of use after some 16 of them.
    pieces_left = 10 + static_cast<int>(random() % 40);
    ++cuts;
    return random() % 2 == 0 ? LinkAction::cut_before : LinkAction::cut_after;
  });
  std::set<std::string> ids;
  int unknown = 0;
  for (int i = 0; i < kOrders; ++i) {
    PlaceOrder order;
    order.drop = DropId("d");
    order.user = UserId("u" + std::to_string(i));
    order.key = Key("k");
    Reply reply = (*service)->orders().Place(order);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!reply.status.ok() && std::chrono::steady_clock::now() < until) {
      ASSERT_TRUE(reply.status.retryable()) << reply.status.ToString();
      unknown += reply.status.code() == StatusCode::kOutcomeUnknown ? 1 : 0;
      reply = (*service)->orders().Place(order);
    }
    // Whoever was told that nobody knows finds his order, or makes it now.
    ASSERT_TRUE(reply.outcome == Outcome::confirmed || reply.outcome == Outcome::repeated)
        << reply.status.ToString();
    EXPECT_TRUE(ids.insert(reply.order.id.str()).second);
  }
  proxy_->Play({});
  std::cout << cuts << " cuts, " << (*service)->stats().unknown_outcomes << " commits in doubt, "
            << unknown << " callers told so\n";
  EXPECT_GT(cuts, 10);
  EXPECT_EQ((*service)->drops().Get(DropId("d"))->current_stock, 10'000 - kOrders);
  const auto report = Verify((*service)->reads().storage());
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_TRUE(report->ok);
  EXPECT_EQ(report->checked.at("orders"), kOrders);
}

}  // namespace
}  // namespace livedrops
