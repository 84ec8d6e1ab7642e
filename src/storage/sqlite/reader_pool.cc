#include "storage/sqlite/reader_pool.h"

namespace livedrops::sqlite {
namespace {

// More threads than this read at once only for moments.
constexpr std::size_t kIdleMax = 8;

// 16 MiB of cache each: the inner pages of the b-trees of some ten million orders.
constexpr char kReaderSettings[] =
    "PRAGMA cache_size = -16384; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
    "PRAGMA query_only = ON;";

}  // namespace

Result<ReaderPool::Lease> ReaderPool::Take() {
  {
    const std::lock_guard guard(mutex_);
    if (closed_) return Status(StatusCode::kClosed, "the storage is closed");
    if (!idle_.empty()) {
      Lease lease(this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
  }
  auto connection = OpenReader();
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

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard guard(mutex_);
  const bool usable = !connection->failed() && !connection->in_transaction();
  if (usable && !closed_ && idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
}

void ReaderPool::Close() {
  const std::lock_guard guard(mutex_);
  closed_ = true;
  idle_.clear();
}

}  // namespace livedrops::sqlite
