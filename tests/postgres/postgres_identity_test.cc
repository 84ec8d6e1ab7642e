// The epoch of a shop in PostgreSQL: another after a standby was promoted and in a restored dump,
// also for processes that stay open.
#include <chrono>
#include <thread>

#include "livedrops/open.h"
#include "tests/crash/shop.h"
#include "tests/postgres/postgres_kit.h"

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
