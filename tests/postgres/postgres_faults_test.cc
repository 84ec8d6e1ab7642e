// What a server or a network can do to a commit, and what the storage answers: nothing happened, or
// nobody knows until a barrier row is written.
#include <signal.h>

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

// The old session still works on it, and has the lock: a look at the head would say that it never
// happened. Nobody is told so; the barrier waits.
TEST(PostgresCommit, ThatLandsLateIsNotTakenForLost) {
  const std::string url = NewShopUrl();
  auto storage = OpenPostgresStorage(url, {}, Impatient());
  ASSERT_TRUE(storage.ok());
  auto service = Service::Open(std::move(*storage));
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  crash::MakeProduct(**service);
  ASSERT_EQ((*service)->drops().Create(crash::DropOf("d", 10)).outcome, Outcome::done);
  // Longer than the answer is waited for. No timeout of the server ends a commit.
  RunSql(url,
         "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
         " PERFORM pg_sleep(1); RETURN NULL; END $$;"
         "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED"
         " FOR EACH ROW EXECUTE FUNCTION late()");
  PlaceOrder order;
  order.drop = DropId("d");
  order.user = UserId("u");
  order.key = Key("k");
  const Reply reply = (*service)->orders().Place(order);
  EXPECT_EQ(reply.outcome, Outcome::confirmed) << reply.status.ToString();
  EXPECT_EQ((*service)->stats().unknown_outcomes, 1u);
  EXPECT_EQ(RunSql(url, "SELECT count(*) FROM orders"), std::vector<std::string>{"1"});
}

// A pooler that loses the server says so with a SQLSTATE of its own, in place of answers that it
// never got: here the commit is durable, but waits for a standby that does not exist.
TEST(PostgresCommit, WhoseServerAPoolerLostIsUnknown) {
  if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
  if (const std::string why = PostgresPooler::WhyNot(); !why.empty()) GTEST_SKIP() << why;
  const auto server = PostgresServer::Start({"synchronous_standby_names = 'nobody'"});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  // For sessions that begin from now on. The server may be starting again.
  const auto set_role = [&](const std::string& synchronous_commit) {
    const std::string sql =
        "SET synchronous_commit = local; ALTER ROLE shop SET synchronous_commit = ";
    while (!RunSql(server->Url(), sql + synchronous_commit).empty() &&
           std::chrono::steady_clock::now() < until) {
    }
    RunSql(server->Url(),
           "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
           " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
  };
  set_role("local");
  const PostgresPooler pooler(*server);
  const auto storage = OpenOrDie(pooler.Url("postgres"));
  Shop shop;
  shop.AddDrop("drop");
  ASSERT_TRUE(shop.Commit(*storage).ok());
  set_role("on");
  shop.AddOrder("drop", "user");
  Status committed;
  std::thread committing([&] { committed = shop.Commit(*storage); });
  std::vector<std::string> waiting;
  while (waiting.empty() && std::chrono::steady_clock::now() < until) {
    waiting =
        RunSql(server->Url(), "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  }
  // It has no time to say a word.
  if (!waiting.empty()) kill(std::stoi(waiting.front()), SIGKILL);
  committing.join();
  EXPECT_EQ(committed.code(), StatusCode::kOutcomeUnknown) << committed.ToString();
  set_role("local");
  Result<Head> found = storage->Resolve(Barrier);
  while (!found.ok() && std::chrono::steady_clock::now() < until) found = storage->Resolve(Barrier);
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(*found, shop.batch().head);
  EXPECT_EQ(RunSql(server->Url(), "SELECT count(*) FROM orders"), std::vector<std::string>{"1"});
}

// Nobody can have stored such bytes. To ask for them is a mistake of the caller's, not of the shop.
TEST_F(PostgresFaults, BytesThatAreNoTextAreFoundNowhere) {
  for (const std::string& bytes : {std::string("a\0b", 3), std::string("\xff")}) {
    EXPECT_EQ(storage_->catalog().FindAccount(bytes).status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(storage_->catalog().GetSession(bytes).status().code(), StatusCode::kInvalidArgument);
    EventQuery query;
    query.subject = bytes;
    std::vector<Event> events;
    EXPECT_EQ(storage_->ListEvents(query, &events).code(), StatusCode::kInvalidArgument);
  }
  // A batch that has some was not validated: no retry helps.
  attempt_ = shop_;
  attempt_.AddEvent(EventType::recovered, "shop:9").body = std::string("a\0b", 3);
  EXPECT_EQ(attempt_.Commit(*storage_).code(), StatusCode::kBrokenInvariant);
  ASSERT_TRUE(CommitOrder().ok());
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

// From the first byte of the connection to the last answer, in either direction: each piece is the
// last one that passes, or the first one that does not.
TEST_F(PostgresLink, CutAtAnyPieceLeavesNoDoubtBehindABarrier) {
  int unknown = 0;
  int unavailable = 0;
  for (const LinkAction cut : {LinkAction::cut_before, LinkAction::cut_after}) {
    constexpr int kPiecesMax = 100;
    bool was_cut = true;
    for (int piece = 1; was_cut && piece < kPiecesMax; ++piece) {
      url_ = NewShopUrl();
      shop_ = Shop();
      shop_.AddDrop("drop");
      ASSERT_TRUE(shop_.Commit(*OpenOrDie(url_)).ok());
      storage_ = OpenOrDie(proxy_->Through(url_), Impatient());
      std::atomic<int> left{piece};
      proxy_->Play(
          [&](bool, const std::string&) { return --left == 0 ? cut : LinkAction::forward; });
      const Status status = CommitOrder();
      proxy_->Play({});
      was_cut = left <= 0;
      bool is_there = status.ok();
      if (status.code() == StatusCode::kOutcomeUnknown) {
        ++unknown;
        Result<Head> found = storage_->Resolve(Barrier);
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!found.ok() && std::chrono::steady_clock::now() < until) {
          found = storage_->Resolve(Barrier);
        }
        ASSERT_TRUE(found.ok()) << found.status().ToString();
        is_there = *found == attempt_.batch().head;
      } else if (!status.ok()) {
        ++unavailable;
        EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
      }
      EXPECT_EQ(OrdersStored(), is_there ? 1u : 0u)
          << "piece " << piece << ": " << status.ToString();
    }
    EXPECT_FALSE(was_cut);
  }
  std::cout << unavailable << " cuts before the commit, " << unknown << " left a doubt\n";
  EXPECT_GE(unavailable, 10);
  EXPECT_GE(unknown, 2);
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
    bool was_told = false;
    while (!reply.status.ok() && std::chrono::steady_clock::now() < until) {
      ASSERT_TRUE(reply.status.retryable()) << reply.status.ToString();
      was_told = was_told || reply.status.code() == StatusCode::kOutcomeUnknown;
      reply = (*service)->orders().Place(order);
    }
    unknown += was_told ? 1 : 0;
    // Only whoever was told that nobody knows may find that his order was there already.
    ASSERT_TRUE(reply.outcome == Outcome::confirmed ||
                (was_told && reply.outcome == Outcome::repeated))
        << reply.status.ToString() << " " << ToString(reply.outcome);
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
