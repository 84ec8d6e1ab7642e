// What a database file says about itself, and where it lives: the file's inode and birth time. Both
// stay when it is moved or renamed; a copy of it has others.
#pragma once

#include "base/shop_identity.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

// Of a new file, in the caller's transaction.
Status StoreIdentity(Connection& connection, const StoredIdentity& identity);

// What settles who a file is.
struct IdentityTask {
  std::string path;  // Empty: no file that the system knows, as in a simulation.
  StorageOptions options;
};
// Checks that the file may be opened so and, unless it is only read, writes what has changed: a
// first home is adopted; another home than the stored one gives a fresh epoch, and so does
// `options.new_epoch`; a copy is finished. A reader of a file that has another home shows an epoch
// of its own. Errors: those of CheckCopy; corrupt, unavailable.
Result<ShopInfo> SettleIdentity(Connection& connection, const IdentityTask& task);

}  // namespace livedrops::sqlite
