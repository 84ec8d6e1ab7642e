// What a shop's database says about itself, and where it lives: the server's system identifier, its
// timeline, and the numbers of the database and of our own table.
//
// A standby that is promoted goes on in a timeline of its own, a restored dump has other numbers.
// Every new connection is asked, so that a process that stays open notices too.
#pragma once

#include <atomic>
#include <forward_list>
#include <mutex>

#include "base/shop_identity.h"
#include "storage/postgres/query.h"

namespace livedrops::postgres {

// Threading: any thread. Locking: nothing is locked while a server is asked: one that hangs is
// waited for by whoever asked it, and by nobody else.
class Identity {
 public:
  explicit Identity(StorageOptions options) : options_(options) {}

  // To be asked with a new connection before it is used, and now and then with one that a pooler
  // may have moved to another server. Checks that the database may be opened so and, unless it is
  // only read, writes what has changed: a first home is adopted; another home than the stored one
  // gives a fresh epoch, and so does `options.new_epoch`, once; a copy is finished. A reader shows
  // an epoch of its own where it would have to be changed. While the server is a standby, nothing
  // is changed: it has the same history. Errors: those of CheckCopy; corrupt, unavailable, also
  // when other threads find other answers all the time.
  Status Admit(Connection& connection);

  // What is returned stays as it is and lives as long as this.
  const ShopInfo& info() const { return *newest_.load(std::memory_order_acquire); }

 private:
  // What an answer is judged by, and how many changes of it there had been.
  struct Basis {
    StorageOptions options;
    std::uint64_t changes = 0;
  };

  Basis Begin();
  Result<ShopInfo> Ask(Connection& connection, const StorageOptions& options);
  Result<StoredIdentity> Settle(Connection& connection, StorageOptions options,
                                const std::string& home);
  Result<StoredIdentity> Changed(StoredIdentity identity, const StorageOptions& options,
                                 const std::string& home);
  Result<std::string> EpochOfReader(const std::string& home, bool moved);
  // The one thread that gets it makes the fresh epoch that was asked for.
  bool TakeNewEpoch();
  void GiveBackNewEpoch();
  // Shows what was found. False: another thread has changed the basis meanwhile.
  bool Conclude(const Result<ShopInfo>& found, const Basis& basis, bool is_standby);

  std::mutex mutex_;  // Guards what follows, never a round trip.
  StorageOptions options_;
  std::uint64_t changes_ = 0;
  std::string own_epoch_home_;  // Of a reader: for which home it made an epoch of its own.
  std::string own_epoch_;
  std::forward_list<ShopInfo> shown_;  // Newest first; a failover adds one.
  std::atomic<const ShopInfo*> newest_ = nullptr;
};

}  // namespace livedrops::postgres
