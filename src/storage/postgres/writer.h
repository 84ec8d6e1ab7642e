// Writer: the one connection of a process that writes, and what is known about its last commit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "livedrops/spi/storage.h"
#include "storage/postgres/backoff.h"
#include "storage/postgres/batch_writer.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/identity.h"

namespace livedrops::postgres {

struct WriterOptions {
  ConnectionOptions connection;
  Duration lock_deadline{2'000};
  std::size_t schema_version = 0;
};

// Threading: Commit, Lock, Unlock, Resolve and Close by one thread at a time; KeepLock by any.
class Writer {
 public:
  // `identity` outlives it.
  Writer(WriterOptions options, Identity* identity)
      : options_(std::move(options)), identity_(identity) {}

  Status Commit(const CommitBatch& batch, const Head& expected);
  Status Lock(Duration deadline);
  void Unlock();
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain);
  void Close();

  // Readers that take long and whose rows must belong together under the write lock: remember what
  // LockNumber says before the first read (0: not locked), and KeepLock between reads, so that the
  // server does not take the lock for abandoned. False: it is lost.
  std::uint64_t LockNumber() const { return held_lock_; }
  bool KeepLock(std::uint64_t number);

 private:
  Status Open();
  Result<std::unique_ptr<Connection>> Connect();
  Status TakeLock(Duration deadline);
  void GiveUp();
  // Ends the session of a process that has the write lock and does nothing with it.
  void EvictStopped();
  // What a batch that does not follow its expected head is: fenced when that is not the head.
  Status RefuseBroken(const Status& broken, const Head& expected);
  PipelineEnd WriteBatch(const CommitBatch& batch, const Head& expected);
  Result<Head> WriteBarrier(const std::function<EventRow(const Head& found)>& chain);
  void End();

  const WriterOptions options_;
  Identity* const identity_;
  std::mutex mutex_;  // Held while the connection is used.
  Backoff backoff_;
  BatchWriter batches_;
  std::unique_ptr<Connection> connection_;
  std::uint64_t locks_ = 0;
  // 0: the write lock is not ours; else which time it is that it is.
  std::atomic<std::uint64_t> held_lock_ = 0;
  // The last commit may or may not be durable: nothing is written until a barrier is.
  bool suspect_ = false;
};

}  // namespace livedrops::postgres
