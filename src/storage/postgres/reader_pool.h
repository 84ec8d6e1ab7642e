// ReaderPool: read connections for any number of threads.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "storage/postgres/backoff.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/identity.h"

namespace livedrops::postgres {

// Threading: any thread. A lease is used by one thread.
class ReaderPool {
 public:
  // Gives its connection back when it goes out of scope.
  class Lease {
   public:
    Lease(ReaderPool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
    }
    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // `identity` outlives it.
  ReaderPool(ConnectionOptions options, Identity* identity)
      : options_(std::move(options)), identity_(identity) {}

  // Errors: closed; unavailable when the server cannot be reached; those of Identity::Admit.
  Result<Lease> Take();
  // Connections in use are closed when they come back.
  void Close();

 private:
  // An idle connection that still lives, or null.
  Result<std::unique_ptr<Connection>> TakeIdle();
  Result<std::unique_ptr<Connection>> OpenReader();
  void GiveBack(std::unique_ptr<Connection> connection);

  const ConnectionOptions options_;
  Identity* const identity_;
  Backoff backoff_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  bool closed_ = false;
};

}  // namespace livedrops::postgres
