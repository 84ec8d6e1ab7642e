// The epoch of a shop in PostgreSQL: another after a standby was promoted and in a restored dump,
// also for processes that stay open.
#include <chrono>
#include <latch>
#include <thread>

#include "livedrops/open.h"
#include "storage/postgres/identity.h"
#include "tests/crash/shop.h"
#include "tests/postgres/postgres_kit.h"
#include "tests/postgres/proxy.h"

namespace livedrops {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{30};

std::string Stored(const std::string& url, const std::string& name) {
  const auto rows =
      RunSql(url, "SELECT convert_from(value, 'UTF8') FROM meta WHERE name = '" + name + "'");
  return rows.empty() ? "" : rows.front();
}

std::string Epoch(const std::string& url, const StorageOptions& options = {}) {
  const auto storage = OpenPostgresStorage(url, options);
  EXPECT_TRUE(storage.ok()) << storage.status().ToString();
  return storage.ok() ? (*storage)->info().epoch : "";
}

TEST(PostgresIdentity, StaysWhileTheDatabaseIsTheSame) {
  const std::string url = NewShopUrl();
  const std::string epoch = Epoch(url);
  EXPECT_EQ(Epoch(url), epoch);
  EXPECT_EQ(Epoch(url, {.read_only = true}), epoch);
  EXPECT_NE(Stored(url, "home").find("/timeline 0"), std::string::npos) << Stored(url, "home");
}

TEST(PostgresIdentity, IsAnotherWhenTheTableWasRestored) {
  const std::string url = NewShopUrl();
  const std::string epoch = Epoch(url);
  // As pg_restore does: a new table with the old rows.
  RunSql(url,
         "CREATE TABLE restored(LIKE meta INCLUDING ALL); INSERT INTO restored SELECT * FROM meta;"
         " DROP TABLE meta; ALTER TABLE restored RENAME TO meta");
  const std::string of_reader = Epoch(url, {.read_only = true});
  EXPECT_NE(of_reader, epoch);
  EXPECT_EQ(Stored(url, "epoch"), epoch);
  const std::string other = Epoch(url);
  EXPECT_NE(other, epoch);
  EXPECT_EQ(Epoch(url), other);
  EXPECT_EQ(Stored(url, "epoch"), other);
}

TEST(PostgresIdentity, OfADatabaseWithoutAHomeIsKept) {
  const std::string url = NewShopUrl();
  const std::string epoch = Epoch(url);
  RunSql(url, "DELETE FROM meta WHERE name = 'home'");
  EXPECT_EQ(Epoch(url), epoch);
  EXPECT_NE(Stored(url, "home"), "");
}

// A role that may not ask for the server's identifier compares the rest, and forgets nothing.
TEST(PostgresIdentity, IsKeptByARoleThatMayNotAskForEverything) {
  if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
  const std::string url = NewShopUrl();
  const std::string epoch = Epoch(url);
  const std::string home = Stored(url, "home");
  RunSql(url,
         "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public;"
         "REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM public;"
         "CREATE ROLE plain LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA " +
             RunSql(url, "SELECT current_schema()").front() + " TO plain; GRANT ALL ON SCHEMA " +
             RunSql(url, "SELECT current_schema()").front() + " TO plain");
  std::string plain = url;
  plain.replace(plain.find("user=shop"), 9, "user=plain");
  EXPECT_EQ(Epoch(plain), epoch);
  EXPECT_EQ(Stored(url, "home"), home);
  RunSql(url,
         "GRANT EXECUTE ON FUNCTION pg_control_system() TO public;"
         "GRANT EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) TO public");
}

TEST(PostgresIdentity, IsRenewedWhenAskedTo) {
  const std::string url = NewShopUrl();
  const std::string epoch = Epoch(url);
  const std::string other = Epoch(url, {.new_epoch = true});
  EXPECT_NE(other, epoch);
  EXPECT_EQ(Epoch(url), other);
}

TEST(PostgresIdentity, OfAnOpenShopForbidsRepairs) {
  const std::string url = NewShopUrl();
  auto open = OpenPostgresStorage(url, {});
  ASSERT_TRUE(open.ok()) << open.status().ToString();
  ASSERT_TRUE((*open)->ReadHead().ok());
  const StorageOptions repair{.create = false, .rebuild_lists = true};
  const Status refused = OpenPostgresStorage(url, repair).status();
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_NE(refused.message().find("another process has it open"), std::string::npos);
  EXPECT_TRUE((*open)->Close().ok());
  open->reset();
  const Status allowed = OpenPostgresStorage(url, repair).status();
  EXPECT_TRUE(allowed.ok()) << allowed.ToString();
}

TEST(PostgresIdentity, UnfinishedCopyIsNoShop) {
  const std::string url = NewShopUrl();
  StorageOptions target;
  target.copy.emplace().secret.fill(3);
  const std::string epoch = Epoch(url, target);
  for (const StorageOptions& options : {StorageOptions{}, StorageOptions{.read_only = true}}) {
    const Status status = OpenPostgresStorage(url, options).status();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_NE(status.message().find("run `livedrops copy` again"), std::string::npos);
  }
  StorageOptions finish = target;
  finish.copy->finish = true;
  EXPECT_EQ(Epoch(url, finish), epoch);
  EXPECT_EQ(Epoch(url), epoch);
  EXPECT_EQ(OpenPostgresStorage(url, target).status().code(), StatusCode::kInvalidArgument);
}

// --- a server that does not answer -------------------------------------------------------------

// Two connections to one shop, the first one over a link of the test's.
class PostgresIdentitySlow : public testing::Test {
 protected:
  void SetUp() override {
    if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
    url_ = NewShopUrl();
    epoch_ = Epoch(url_);
    proxy_ = std::make_unique<PostgresProxy>(SharedServer()->SocketPath());
    slow_ = Connect(proxy_->Through(url_));
    quick_ = Connect(url_);
    ASSERT_TRUE(slow_ != nullptr && quick_ != nullptr);
  }
  static std::unique_ptr<postgres::Connection> Connect(const std::string& url) {
    postgres::ConnectionOptions options;
    options.url = url;
    auto connection = postgres::Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status().ToString();
    return connection.ok() ? std::move(*connection) : nullptr;
  }

  std::string url_;
  std::string epoch_;
  std::unique_ptr<PostgresProxy> proxy_;
  std::unique_ptr<postgres::Connection> slow_;
  std::unique_ptr<postgres::Connection> quick_;
  postgres::Identity identity_{StorageOptions{}};
};

TEST_F(PostgresIdentitySlow, IsWaitedForByNobodyElse) {
  std::latch asked(1);
  std::atomic<bool> swallowed = false;
  proxy_->Play([&](bool, const std::string&) {
    if (!swallowed.exchange(true)) asked.count_down();
    return LinkAction::swallow;
  });
  std::atomic<bool> done = false;
  std::thread waiting([&] {
    EXPECT_EQ(identity_.Admit(*slow_).code(), StatusCode::kUnavailable);
    done = true;
  });
  asked.wait();
  const Status admitted = identity_.Admit(*quick_);
  EXPECT_TRUE(admitted.ok()) << admitted.ToString();
  EXPECT_FALSE(done);
  EXPECT_EQ(identity_.info().epoch, epoch_);
  proxy_.reset();  // The link ends, and with it the waiting.
  waiting.join();
}

TEST_F(PostgresIdentitySlow, AnswerDoesNotReplaceANewerOne) {
  std::latch answered(1);
  std::latch renewed(1);
  std::atomic<bool> held = false;
  proxy_->Play([&](bool to_server, const std::string&) {
    if (!to_server && !held.exchange(true)) {
      answered.count_down();
      renewed.wait();
    }
    return LinkAction::forward;
  });
  std::thread waiting([&] { EXPECT_TRUE(identity_.Admit(*slow_).ok()); });
  answered.wait();
  const std::string other = Epoch(url_, {.new_epoch = true});
  EXPECT_TRUE(identity_.Admit(*quick_).ok());
  EXPECT_EQ(identity_.info().epoch, other);
  renewed.count_down();
  waiting.join();
  proxy_->Play({});
  EXPECT_EQ(identity_.info().epoch, other);
}

// Asked by many at once: one fresh epoch, and everybody shows it.
TEST(PostgresIdentity, IsRenewedOnceByManyThreads) {
  const std::string url = NewShopUrl();
  const std::string epoch = Epoch(url);
  RunSql(url,
         "CREATE TABLE renewals(epoch bytea); CREATE FUNCTION renewal() RETURNS trigger LANGUAGE"
         " plpgsql AS $$ BEGIN IF NEW.value <> OLD.value THEN INSERT INTO renewals"
         " VALUES(NEW.value); END IF; RETURN NULL; END $$;"
         "CREATE TRIGGER renewal AFTER UPDATE ON meta FOR EACH ROW WHEN (NEW.name = 'epoch')"
         " EXECUTE FUNCTION renewal()");
  postgres::Identity identity(StorageOptions{.new_epoch = true});
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      postgres::ConnectionOptions options;
      options.url = url;
      const auto connection = postgres::Connection::Open(options);
      ASSERT_TRUE(connection.ok()) << connection.status().ToString();
      const Status admitted = identity.Admit(**connection);
      EXPECT_TRUE(admitted.ok()) << admitted.ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(RunSql(url, "SELECT count(*) FROM renewals"), std::vector<std::string>{"1"});
  EXPECT_NE(identity.info().epoch, epoch);
  EXPECT_EQ(identity.info().epoch, Stored(url, "epoch"));
}

// --- a standby takes over ----------------------------------------------------------------------

// Both hosts in one URL; the one that takes writes is used.
std::string UrlOfBoth(const PostgresServer& first, const PostgresServer& second) {
  return "postgresql:///postgres?host=" + first.directory().string() + "," +
         second.directory().string() + "&user=shop";
}

Position Here(Service& shop) { return shop.notifications().Channel("drop:d0", {})->position; }
bool Recovers(Service& shop, const Position& since) {
  const auto until = Steady::now() + kPatience;
  auto page = shop.notifications().Channel("drop:d0", since);
  while (!page.ok() && Steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    page = shop.notifications().Channel("drop:d0", since);
  }
  EXPECT_TRUE(page.ok()) << page.status().ToString();
  return page.ok() && page->recovered;
}

// A writer, a reader that never writes, and somebody who asks all the time.
TEST(PostgresFailover, GivesEveryOpenProcessAnotherEpoch) {
  auto primary = PostgresServer::Start();
  const auto standby = primary->StartStandby("second");
  const std::string url = UrlOfBoth(*primary, *standby);
  auto shop = Open(url);
  auto other = Open(url);
  ASSERT_TRUE(shop.ok() && other.ok()) << shop.status().ToString() << other.status().ToString();
  crash::MakeProduct(**shop);
  ASSERT_EQ((*shop)->drops().Create(crash::DropOf("d0", 10)).outcome, Outcome::done);
  const Position before = Here(**shop);
  EXPECT_TRUE(Recovers(**shop, before));
  EXPECT_TRUE(Recovers(**other, before));
  const auto seq_of = [](const PostgresServer& server) {
    return RunSql(server.Url(), "SELECT seq FROM log_head");
  };
  for (const auto until = Steady::now() + kPatience;
       seq_of(*standby) != seq_of(*primary) && Steady::now() < until;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_EQ(seq_of(*standby), seq_of(*primary));
  std::atomic<bool> done = false;
  std::thread asking([&] {
    const Storage& storage = (*shop)->reads().storage();
    std::size_t length = 0;
    while (!done) length += storage.info().epoch.size();
    EXPECT_GT(length, 0u);
  });
  primary->Stop(SIGQUIT);
  // Nothing was promoted yet: the history is the same one.
  EXPECT_TRUE(Recovers(**shop, before));
  standby->Promote();
  EXPECT_FALSE(Recovers(**other, before));
  EXPECT_FALSE(Recovers(**shop, before));
  done = true;
  asking.join();
  const Position after = Here(**shop);
  EXPECT_NE(after.epoch, before.epoch);
  EXPECT_EQ(Here(**other).epoch, after.epoch);
  EXPECT_EQ(Stored(standby->Url(), "epoch"), after.epoch);
  PlaceOrder order;
  order.drop = DropId("d0");
  order.user = UserId("ann");
  order.key = Key("k1");
  EXPECT_EQ((*shop)->orders().Place(order).outcome, Outcome::confirmed);
  EXPECT_TRUE(Recovers(**other, after));
}

// Whoever sells first after the promotion must not sell in the old epoch.
TEST(PostgresFailover, NoOrderIsSoldInTheOldEpoch) {
  auto primary = PostgresServer::Start();
  const auto standby = primary->StartStandby("second");
  RunSql(primary->Url(), "ALTER SYSTEM SET synchronous_standby_names = 'second'");
  RunSql(primary->Url(), "SELECT pg_reload_conf()");
  auto shop = Open(UrlOfBoth(*primary, *standby));
  ASSERT_TRUE(shop.ok()) << shop.status().ToString();
  crash::MakeProduct(**shop);
  ASSERT_EQ((*shop)->drops().Create(crash::DropOf("d0", 10)).outcome, Outcome::done);
  const std::string before = Stored(primary->Url(), "epoch");
  primary->Stop(SIGQUIT);
  standby->Promote();
  PlaceOrder order;
  order.drop = DropId("d0");
  order.user = UserId("ann");
  order.key = Key("k1");
  const auto until = Steady::now() + kPatience;
  Reply reply = (*shop)->orders().Place(order);
  while (!reply.status.ok() && Steady::now() < until) reply = (*shop)->orders().Place(order);
  EXPECT_EQ(reply.outcome, Outcome::confirmed) << reply.status.ToString();
  EXPECT_NE(Stored(standby->Url(), "epoch"), before);
}

}  // namespace
}  // namespace livedrops
