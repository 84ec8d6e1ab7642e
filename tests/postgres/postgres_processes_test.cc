// Several processes and machines on one database: they share it, one is stopped, one is killed, the
// server is killed, a standby takes over.
#include <gtest/gtest-spi.h>
#include <libpq-fe.h>

#include <chrono>
#include <map>
#include <thread>

#include "livedrops/open.h"
#include "testing/conformance_kit.h"
#include "tests/crash/expectation.h"
#include "tests/crash/process.h"
#include "tests/crash/shop.h"
#include "tests/postgres/postgres_kit.h"
#include "tests/postgres/proxy.h"

namespace livedrops {
namespace {

using conformance::Shop;
using crash::AwaitLines;
using crash::Directory;
using crash::Process;
using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{20};

void MakeShop(const std::string& url) {
  auto service = Open(url);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  crash::MakeProduct(**service);
  ASSERT_EQ((*service)->drops().Create(crash::DropOf("d0", 1'000'000)).outcome, Outcome::done);
  ASSERT_EQ((*service)->drops().Create(crash::DropOf("d1", 2'000)).outcome, Outcome::done);
}

void Check(const std::string& url, const crash::Expectation& expectation) {
  auto service = Open(url);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  expectation.Check(**service);
  service->reset();
  crash::ExpectSound(url);
}

// --- sharing -----------------------------------------------------------------------------------

// From the moment on when all were there.
void ExpectEvenShares(const std::map<std::string, Order>& orders,
                      const std::vector<std::string>& names) {
  std::map<std::uint64_t, std::string> seller_of;
  for (const auto& [key, order] : orders) seller_of[order.seq] = key.substr(0, key.find('-'));
  std::map<std::string, int> sold;
  for (const auto& [seq, name] : seller_of) {
    if (sold.size() < names.size()) sold.try_emplace(name, 0);
    if (sold.size() == names.size()) ++sold[name];
  }
  int total = 0;
  for (const auto& [name, count] : sold) total += count;
  for (const std::string& name : names) {
    std::cout << names.size() << " processes: " << name << " sold " << sold[name] << "\n";
    EXPECT_GE(sold[name] * std::ssize(names) * 3, total) << name << " starved";
  }
}

class PostgresRace : public testing::TestWithParam<int> {};

TEST_P(PostgresRace, SellsExactlyWhatThereIs) {
  constexpr int kStock = 3'000;
  const int processes = GetParam();
  const Directory directory;
  const std::string url = NewShopUrl();
  {
    auto service = Open(url);
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    crash::MakeProduct(**service);
    CreateDrop drop = crash::DropOf("d1", kStock);
    // All processes are up by then: who is first must not matter.
    drop.start_time = SystemClock().Now() + Duration(1'000);
    ASSERT_EQ((*service)->drops().Create(drop).outcome, Outcome::done);
  }
  std::vector<std::unique_ptr<Process>> running;
  std::vector<std::string> names;
  for (int i = 0; i < processes; ++i) {
    names.push_back("p" + std::to_string(i));
    running.push_back(
        std::make_unique<Process>(std::vector<std::string>{"race", url, "d1", names.back(), "2",
                                                           directory.File(names.back() + ".acks")},
                                  directory.File(names.back() + ".out")));
  }
  for (std::size_t i = 0; i < running.size(); ++i) {
    // No status but ok reaches a caller.
    EXPECT_EQ(running[i]->Wait(), 0) << crash::ReadFile(directory.File(names[i] + ".out"));
  }
  auto service = Open(url);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  std::map<std::string, Order> orders;
  std::set<std::string> ids;
  for (const std::string& name : names) {
    for (const char* thread : {"-0", "-1"}) crash::CollectOrders(**service, name + thread, &orders);
    const auto acks = crash::ReadAcks(directory.File(name + ".acks"));
    for (const crash::AckLine& ack : acks) {
      EXPECT_TRUE(ids.insert(ack.words[0]).second) << "id given twice: " << ack.words[0];
      const auto found = orders.find(ack.words[1] + " " + ack.words[2]);
      ASSERT_NE(found, orders.end()) << "lost: " << ack.words[1] << " " << ack.words[2];
      EXPECT_EQ(found->second.id.str(), ack.words[0]);
    }
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kStock));
  EXPECT_EQ(orders.size(), static_cast<std::size_t>(kStock));
  ExpectEvenShares(orders, names);
  EXPECT_EQ((*service)->drops().Get(DropId("d1"))->current_stock, 0);
  service->reset();
  crash::ExpectSound(url);
}

INSTANTIATE_TEST_SUITE_P(Processes, PostgresRace, testing::Values(2, 4));

// --- a pooler in between -----------------------------------------------------------------------

// Four sessions of the server for all connections of two processes, another one for each
// transaction: nothing that is set or prepared lasts. Each process may wait for the write lock in
// one while the one that has it reads in another.
TEST(PostgresPooled, SellsThroughATransactionPooler) {
  if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
  if (const std::string why = PostgresPooler::WhyNot(); !why.empty()) GTEST_SKIP() << why;
  RunSql(SharedServer()->Url(), "DROP DATABASE IF EXISTS pooled WITH (FORCE)");
  RunSql(SharedServer()->Url(), "CREATE DATABASE pooled TEMPLATE template0");
  const PostgresPooler pooler(*SharedServer());
  const std::string url = pooler.Url("pooled");
  MakeShop(url);
  const Directory directory;
  crash::Expectation expectation;
  Process first({"load", url, "a", directory.File("a")}, directory.File("a.out"));
  Process second({"load", url, "b", directory.File("b")}, directory.File("b.out"));
  AwaitLines(directory.File("a"), 200);
  AwaitLines(directory.File("b"), 200);
  first.Kill();
  second.Kill();
  for (const char* name : {"a", "b"}) expectation.Add(crash::ReadAcks(directory.File(name)));
  EXPECT_GT(expectation.acknowledged(), 50u);
  Check(url, expectation);
}

// --- stopped -----------------------------------------------------------------------------------

// Tries until it has the lock: one try may time out, the next one finds it free.
Status LockWithPatience(Storage& storage) {
  const auto until = Steady::now() + kPatience;
  Status status = storage.Lock(Duration(300));
  while (!status.ok() && Steady::now() < until) status = storage.Lock(Duration(300));
  return status;
}

PostgresOptions Impatient() {
  PostgresOptions options;
  options.idle_deadline = Duration(200);
  return options;
}

TEST(PostgresStopped, HolderOfTheLockLosesItAndIsFenced) {
  const std::string url = NewShopUrl();
  const auto stopped = OpenOrDie(url, Impatient());
  const auto other = OpenOrDie(url, Impatient());
  Shop shop;
  shop.AddDrop("drop");
  ASSERT_TRUE(shop.Commit(*stopped).ok());
  Shop late = shop;
  ASSERT_TRUE(stopped->Lock(Duration(0)).ok());
  // It does nothing with the lock.
  ASSERT_TRUE(LockWithPatience(*other).ok());
  shop.AddOrder("drop", "ann");
  ASSERT_TRUE(shop.Commit(*other).ok());
  late.AddOrder("drop", "ben");
  Status refused = late.Commit(*stopped);
  // The server may cut it off only while it sends: then it cannot know before it has asked.
  if (refused.code() == StatusCode::kOutcomeUnknown) {
    ASSERT_TRUE(stopped->Resolve(Barrier).ok());
    refused = late.Commit(*stopped);
  }
  EXPECT_EQ(refused.code(), StatusCode::kFenced);
}

// Stopped while it sends a batch that does not fit into the buffers on the way.
TEST(PostgresStopped, HalfABatchDoesNotKeepTheLock) {
  if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
  PostgresProxy proxy(SharedServer()->SocketPath());
  const std::string url = NewShopUrl();
  PostgresOptions options = Impatient();
  options.commit_deadline = Duration(1'000);
  const auto stopped = OpenOrDie(proxy.Through(url), options);
  const auto other = OpenOrDie(url, Impatient());
  Shop shop;
  shop.AddDrop("drop");
  ASSERT_TRUE(shop.Commit(*stopped).ok());
  Shop large = shop;
  for (int i = 0; i < 3'000; ++i) large.AddOrder("drop", "user" + std::to_string(i));
  int pieces = 0;
  proxy.Play([&](bool to_server, const std::string&) {
    return to_server && ++pieces > 2 ? LinkAction::swallow : LinkAction::forward;
  });
  std::thread sending(
      [&] { EXPECT_EQ(large.Commit(*stopped).code(), StatusCode::kOutcomeUnknown); });
  // The server waits for the rest, and has given it the lock.
  const auto until = Steady::now() + kPatience;
  while (RunSql(url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").front() == "0" &&
         Steady::now() < until) {
  }
  EXPECT_TRUE(LockWithPatience(*other).ok());
  shop.AddOrder("drop", "ann");
  EXPECT_TRUE(shop.Commit(*other).ok());
  sending.join();
}

// A real process, stopped at any moment under load.
TEST(PostgresStopped, ProcessLetsTheOthersSellAndGoesOnLater) {
  const Directory directory;
  const std::string url = NewShopUrl();
  MakeShop(url);
  crash::Expectation expectation;
  Process stops({"load", url, "s", directory.File("s")}, directory.File("s.out"));
  Process sells({"load", url, "o", directory.File("o")}, directory.File("o.out"));
  AwaitLines(directory.File("s"), 50);
  AwaitLines(directory.File("o"), 50);
  stops.Signal(SIGSTOP);
  const std::size_t before = crash::ReadAcks(directory.File("o")).size();
  const auto until = Steady::now() + kPatience;
  while (crash::ReadAcks(directory.File("o")).size() < before + 200 && Steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_GE(crash::ReadAcks(directory.File("o")).size(), before + 200);
  const std::size_t stopped_at = crash::ReadAcks(directory.File("s")).size();
  stops.Signal(SIGCONT);
  AwaitLines(directory.File("s"), stopped_at + 50);
  EXPECT_GE(crash::ReadAcks(directory.File("s")).size(), stopped_at + 50);
  stops.Kill();
  sells.Kill();
  for (const char* name : {"s", "o"}) expectation.Add(crash::ReadAcks(directory.File(name)));
  Check(url, expectation);
}

// --- killed ------------------------------------------------------------------------------------

TEST(PostgresKill, OfAProcessLosesNothingThatWasAcknowledged) {
  const int cycles = crash::IsLong() ? 50 : 6;
  const Directory directory;
  const std::string url = NewShopUrl();
  MakeShop(url);
  crash::Expectation expectation;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    const std::string name = "n" + std::to_string(cycle);
    Process process({"load", url, name, directory.File(name)}, directory.File(name + ".out"));
    AwaitLines(directory.File(name), static_cast<std::size_t>(cycle) * 40);
    process.Kill();
    EXPECT_EQ(crash::ReadFile(directory.File(name + ".out")), "");
    expectation.Add(crash::ReadAcks(directory.File(name)));
    Check(url, expectation);
  }
  EXPECT_GT(expectation.acknowledged(), 50u);
}

// The server dies under two processes that go on as soon as it is back.
TEST(PostgresKill, OfTheServerLosesNothingThatWasAcknowledged) {
  const int cycles = crash::IsLong() ? 20 : 3;
  const Directory directory;
  const auto server = PostgresServer::Start();
  const std::string url = server->Url();
  MakeShop(url);
  const std::vector<std::string> names = {"a", "b"};
  std::vector<std::unique_ptr<Process>> running;
  for (const std::string& name : names) {
    running.push_back(
        std::make_unique<Process>(std::vector<std::string>{"load", url, name, directory.File(name)},
                                  directory.File(name + ".out")));
  }
  const auto sold = [&](const std::string& name) {
    std::size_t count = 0;
    for (const auto& ack : crash::ReadAcks(directory.File(name))) count += ack.did ? 1 : 0;
    return count;
  };
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (const std::string& name : names) {
      const std::size_t before = sold(name);
      const auto until = Steady::now() + kPatience;
      while (sold(name) < before + 40 && Steady::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      EXPECT_GE(sold(name), before + 40) << name << " does not go on after cycle " << cycle;
    }
    server->Stop(cycle % 2 == 0 ? SIGKILL : SIGQUIT);
    server->Run();
  }
  for (const auto& process : running) process->Kill();
  crash::Expectation expectation;
  for (const std::string& name : names) expectation.Add(crash::ReadAcks(directory.File(name)));
  EXPECT_GT(expectation.acknowledged(), 50u);
  Check(url, expectation);
}

// --- a standby takes over ----------------------------------------------------------------------

void AwaitSql(const PostgresServer& server, const std::string& sql, const std::string& row) {
  const std::vector<std::string> expected = {row};
  const auto until = Steady::now() + kPatience;
  while (RunSql(server.Url(), sql) != expected && Steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ASSERT_EQ(RunSql(server.Url(), sql), expected);
}

// Another process sells on the primary until that dies, and the standby takes over.
crash::Expectation SellUntilFailover(PostgresServer* primary, PostgresServer* standby) {
  const Directory directory;
  Process process({"load", primary->Url(), "a", directory.File("a")}, directory.File("a.out"));
  AwaitLines(directory.File("a"), 400);
  primary->Stop(SIGQUIT);
  standby->Promote();
  process.Kill();
  crash::Expectation expectation;
  expectation.Add(crash::ReadAcks(directory.File("a")));
  std::cout << expectation.acknowledged() << " orders were acknowledged before the failover\n";
  EXPECT_GT(expectation.acknowledged(), 50u);
  return expectation;
}

TEST(PostgresFailover, ToASynchronousStandbyLosesNothingThatWasAcknowledged) {
  auto primary = PostgresServer::Start();
  const auto standby = primary->StartStandby("second");
  RunSql(primary->Url(), "ALTER SYSTEM SET synchronous_standby_names = 'second'");
  RunSql(primary->Url(), "SELECT pg_reload_conf()");
  AwaitSql(*primary, "SELECT sync_state FROM pg_stat_replication", "sync");
  MakeShop(primary->Url());
  Check(standby->Url(), SellUntilFailover(primary.get(), standby.get()));
}

// What the test above would say if anything were lost: here the standby is asynchronous, and hears
// nothing any more when the selling begins.
TEST(PostgresFailover, ToAStandbyThatHeardNothingIsSeenToLose) {
  auto primary = PostgresServer::Start();
  const auto standby = primary->StartStandby("second");
  MakeShop(primary->Url());
  const std::string head = "SELECT seq FROM log_head";
  AwaitSql(*standby, head, RunSql(primary->Url(), head).front());
  RunSql(standby->Url(), "ALTER SYSTEM SET primary_conninfo = ''");
  RunSql(standby->Url(), "SELECT pg_reload_conf()");
  AwaitSql(*standby, "SELECT count(*) FROM pg_stat_wal_receiver", "0");
  const crash::Expectation expectation = SellUntilFailover(primary.get(), standby.get());
  testing::TestPartResultArray found;
  {
    const testing::ScopedFakeTestPartResultReporter collecting(&found);
    Check(standby->Url(), expectation);
  }
  ASSERT_GT(found.size(), 0);
  EXPECT_NE(std::string(found.GetTestPartResult(0).message()).find("lost: "), std::string::npos)
      << found.GetTestPartResult(0).message();
}

// A standby that had not all of it took over, or a backup was restored: nothing is sold on top.
TEST(PostgresFailover, CommitsThatWereLostAreNoticed) {
  const std::string url = NewShopUrl();
  MakeShop(url);
  const auto head = RunSql(url, "SELECT seq, encode(hash, 'hex') FROM log_head").front();
  auto service = Open(url);
  ASSERT_TRUE(service.ok());
  PlaceOrder order;
  order.drop = DropId("d0");
  order.user = UserId("u");
  order.key = Key("k1");
  ASSERT_EQ((*service)->orders().Place(order).outcome, Outcome::confirmed);
  const std::size_t bar = head.find('|');
  RunSql(url, "UPDATE log_head SET seq = " + head.substr(0, bar) + ", hash = decode('" +
                  head.substr(bar + 1) + "', 'hex')");
  RunSql(url, "DELETE FROM orders");
  order.key = Key("k2");
  const Reply reply = (*service)->orders().Place(order);
  EXPECT_EQ(reply.status.code(), StatusCode::kCorrupt) << reply.status.ToString();
  EXPECT_EQ(RunSql(url, "SELECT count(*) FROM orders"), std::vector<std::string>{"0"});
}

// --- readers -----------------------------------------------------------------------------------

// Goes on from the last seq it saw, and counts what it did not see.
class Follower {
 public:
  void See(std::uint64_t seq) {
    skipped_ += seq - last_ - 1;
    last_ = seq;
  }
  std::uint64_t last() const { return last_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  std::uint64_t last_ = 0;
  std::uint64_t skipped_ = 0;
};

// What the test below would find: rows numbered by a sequence of the database become visible in the
// order of the commits.
TEST(PostgresReaders, FollowerNoticesASkippedRow) {
  const std::string url = NewShopUrl();
  RunSql(url, "CREATE TABLE log(seq bigserial, what text)");
  PGconn* slow = PQconnectdb(url.c_str());
  PQclear(PQexec(slow, "BEGIN; INSERT INTO log(what) VALUES('slow')"));
  Follower follower;
  const auto follow = [&] {
    for (const std::string& seq :
         RunSql(url, "SELECT seq FROM log WHERE seq > " + std::to_string(follower.last()) +
                         " ORDER BY seq")) {
      follower.See(std::stoull(seq));
    }
  };
  RunSql(url, "INSERT INTO log(what) VALUES('quick')");
  follow();
  PQclear(PQexec(slow, "COMMIT"));
  PQfinish(slow);
  follow();
  EXPECT_EQ(RunSql(url, "SELECT count(*) FROM log"), std::vector<std::string>{"2"});
  EXPECT_EQ(follower.last(), 2u);
  EXPECT_EQ(follower.skipped(), 1u);
}

// Commits become visible in the order of the log, whoever pauses before his: a reader that goes on
// from the last seq it saw misses none.
TEST(PostgresReaders, NeverSkipAnEvent) {
  constexpr int kWriters = 3;
  constexpr int kOrders = 40;
  const std::string url = NewShopUrl();
  MakeShop(url);
  RunSql(url,
         "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
         " PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$");
  RunSql(url,
         "CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED"
         " FOR EACH ROW EXECUTE FUNCTION pause()");
  std::vector<std::thread> writers;
  std::atomic<int> writing{kWriters};
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      auto service = Open(url);
      EXPECT_TRUE(service.ok()) << service.status().ToString();
      for (int k = 0; service.ok() && k < kOrders; ++k) {
        PlaceOrder order;
        order.drop = DropId("d0");
        order.user = UserId("u" + std::to_string(i));
        order.key = Key("k" + std::to_string(k));
        EXPECT_EQ((*service)->orders().Place(order).outcome, Outcome::confirmed);
      }
      --writing;
    });
  }
  const auto reader = OpenOrDie(url);
  Follower follower;
  for (bool done = false; !done;) {
    done = writing == 0;
    ChannelQuery query;
    query.after_seq = follower.last();
    std::vector<Event> events;
    const Status read = reader->ReadChannel(query, &events);
    EXPECT_TRUE(read.ok()) << read.ToString();
    for (const Event& event : events) follower.See(event.seq);
  }
  for (std::thread& thread : writers) thread.join();
  EXPECT_EQ(follower.skipped(), 0u);
  EXPECT_EQ(follower.last(), reader->ReadHead()->seq);
  EXPECT_GE(follower.last(), static_cast<std::uint64_t>(kWriters * kOrders));
}

}  // namespace
}  // namespace livedrops
