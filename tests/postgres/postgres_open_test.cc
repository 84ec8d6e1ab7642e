// Opening: URLs, schemas, migrations, who may read and write, and the views that checkers see.
#include <sqlite3.h>

#include <thread>

#include "storage/postgres/schema.h"
#include "storage/sqlite/sqlite_storage.h"
#include "testing/conformance_kit.h"
#include "tests/crash/process.h"
#include "tests/postgres/postgres_kit.h"

namespace livedrops {
namespace {

using conformance::Shop;
using conformance::TimeOf;

Status OpenStatus(const std::string& url, const StorageOptions& options = {}) {
  return OpenPostgresStorage(url, options).status();
}

// --- URLs --------------------------------------------------------------------------------------

TEST(PostgresOpen, NamesWhatIsWrongWithAUrl) {
  EXPECT_EQ(OpenStatus("postgresql://h/d?colour=red").ToString(),
            "invalid_argument: invalid URI query parameter: \"colour\"");
  EXPECT_EQ(OpenStatus("postgresql:shop").code(), StatusCode::kInvalidArgument);
}

// Whatever is wrong with it, wherever the password stands.
TEST(PostgresOpen, NeverRepeatsAPassword) {
  const std::string urls[] = {
      "postgresql://u:secret@127.0.0.1:1/d",
      "postgresql://u:secr%65t@127.0.0.1:1/d",
      "postgresql://127.0.0.1:1/d?user=u&password=secret",
      "postgresql://u:x@secret@127.0.0.1/d",
      "postgresql://u:x:secret@127.0.0.1:1/d",
      "postgresql://u:x/secret@127.0.0.1:1/d",
      "postgresql://u:%zzsecret@127.0.0.1:1/d",
      "postgresql://127.0.0.1:1/d?password=%zzsecret",
      "postgresql://u:secret@127.0.0.1:1/d?colour=secret",
  };
  for (const std::string& url : urls) {
    const Status status = OpenStatus(url);
    EXPECT_FALSE(status.ok()) << url;
    EXPECT_EQ(status.message().find("secret"), std::string::npos) << status.ToString();
  }
}

TEST(PostgresOpen, SaysThatNobodyAnswers) {
  const Status status = OpenStatus("postgresql://127.0.0.1:1/d");
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("127.0.0.1"), std::string::npos) << status.message();
}

// --- what is in the schema -----------------------------------------------------------------------

TEST(PostgresOpen, MakesNothingWhenNotAskedTo) {
  const std::string url = NewShopUrl();
  EXPECT_EQ(OpenStatus(url, {.create = false}).code(), StatusCode::kUnavailable);
  EXPECT_EQ(OpenStatus(url, {.read_only = true}).code(), StatusCode::kUnavailable);
  EXPECT_TRUE(RunSql(url,
                     "SELECT relname FROM pg_class WHERE relnamespace ="
                     " current_schema()::regnamespace")
                  .empty());
}

TEST(PostgresOpen, LeavesSomebodyElsesTablesAlone) {
  const std::string url = NewShopUrl();
  RunSql(url, "CREATE TABLE users(name text)");
  const Status status = OpenStatus(url);
  EXPECT_EQ(status.code(), StatusCode::kCorrupt) << status.ToString();
  EXPECT_EQ(RunSql(url,
                   "SELECT count(*) FROM pg_class WHERE relnamespace ="
                   " current_schema()::regnamespace"),
            std::vector<std::string>{"1"});
}

TEST(PostgresOpen, RefusesASchemaThatDoesNotExist) {
  std::string url = NewShopUrl();
  url.replace(url.find("livedrops_test"), std::string::npos, "nowhere");
  const Status status = OpenStatus(url);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
}

TEST(PostgresOpen, ReadsOnlyWhenToldSo) {
  const std::string url = NewShopUrl();
  Shop shop;
  shop.AddDrop("drop");
  ASSERT_TRUE(shop.Commit(*OpenOrDie(url)).ok());
  auto reader = OpenPostgresStorage(url, {.create = false, .read_only = true});
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_EQ((*reader)->ReadHead()->seq, shop.head().seq);
  shop.AddOrder("drop", "user");
  EXPECT_EQ(shop.Commit(**reader).code(), StatusCode::kUnavailable);
}

TEST(PostgresOpen, RefusesADatabaseThatIsNotUtf8) {
  if (SharedServer() == nullptr) GTEST_SKIP() << "needs a server of its own";
  RunSql(NewShopUrl(), "DROP DATABASE IF EXISTS latin WITH (FORCE)");
  RunSql(NewShopUrl(), "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  std::string url = SharedServer()->Url();
  url.replace(url.find("/postgres?"), 10, "/latin?");
  const Status status = OpenStatus(url);
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find("LATIN1"), std::string::npos) << status.message();
}

// --- migrations ----------------------------------------------------------------------------------

TEST(PostgresMigrations, AreDoneOnceByManyAtOnce) {
  const std::string url = NewShopUrl();
  std::vector<std::thread> threads;
  std::vector<Status> opened(6);
  for (Status& status : opened) threads.emplace_back([&] { status = OpenStatus(url); });
  for (std::thread& thread : threads) thread.join();
  for (const Status& status : opened) EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(RunSql(url, "SELECT version FROM schema_versions ORDER BY version"),
            (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(RunSql(url, "SELECT count(*) FROM meta"), std::vector<std::string>{"3"});
}

constexpr postgres::Migration kNextStep[] = {
    {"tables of the first version", ""},
    {"indexes of two lists, products without a fingerprint", ""},
    {"a table more", "CREATE TABLE more(x integer)"},
};

Status MigrateTo(const std::string& url, std::span<const postgres::Migration> migrations) {
  postgres::ConnectionOptions options;
  options.url = url;
  options.lock_timeout = Duration(100);
  auto connection = postgres::Connection::Open(options);
  if (!connection.ok()) return connection.status();
  return postgres::PrepareSchema(**connection, migrations, {});
}

TEST(PostgresMigrations, RefuseTheCommitsOfOlderProcesses) {
  const std::string url = NewShopUrl();
  const auto older = OpenOrDie(url);
  Shop shop;
  shop.AddDrop("drop");
  ASSERT_TRUE(shop.Commit(*older).ok());
  ASSERT_TRUE(MigrateTo(url, kNextStep).ok());
  EXPECT_EQ(RunSql(url, "SELECT version, name FROM schema_versions ORDER BY version"),
            (std::vector<std::string>{"1|tables of the first version",
                                      "2|indexes of two lists, products without a fingerprint",
                                      "3|a table more"}));
  shop.AddOrder("drop", "user");
  EXPECT_EQ(shop.Commit(*older).code(), StatusCode::kUnsupported);
  EXPECT_EQ(RunSql(url, "SELECT count(*) FROM orders"), std::vector<std::string>{"0"});
  // And the older program does not open it again.
  EXPECT_EQ(OpenStatus(url).code(), StatusCode::kUnsupported);
}

TEST(PostgresMigrations, WaitForTheWriteLock) {
  const std::string url = NewShopUrl();
  const auto writer = OpenOrDie(url);
  ASSERT_TRUE(writer->Lock(Duration(0)).ok());
  EXPECT_EQ(MigrateTo(url, kNextStep).code(), StatusCode::kUnavailable);
  writer->Unlock();
  EXPECT_TRUE(MigrateTo(url, kNextStep).ok());
}

TEST(PostgresMigrations, LeaveNothingBehindWhenAStepFails) {
  const std::string url = NewShopUrl();
  const auto storage = OpenOrDie(url);
  const postgres::Migration broken[] = {
      {"tables of the first version", ""},
      {"indexes of two lists, products without a fingerprint", ""},
      {"a step that fails", "CREATE TABLE half(x integer); SELECT 1 / 0"},
  };
  EXPECT_FALSE(MigrateTo(url, broken).ok());
  EXPECT_EQ(RunSql(url, "SELECT to_regclass('half'), max(version) FROM schema_versions"),
            std::vector<std::string>{"NULL|2"});
  Shop shop;
  shop.AddDrop("drop");
  EXPECT_TRUE(shop.Commit(*storage).ok());
}

// --- the second net ------------------------------------------------------------------------------

TEST(PostgresSchema, RefusesRowsThatBreakAnInvariant) {
  const std::string url = NewShopUrl();
  Shop shop;
  shop.AddDrop("drop");
  shop.AddOrder("drop", "user", 2);
  ASSERT_TRUE(shop.Commit(*OpenOrDie(url)).ok());
  for (const char* sql : {
           "UPDATE drops SET current_stock = -1",
           "UPDATE drops SET held = -1",
           "UPDATE drops SET current_stock = init_stock + adjust + 1",
           "UPDATE orders SET qty = 0",
           "UPDATE orders SET amount = -1",
           "UPDATE orders SET balance = -1",
           "UPDATE orders SET now_qty = 3, status = 'held'",
           "UPDATE log_head SET is_expected = false",
           "INSERT INTO creators VALUES('c', -1, 0)",
           "INSERT INTO users VALUES('u', -1, 0)",
       }) {
    EXPECT_EQ(RunSql(url, sql), std::vector<std::string>{"error: 23514"}) << sql;
  }
}

// --- views
// -----------------------------------------------------------------------------------------

// A history with something in every column of every view.
void Fill(Storage& storage) {
  Shop shop;
  shop.AddProduct("product");
  shop.AddDrop("drop");
  shop.AddOrder("drop", "ann", 2).actor = "somebody";
  const std::uint64_t held = shop.NextSeq();
  shop.AddOrder("drop", "ben", 3, 600);
  shop.AddChange(held, OrderStatus::confirmed, 1);
  EventRow& restock = shop.AddEvent(EventType::restocked, "drop:drop");
  restock.drop_no = 2;
  restock.delta = 5;
  restock.balance = 7;
  shop.AddFollow("creator", "ann", TimeOf(1));
  EventRow& told = shop.AddEvent(EventType::followed, "creator:creator");
  told.user = "ann";
  told.creator = "creator";
  shop.AddEvent(EventType::recovered, "shop:8");
  const Status status = shop.Commit(storage);
  ASSERT_TRUE(status.ok()) << status.ToString();
}

std::vector<std::string> RunSqliteSql(const std::string& path, const std::string& sql) {
  std::vector<std::string> rows;
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  const auto add = [](void* out, int count, char** values, char**) {
    std::string row;
    for (int i = 0; i < count; ++i) {
      row.append(i == 0 ? "" : "|").append(values[i] == nullptr ? "NULL" : values[i]);
    }
    static_cast<std::vector<std::string>*>(out)->push_back(row);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), add, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
  return rows;
}

TEST(PostgresViews, ShowWhatThoseOfSqliteShow) {
  const std::string url = NewShopUrl();
  Fill(*OpenOrDie(url));
  const crash::Directory directory;
  const std::string path = directory.File("shop.db");
  auto sqlite = OpenSqliteStorage(path, {});
  ASSERT_TRUE(sqlite.ok());
  Fill(**sqlite);
  for (const std::string view :
       {"v_drops", "v_orders", "v_ledger", "v_events", "v_notifications", "v_follows", "v_audit"}) {
    const std::string sql = "SELECT * FROM " + view + " ORDER BY 1, 2, 3";
    const auto rows = RunSql(url, sql);
    EXPECT_FALSE(rows.empty()) << view;
    EXPECT_EQ(rows, RunSqliteSql(path, sql)) << view;
    // The same columns with the same names.
    const std::string columns =
        "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = '" +
        view + "'::regclass AND attnum > 0";
    const std::string same = "SELECT group_concat(name) FROM pragma_table_info('" + view + "')";
    EXPECT_EQ(RunSql(url, columns), RunSqliteSql(path, same)) << view;
  }
}

}  // namespace
}  // namespace livedrops
