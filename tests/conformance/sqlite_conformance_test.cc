// The SQLite storage keeps the contract: as it comes, with order runs so short that many are
// written, and without the order index.
#include "tests/conformance/run_conformance.h"
#include "tests/unit/storage/sqlite/sqlite_kit.h"

namespace livedrops {
namespace {

std::unique_ptr<StorageFactory> NewSqliteFactory() { return std::make_unique<SqliteFactory>(); }

std::unique_ptr<StorageFactory> NewShortRunsFactory() {
  SqliteOptions options = FastSqlite();
  options.order_run_size = 64;
  return std::make_unique<SqliteFactory>(options);
}

std::unique_ptr<StorageFactory> NewScanningFactory() {
  SqliteOptions options = FastSqlite();
  options.order_index = false;
  return std::make_unique<SqliteFactory>(options);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance, ConformanceOn(NewSqliteFactory),
                         ConformanceName);
INSTANTIATE_TEST_SUITE_P(SqliteShortRuns, StorageConformance, ConformanceOn(NewShortRunsFactory),
                         ConformanceName);
INSTANTIATE_TEST_SUITE_P(SqliteScanning, StorageConformance, ConformanceOn(NewScanningFactory),
                         ConformanceName);

}  // namespace
}  // namespace livedrops
