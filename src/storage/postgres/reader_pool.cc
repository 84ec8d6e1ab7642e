#include "storage/postgres/reader_pool.h"

namespace livedrops::postgres {
namespace {

bool MayBeKept(Connection& connection) {
  return connection.usable() && !connection.is_standby() &&
         PQtransactionStatus(connection.raw()) == PQTRANS_IDLE;
}

}  // namespace

ReaderPool::ReaderPool(ConnectionOptions options, Identity* identity)
    : ConnectionPool(&MayBeKept), options_(std::move(options)), identity_(identity) {}

Result<ReaderPool::Lease> ReaderPool::Take() {
  auto idle = TakeLiving();
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

Result<std::unique_ptr<Connection>> ReaderPool::TakeLiving() {
  for (;;) {
    auto idle = TakeIdle();
    if (!idle.ok() || *idle == nullptr || (*idle)->IsAlive()) return idle;
  }
}

Result<std::unique_ptr<Connection>> ReaderPool::OpenReader() {
  auto connection = Connection::Open(options_);
  if (!connection.ok()) return connection;
  if (Status admitted = identity_->Admit(**connection); !admitted.ok()) return admitted;
  return connection;
}

}  // namespace livedrops::postgres
