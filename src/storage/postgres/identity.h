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

// Threading: any thread.
class Identity {
 public:
  explicit Identity(StorageOptions options) : options_(options) {}

  // To be asked with a new connection before it is used, and now and then with one that a pooler
  // may have moved to another server. Checks that the database may be opened so and, unless it is
  // only read, writes what has changed: a first home is adopted; another home than the stored one
  // gives a fresh epoch, and so does `options.new_epoch`, once; a copy is finished. A reader shows
  // an epoch of its own where it would have to be changed. While the server is a standby, nothing
  // is changed: it has the same history. Errors: those of CheckCopy; corrupt, unavailable.
  Status Admit(Connection& connection);

  // What is returned stays as it is and lives as long as this.
  const ShopInfo& info() const { return *newest_.load(std::memory_order_acquire); }

 private:
  Status AdmitLocked(Connection& connection);
  Result<StoredIdentity> Changed(StoredIdentity identity, const std::string& home);
  Result<StoredIdentity> Settle(Connection& connection, const std::string& home);
  // `meta` is all of the table.
  Result<StoredIdentity> Checked(const Connection& connection, Rows meta) const;
  void Show(const ShopInfo& shop);

  std::mutex mutex_;
  StorageOptions options_;
  std::string own_epoch_home_;  // Of a reader: for which home it made an epoch of its own.
  std::string own_epoch_;
  std::forward_list<ShopInfo> shown_;  // Newest first; a failover adds one.
  std::atomic<const ShopInfo*> newest_ = nullptr;
};

}  // namespace livedrops::postgres
