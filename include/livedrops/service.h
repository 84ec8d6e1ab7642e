// Service: the thread-safe way in. Any number of threads submit; one ordered writer decides in
// memory and commits many decisions at once; answers are released when they are durable.
#pragma once

#include <memory>

#include "livedrops/engine.h"
#include "livedrops/histogram.h"

namespace livedrops {

struct ServiceOptions : EngineOptions {
  // Requests waiting to be decided; more are refused with `overloaded`. 1 to 1,048,576.
  int queue_max = 65'536;
  // Orders of one drop per commit while other drops wait; twice as many when none does.
  int orders_per_drop_and_commit_max = 256;
  // How long a caller waits for a storage whose last commit is in doubt.
  Duration unknown_deadline{5000};
};

// What a metrics page shows. Counters since the service opened.
struct ServiceStats {
  std::uint64_t commits = 0;
  std::uint64_t rows_committed = 0;
  std::uint64_t requests = 0;          // Of every kind, decided and answered.
  std::uint64_t granted = 0;           // Orders held or confirmed.
  std::uint64_t refused = 0;           // Orders that were not; repeated ones are neither.
  std::uint64_t fenced = 0;            // Another process wrote meanwhile.
  std::uint64_t commit_failures = 0;   // Definite ones; the requests were answered `unavailable`.
  std::uint64_t unknown_outcomes = 0;  // Commits in doubt, each resolved by a barrier.
  std::uint64_t queue_depth = 0;
  std::uint64_t queue_wait_us_sum = 0;  // "Lock contention": waiting for the writer.
  std::uint64_t commit_us_sum = 0;      // With the wait for the lock when processes contend.
  HistogramUs queue_waits;              // One for each request that was decided.
  HistogramUs commit_times;             // One for each commit.
  HistogramRows commit_rows;            // Rows of each durable commit.
};

// A finished request of the pollable queue below.
struct Completion {
  std::uint64_t tag = 0;
  Reply reply;
};

// Threading: every member may be called by any thread, except Close and the destructor, which must
// not run beside other calls nor inside a callback. Locking: callbacks run on the
// thread that releases the answer, one of the service's own or that of a blocking call, and must
// not block. Order: requests of one drop submitted by one thread are decided in that order.
class Service {
 public:
  // Loads the shop and starts two threads. Errors: as Engine::Open;
  // invalid_argument for an option out of range.
  static Result<std::unique_ptr<Service>> Open(std::unique_ptr<Storage> storage,
                                               const ServiceOptions& options = {});
  // Closes, if Close was not called.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Products products();
  Drops drops();
  Orders orders();
  Follows follows();
  Notifications notifications();
  Audit audit();
  Accounts accounts();

  // Submits without waiting; the answer comes with `tag` out of Poll. Errors: invalid_argument;
  // overloaded, also when `queue_max` completions wait to be polled; closed.
  Status SubmitPolled(Request request, std::uint64_t tag);
  // Readable while completions wait: for select, epoll, libuv, asyncio. Owned by the service.
  int poll_fd() const;
  // Takes up to `max` completions; never blocks. Called by one thread at a time.
  std::vector<Completion> Poll(std::size_t max = 1024);

  // Never waits.
  ServiceStats stats() const;
  // Requests of any kind in one call, and reads that no engine offers (spi/order_port.h).
  RequestPort& requests();
  ReadPort& reads();

  // Refuses new requests, decides and commits what is queued, answers every caller once, closes the
  // storage. Errors: closed when called twice or from a callback; those of the storage.
  Status Close();

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace livedrops
