// How SQLite runs the lists that must not grow with the shop.
#include "sqlite_kit.h"
#include "storage/sqlite/sqlite_catalog.h"

namespace livedrops {
namespace {

TEST(SqlitePlans, ListsSeekAndNeverScanOrSort) {
  const TempDirectory directory;
  const std::string path = directory.File("shop.db");
  ASSERT_TRUE(OpenOrDie(path)->Close().ok());
  for (const char* sql : sqlite::IndexedLists()) {
    const std::vector<std::string> plan = RunSql(path, std::string("EXPLAIN QUERY PLAN ") + sql);
    ASSERT_EQ(plan.size(), 1U) << sql;
    EXPECT_NE(plan[0].find("SEARCH"), std::string::npos) << plan[0] << " for " << sql;
    EXPECT_NE(plan[0].find("INDEX"), std::string::npos) << plan[0] << " for " << sql;
  }
}

}  // namespace
}  // namespace livedrops
