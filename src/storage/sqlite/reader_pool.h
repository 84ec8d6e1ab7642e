// ReaderPool: read connections for any number of threads.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

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

  explicit ReaderPool(ConnectionOptions options) : options_(std::move(options)) {}

  // Errors: closed; unavailable when the file cannot be opened.
  Result<Lease> Take();
  // Connections in use are closed when they come back.
  void Close();

 private:
  Result<std::unique_ptr<Connection>> OpenReader() const;
  void GiveBack(std::unique_ptr<Connection> connection);

  const ConnectionOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  bool closed_ = false;
};

}  // namespace livedrops::sqlite
