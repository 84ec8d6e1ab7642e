// Exchange: one request that waits for its answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "livedrops/server/http_server.h"

namespace livedrops::server {

class Connection;
class Mailbox;

// Threading: any; the answer reaches the connection on its loop. Destroyed without an answer: 500.
class Exchange {
 public:
  Exchange(std::shared_ptr<Connection> connection, std::uint64_t number);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // True once: who gets it answers.
  bool Claim() { return !answered_.exchange(true, std::memory_order_acq_rel); }
  void Deliver(Response response);

  const std::shared_ptr<Connection>& connection() const { return connection_; }
  std::uint64_t number() const { return number_; }
  bool answered() const { return answered_.load(std::memory_order_acquire); }

 private:
  std::shared_ptr<Connection> connection_;
  std::uint64_t number_;
  std::atomic<bool> answered_{false};
};

}  // namespace livedrops::server
