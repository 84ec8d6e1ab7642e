#include "storage/sqlite/reader_pool.h"

namespace livedrops::sqlite {
namespace {

// 16 MiB of cache each: the inner pages of the b-trees of some ten million orders.
constexpr char kReaderSettings[] =
    "PRAGMA cache_size = -16384; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
    "PRAGMA query_only = ON;";

bool MayBeKept(Connection& connection) {
  return !connection.failed() && !connection.in_transaction();
}

}  // namespace

ReaderPool::ReaderPool(ConnectionOptions options)
    : ConnectionPool(&MayBeKept), options_(std::move(options)) {}

Result<ReaderPool::Lease> ReaderPool::Take() {
  auto connection = TakeIdle();
  if (connection.ok() && *connection == nullptr) connection = OpenReader();
  if (!connection.ok()) return connection.status();
  return Lease(this, std::move(*connection));
}

Result<std::unique_ptr<Connection>> ReaderPool::OpenReader() const {
  auto connection = Connection::Open(options_);
  if (!connection.ok()) return connection;
  Status status = (*connection)->Execute(kReaderSettings);
  if (!status.ok()) return status;
  return connection;
}

}  // namespace livedrops::sqlite
