// ConnectionPool: connections of a storage, kept for any number of threads.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "livedrops/status.h"

namespace livedrops {

// Threading: any thread. A lease is used by one thread.
template <class Connection>
class ConnectionPool {
 public:
  // Gives its connection back when it goes out of scope.
  class Lease {
   public:
    Lease(ConnectionPool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
    }
    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // `may_be_kept`: whether one that comes back can be lent again.
  explicit ConnectionPool(bool (*may_be_kept)(Connection&)) : may_be_kept_(may_be_kept) {}

  // Connections in use are closed when they come back.
  void Close() {
    const std::lock_guard guard(mutex_);
    closed_ = true;
    idle_.clear();
  }

 protected:
  // The one that was used last, or null. Errors: closed.
  Result<std::unique_ptr<Connection>> TakeIdle() {
    const std::lock_guard guard(mutex_);
    if (closed_) return Status(StatusCode::kClosed, "the storage is closed");
    if (idle_.empty()) return std::unique_ptr<Connection>();
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

 private:
  // More threads than this read at once only for moments; each may be a process of a server.
  static constexpr std::size_t kIdleMax = 8;

  void GiveBack(std::unique_ptr<Connection> connection) {
    const std::lock_guard guard(mutex_);
    if (!closed_ && idle_.size() < kIdleMax && may_be_kept_(*connection)) {
      idle_.push_back(std::move(connection));
    }
  }

  bool (*const may_be_kept_)(Connection&);
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  bool closed_ = false;
};

}  // namespace livedrops
