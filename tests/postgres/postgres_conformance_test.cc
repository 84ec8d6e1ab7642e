// The PostgreSQL storage keeps the contract, on a real server.
#include "tests/conformance/run_conformance.h"
#include "tests/postgres/postgres_kit.h"

namespace livedrops {
namespace {

std::unique_ptr<StorageFactory> NewPostgresFactory() { return std::make_unique<PostgresFactory>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, StorageConformance, ConformanceOn(NewPostgresFactory),
                         ConformanceName);

}  // namespace
}  // namespace livedrops
