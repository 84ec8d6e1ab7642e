// What can be wrong with a file, and that each is said clearly; schema versions.
#include <sys/fsuid.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "storage/sqlite/schema.h"
#include "testing/conformance_kit.h"
#include "tests/unit/storage/sqlite/sqlite_kit.h"

namespace livedrops {
namespace {

using conformance::Shop;

Status OpenStatus(const std::string& path, const StorageOptions& options = {}) {
  SqliteOptions sqlite = FastSqlite();
  sqlite.busy_deadline = Duration(50);
  return OpenSqliteStorage(path, options, sqlite).status();
}

void ExpectStatus(const Status& status, StatusCode code, const std::string& message) {
  EXPECT_EQ(status.code(), code) << status.ToString();
  EXPECT_EQ(status.message(), message);
}

// Says what is wrong with the first case that is.
void MakeShop(const std::string& path, std::uint64_t orders = 3) {
  auto storage = OpenOrDie(path);
  Shop shop;
  shop.AddDrop("drop");
  for (std::uint64_t i = 0; i < orders; ++i) shop.AddOrder("drop", "user");
  const Status status = shop.Commit(*storage);
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(storage->Close().ok());
}

TEST(SqliteOpen, RefusesAPathThatIsNone) {
  ExpectStatus(OpenStatus(""), StatusCode::kInvalidArgument,
               "path of the database is empty or not a path");
}

TEST(SqliteOpen, RefusesADirectory) {
  const TempDirectory directory;
  std::filesystem::create_directory(directory.File("shop.db"));
  ExpectStatus(OpenStatus(directory.File("shop.db")), StatusCode::kUnavailable,
               "shop.db: is a directory");
}

TEST(SqliteOpen, NamesAMissingDirectory) {
  const TempDirectory directory;
  ExpectStatus(OpenStatus(directory.File("nowhere/shop.db")), StatusCode::kUnavailable,
               "shop.db: its directory 'nowhere' does not exist");
}

TEST(SqliteOpen, MakesNoFileWhenToldNotTo) {
  const TempDirectory directory;
  const StorageOptions existing{false, false};
  ExpectStatus(OpenStatus(directory.File("shop.db"), existing), StatusCode::kUnavailable,
               "shop.db: does not exist");
  EXPECT_FALSE(std::filesystem::exists(directory.File("shop.db")));
}

TEST(SqliteOpen, RefusesAFileThatIsNoDatabase) {
  const TempDirectory directory;
  std::ofstream(directory.File("shop.db")) << std::string(5000, 'x');
  ExpectStatus(OpenStatus(directory.File("shop.db")), StatusCode::kCorrupt,
               "shop.db: file is not a database");
}

TEST(SqliteOpen, RefusesATornDatabase) {
  const TempDirectory directory;
  MakeShop(directory.File("shop.db"));
  std::filesystem::resize_file(directory.File("shop.db"), 5000);
  EXPECT_EQ(OpenStatus(directory.File("shop.db")).code(), StatusCode::kCorrupt);
}

TEST(SqliteOpen, LeavesTheDatabaseOfAnotherApplicationAlone) {
  const TempDirectory directory;
  const std::string path = directory.File("photos.db");
  RunSql(path, "CREATE TABLE photos(id INTEGER PRIMARY KEY)");
  ExpectStatus(OpenStatus(path), StatusCode::kCorrupt,
               "photos.db: is a database of another application");
  EXPECT_EQ(RunSql(path, "PRAGMA journal_mode"), std::vector<std::string>{"delete"});
  RunSql(path, "DROP TABLE photos; PRAGMA application_id = 7");
  EXPECT_EQ(OpenStatus(path).code(), StatusCode::kCorrupt);
}

TEST(SqliteOpen, RefusesANewerSchema) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  MakeShop(path);
  RunSql(path, "UPDATE meta SET value = 99 WHERE name = 'schema_version'");
  ExpectStatus(OpenStatus(path), StatusCode::kUnsupported,
               "shop.db: schema version 99 is newer than 2, the newest that this program knows");
  EXPECT_EQ(OpenStatus(path, {false, true}).code(), StatusCode::kUnsupported);
}

TEST(SqliteOpen, RefusesAReadOnlyFileForWriting) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  MakeShop(path);
  std::filesystem::permissions(path, std::filesystem::perms(0444));
  // Root may write everything: look at the file as nobody.
  const bool is_root = geteuid() == 0;
  if (is_root) setfsuid(65534);
  const Status status = OpenStatus(path);
  if (is_root) setfsuid(0);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
}

TEST(SqliteOpen, ReadOnlyStorageReadsAndDoesNotWrite) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  EXPECT_EQ(OpenStatus(path, {true, true}).code(), StatusCode::kUnavailable);
  MakeShop(path);
  auto reader = OpenSqliteStorage(path, {false, true}, FastSqlite());
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  const Result<Head> head = (*reader)->ReadHead();
  ASSERT_TRUE(head.ok()) << head.status().ToString();
  EXPECT_EQ(head->seq, 4u);
  Shop shop;
  shop.AddDrop("other");
  EXPECT_EQ(shop.Commit(**reader).code(), StatusCode::kUnavailable);
  EXPECT_EQ((*reader)->Lock(Duration(0)).code(), StatusCode::kUnavailable);
}

TEST(SqliteOpen, SeveralProcessesMayMakeTheFileAtOnce) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto opened = OpenSqliteStorage(path, {}, {});
      if (!opened.ok()) (void)std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
      _exit(opened.ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(RunSql(path, "SELECT count(*) FROM meta"), std::vector<std::string>{"4"});
}

TEST(SqliteOpen, TheIdentityOfANewShopCanBeGiven) {
  const TempDirectory directory;
  SqliteOptions options = FastSqlite();
  options.new_shop.emplace().epoch = "epoch";
  options.new_shop->secret.fill(7);
  auto storage = OpenOrDie(directory.File("shop.db"), options);
  EXPECT_EQ(storage->info().epoch, "epoch");
  options.new_shop->epoch = "other";
  storage = OpenOrDie(directory.File("shop.db"), options);
  EXPECT_EQ(storage->info().epoch, "epoch");
}

// --- migrations
// ------------------------------------------------------------------------------------

Result<std::unique_ptr<sqlite::Connection>> Connect(const std::string& path) {
  sqlite::ConnectionOptions options;
  options.path = path;
  return sqlite::Connection::Open(options);
}

TEST(SqliteMigrate, RunsOnlyTheMissingSteps) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  MakeShop(path);
  std::vector<sqlite::Migration> steps(sqlite::Migrations().begin(), sqlite::Migrations().end());
  steps.push_back({"a column", "ALTER TABLE drops ADD COLUMN color TEXT;"});
  auto connection = Connect(path);
  ASSERT_TRUE(connection.ok());
  for (int round = 0; round < 2; ++round) {
    const Status status = sqlite::Migrate(**connection, steps, {});
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  EXPECT_EQ(RunSql(path, "SELECT value FROM meta WHERE name = 'schema_version'"),
            std::vector<std::string>{"3"});
  EXPECT_EQ(RunSql(path, "SELECT count(*), count(color) FROM orders, drops"),
            std::vector<std::string>{"3|0"});
  EXPECT_EQ(RunSql(path, "SELECT count(*) FROM v_orders"), std::vector<std::string>{"3"});
}

TEST(SqliteMigrate, BringsAShopOfTheFirstVersionUpToDate) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  MakeShop(path);
  RunSql(path,
         "ALTER TABLE products ADD COLUMN fingerprint INTEGER NOT NULL DEFAULT 0;"
         "DROP INDEX sessions_of_user; UPDATE meta SET value = 1 WHERE name = 'schema_version'");
  const auto storage = OpenOrDie(path);
  EXPECT_EQ(RunSql(path,
                   "SELECT count(*) FROM pragma_table_info('products')"
                   " WHERE name = 'fingerprint'"),
            std::vector<std::string>{"0"});
  EXPECT_EQ(RunSql(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'sessions_of_user'"),
            std::vector<std::string>{"1"});
}

TEST(SqliteMigrate, FailsWholeOrNotAtAll) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  MakeShop(path);
  std::vector<sqlite::Migration> steps(sqlite::Migrations().begin(), sqlite::Migrations().end());
  steps.push_back({"a column", "ALTER TABLE drops ADD COLUMN color TEXT;"});
  steps.push_back({"a mistake", "ALTER TABLE nothing ADD COLUMN color TEXT;"});
  auto connection = Connect(path);
  ASSERT_TRUE(connection.ok());
  EXPECT_FALSE(sqlite::Migrate(**connection, steps, {}).ok());
  EXPECT_EQ(RunSql(path, "SELECT count(*) FROM pragma_table_info('drops') WHERE name = 'color'"),
            std::vector<std::string>{"0"});
  EXPECT_TRUE(OpenStatus(path).ok());
}

TEST(SqliteMigrate, AnEmptyFileIsVersionZero) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  std::ofstream(path).close();
  auto connection = Connect(path);
  ASSERT_TRUE(connection.ok());
  const auto version = sqlite::SchemaVersion(**connection);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(*version, 0);
  connection->reset();
  EXPECT_TRUE(OpenStatus(path).ok());
}

}  // namespace
}  // namespace livedrops
