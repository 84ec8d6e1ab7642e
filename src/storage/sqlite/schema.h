// The schema of a livedrops database: its tables, the views for checkers, and the steps from older
// versions.
#pragma once

#include <span>

#include "base/shop_identity.h"
#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

// "LDrp": what PRAGMA application_id of our files says.
inline constexpr std::int64_t kApplicationId = 0x4c447270;

// One step of the schema's history: what makes version n + 1 of version n. Steps are never changed
// once released.
struct Migration {
  const char* name;
  const char* sql;
};
// Migrations()[n] leads from version n to n + 1; version 0 is an empty file.
std::span<const Migration> Migrations();

// What a file holds, looked at without changing it.
enum class FileKind { empty, ours, foreign };
Result<FileKind> Identify(Connection& connection);
// 0 for an empty file.
Result<std::int64_t> SchemaVersion(Connection& connection);

// Brings the file to the newest version in one transaction. Several processes may do it at once:
// one does the work. `new_shop` is the identity of a database that is made now. Errors: unsupported
// when the file is newer than `migrations`; corrupt, unavailable.
Status Migrate(Connection& connection, std::span<const Migration> migrations,
               const StoredIdentity& new_shop);

}  // namespace livedrops::sqlite
