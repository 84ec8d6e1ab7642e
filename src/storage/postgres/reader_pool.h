// ReaderPool: read connections for any number of threads.
#pragma once

#include "base/connection_pool.h"
#include "storage/postgres/backoff.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/identity.h"

namespace livedrops::postgres {

class ReaderPool : public ConnectionPool<Connection> {
 public:
  // `identity` outlives it.
  ReaderPool(ConnectionOptions options, Identity* identity);

  // Errors: closed; unavailable when the server cannot be reached; those of Identity::Admit.
  Result<Lease> Take();

 private:
  // An idle connection that still lives, or null. Errors: closed.
  Result<std::unique_ptr<Connection>> TakeLiving();
  Result<std::unique_ptr<Connection>> OpenReader();

  const ConnectionOptions options_;
  Identity* const identity_;
  Backoff backoff_;
};

}  // namespace livedrops::postgres
