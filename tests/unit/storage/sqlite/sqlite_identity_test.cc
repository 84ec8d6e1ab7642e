// The epoch of a file: it stays while the file is the same, wherever it is moved, and is another in
// every copy. And what is no shop: a copy that is not finished.
#include <filesystem>
#include <fstream>

#include "livedrops/open.h"
#include "storage/sqlite/file_identity.h"
#include "tests/unit/storage/sqlite/sqlite_kit.h"

namespace livedrops {
namespace {

namespace fs = std::filesystem;

class SqliteIdentity : public testing::Test {
 protected:
  std::string File(const std::string& name) const { return directory_.File(name); }
  std::string Epoch(const std::string& name, const StorageOptions& options = {}) const {
    const auto storage = OpenSqliteStorage(File(name), options, FastSqlite());
    EXPECT_TRUE(storage.ok()) << storage.status().ToString();
    return storage.ok() ? (*storage)->info().epoch : "";
  }
  std::string Stored(const std::string& name, const std::string& what) const {
    const auto rows = RunSql(File(name), "SELECT value FROM meta WHERE name = '" + what + "'");
    return rows.empty() ? "" : rows.front();
  }
  // As `cp` does: another file with the same bytes.
  void Copy(const std::string& from, const std::string& to) const {
    std::ifstream in(File(from), std::ios::binary);
    std::ofstream(File(to), std::ios::binary) << in.rdbuf();
  }
  Status OpenStatus(const std::string& name, const StorageOptions& options) const {
    return OpenSqliteStorage(File(name), options, FastSqlite()).status();
  }

  const TempDirectory directory_;
};

TEST_F(SqliteIdentity, StaysWhileTheFileIsTheSame) {
  const std::string epoch = Epoch("shop.db");
  EXPECT_EQ(Epoch("shop.db"), epoch);
  EXPECT_EQ(Epoch("shop.db", {.read_only = true}), epoch);
  fs::rename(File("shop.db"), File("moved.db"));
  EXPECT_EQ(Epoch("moved.db"), epoch);
}

TEST_F(SqliteIdentity, OfACopyIsAnother) {
  const std::string epoch = Epoch("shop.db");
  Copy("shop.db", "copy.db");
  const std::string other = Epoch("copy.db");
  EXPECT_NE(other, epoch);
  EXPECT_EQ(Epoch("copy.db"), other);
  EXPECT_EQ(Epoch("shop.db"), epoch);
}

// A backup that is put back in the place of a file that was lost.
TEST_F(SqliteIdentity, OfARestoredBackupIsAnother) {
  const std::string epoch = Epoch("shop.db");
  Copy("shop.db", "backup.db");
  fs::remove(File("shop.db"));
  Copy("backup.db", "shop.db");
  EXPECT_NE(Epoch("shop.db"), epoch);
}

TEST_F(SqliteIdentity, OfACopyThatIsOnlyReadIsAnotherToo) {
  const std::string epoch = Epoch("shop.db");
  Copy("shop.db", "copy.db");
  EXPECT_NE(Epoch("copy.db", {.read_only = true}), epoch);
  EXPECT_EQ(Stored("copy.db", "epoch"), epoch);
}

TEST_F(SqliteIdentity, OfAFileWithoutAHomeIsKept) {
  const std::string epoch = Epoch("shop.db");
  RunSql(File("shop.db"), "DELETE FROM meta WHERE name = 'home'");
  EXPECT_EQ(Epoch("shop.db"), epoch);
  EXPECT_NE(Stored("shop.db", "home"), "");
}

TEST_F(SqliteIdentity, IsRenewedWhenAskedTo) {
  const std::string epoch = Epoch("shop.db");
  const std::string other = Epoch("shop.db", {.new_epoch = true});
  EXPECT_NE(other, epoch);
  EXPECT_EQ(Epoch("shop.db"), other);
}

TEST_F(SqliteIdentity, MakesOldPositionsUnrecoverable) {
  const std::string url = "sqlite:" + File("shop.db");
  auto shop = Open(url);
  ASSERT_TRUE(shop.ok()) << shop.status().ToString();
  const Position position = (*shop)->notifications().Channel("drop:d", {})->position;
  EXPECT_TRUE((*shop)->notifications().Channel("drop:d", position)->recovered);
  ASSERT_TRUE((*shop)->Close().ok());
  Copy("shop.db", "copy.db");
  shop = Open("sqlite:" + File("copy.db"));
  ASSERT_TRUE(shop.ok()) << shop.status().ToString();
  EXPECT_FALSE((*shop)->notifications().Channel("drop:d", position)->recovered);
}

TEST_F(SqliteIdentity, UnfinishedCopyIsNoShop) {
  StorageOptions target;
  target.copy.emplace().secret.fill(3);
  const std::string epoch = Epoch("copy.db", target);
  for (const StorageOptions& options : {StorageOptions{}, StorageOptions{.read_only = true}}) {
    const Status status = OpenStatus("copy.db", options);
    EXPECT_EQ(status.ToString(),
              "unavailable: copy.db: the copy is not finished: run `livedrops copy` again");
  }
  EXPECT_EQ(Epoch("copy.db", target), epoch);
  StorageOptions finish = target;
  finish.copy->finish = true;
  EXPECT_EQ(Epoch("copy.db", finish), epoch);
  EXPECT_EQ(Epoch("copy.db"), epoch);
  const auto storage = OpenSqliteStorage(File("copy.db"), {}, FastSqlite());
  EXPECT_EQ((*storage)->info().secret, target.copy->secret);
}

TEST_F(SqliteIdentity, CopyGoesIntoNoOtherShop) {
  StorageOptions target;
  target.copy.emplace().secret.fill(3);
  Epoch("shop.db");
  EXPECT_EQ(OpenStatus("shop.db", target).ToString(),
            "invalid_argument: shop.db: holds another shop");
  Epoch("copy.db", target);
  target.copy->secret.fill(4);
  EXPECT_EQ(OpenStatus("copy.db", target).ToString(),
            "invalid_argument: copy.db: holds an unfinished copy of another shop");
  target.copy->secret = OpenOrDie(File("shop.db"))->info().secret;
  EXPECT_EQ(OpenStatus("shop.db", target).ToString(),
            "invalid_argument: shop.db: is the shop itself, or a finished copy of it");
}

// --- homes ---------------------------------------------------------------------------------------

TEST(Home, DiffersOnlyByWhatIsKnown) {
  EXPECT_TRUE(IsSameHome("", "inode 1/born 2"));
  EXPECT_TRUE(IsSameHome("inode 1/born 2", ""));
  EXPECT_TRUE(IsSameHome("inode 1/-", "inode 1/born 2"));
  EXPECT_TRUE(IsSameHome("inode 1/born 2", "-/born 2"));
  EXPECT_FALSE(IsSameHome("inode 1/born 2", "inode 1/born 3"));
  EXPECT_FALSE(IsSameHome("inode 1/-", "inode 2/born 2"));
}

TEST(Home, IsMergedPartByPart) {
  EXPECT_EQ(MergedHome("", "a/b"), "a/b");
  EXPECT_EQ(MergedHome("a/-", "-/b"), "a/b");
  EXPECT_EQ(MergedHome("a/b", "-/-"), "a/b");
}

}  // namespace
}  // namespace livedrops
