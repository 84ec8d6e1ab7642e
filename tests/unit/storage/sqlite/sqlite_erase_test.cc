// What was erased is next to nowhere in the bytes of the file.
#include <fstream>
#include <iterator>

#include "livedrops/engine.h"
#include "sqlite_kit.h"

namespace livedrops {
namespace {

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t CountIn(const std::string& bytes, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = bytes.find(part); at != std::string::npos; at = bytes.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// If SQLite only marked as free what is deleted, there would be more copies than there were texts.
TEST(SqliteErase, LeavesNextToNothingInTheFile) {
  constexpr int kAccounts = 300;
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  auto engine = Engine::Open(OpenOrDie(path));
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  Accounts accounts = (*engine)->accounts();
  const auto id = [](int i) { return UserId("a" + std::to_string(i * 7919 % 1'000)); };
  for (int i = 0; i < kAccounts; ++i) {
    CreateAccount create;
    create.account.id = id(i);
    create.account.name = "needle-name";
    create.account.email = "needle-" + std::to_string(i) + "@example.com";
    create.account.bio = std::string(static_cast<std::size_t>(i), 'b');
    ASSERT_EQ(accounts.Create(create).outcome, Outcome::done);
  }
  // Rows grow and move before they go.
  for (int i = 0; i < kAccounts; i += 3) {
    UpdateAccount update;
    update.id = id(i);
    update.bio = std::string(900, 'c');
    ASSERT_EQ(accounts.Update(update).outcome, Outcome::done);
  }
  ASSERT_TRUE((*engine)->Close().ok());
  EXPECT_GE(CountIn(BytesOf(path), "needle-"), std::size_t{2 * kAccounts});

  engine = Engine::Open(OpenOrDie(path));
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  for (int i = 0; i < kAccounts; ++i) {
    ChangeAccount erase{id(i), AccountAction::erase, {}};
    ASSERT_EQ((*engine)->accounts().Change(erase).outcome, Outcome::done);
  }
  ASSERT_TRUE((*engine)->Close().ok());
  // Pages that once were split may keep a copy until they are full again.
  EXPECT_LE(CountIn(BytesOf(path), "needle-"), std::size_t{kAccounts / 50});
  RunSql(path, "VACUUM");
  EXPECT_EQ(CountIn(BytesOf(path), "needle-"), 0u);
}

}  // namespace
}  // namespace livedrops
