#include "storage/postgres/reader_pool.h"

namespace livedrops::postgres {
namespace {

// More threads than this read at once only for moments; each is a process of the server.
constexpr std::size_t kIdleMax = 8;

}  // namespace

Result<ReaderPool::Lease> ReaderPool::Take() {
  auto idle = TakeIdle();
  if (!idle.ok()) return idle.status();
  if (*idle != nullptr) {
    Lease lease(this, std::move(*idle));
    if (!lease->may_have_moved()) return lease;
    if (Status admitted = identity_->Admit(*lease); !admitted.ok()) return admitted;
    return lease;
  }
  if (Status status = backoff_.MayTry(); !status.ok()) return status;
  auto connection = OpenReader();
  if (!connection.ok()) {
    backoff_.Failed(connection.status());
    return connection.status();
  }
  backoff_.Succeeded();
  return Lease(this, std::move(*connection));
}

Result<std::unique_ptr<Connection>> ReaderPool::OpenReader() {
  auto connection = Connection::Open(options_);
  if (!connection.ok()) return connection;
  if (Status admitted = identity_->Admit(**connection); !admitted.ok()) return admitted;
  return connection;
}

Result<std::unique_ptr<Connection>> ReaderPool::TakeIdle() {
  const std::lock_guard guard(mutex_);
  if (closed_) return Status(StatusCode::kClosed, "the storage is closed");
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->IsAlive()) return connection;
  }
  return std::unique_ptr<Connection>();
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard guard(mutex_);
  const bool usable = connection->usable() && !connection->is_standby() &&
                      PQtransactionStatus(connection->raw()) == PQTRANS_IDLE;
  if (usable && !closed_ && idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
}

void ReaderPool::Close() {
  const std::lock_guard guard(mutex_);
  closed_ = true;
  idle_.clear();
}

}  // namespace livedrops::postgres
