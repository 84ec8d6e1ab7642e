// The schema of a livedrops database: its tables, the views for checkers, and the steps from older
// versions.
#pragma once

#include <span>

#include "base/shop_identity.h"
#include "livedrops/spi/storage.h"
#include "storage/postgres/connection.h"

namespace livedrops::postgres {

// The write lock of a shop, as the two keys of a PostgreSQL advisory lock: "LDrp", and the schema
// that the shop is in. Writers take it before they write and migrations before they migrate.
#define LD_LOCK_KEYS "1279554160, hashtext(current_schema())"
inline constexpr char kTakeLock[] = "SELECT pg_advisory_xact_lock(" LD_LOCK_KEYS ")";

// One step of the schema's history: what makes version n + 1 of version n. Steps are never changed
// once released.
struct Migration {
  const char* name;
  const char* sql;
};
// Migrations()[n] leads from version n to n + 1; version 0 is a schema without our tables.
std::span<const Migration> Migrations();

// Makes the schema ready: empty, it becomes a shop when `create`; older than `migrations`, it is
// brought up to date in one transaction under the write lock. Several processes may do it at once:
// one does the work. Processes that run on the older schema are refused when they commit next.
// `migrate` false: only looks. Errors: unavailable when there is no shop; corrupt when the tables
// are somebody else's; unsupported when the schema is newer, or older and not to be changed.
struct SchemaTask {
  bool create = true;
  bool migrate = true;
  StorageOptions options;  // What a new shop is made for.
};
Status PrepareSchema(Connection& connection, std::span<const Migration> migrations,
                     const SchemaTask& task);

// Errors: unavailable while connections of other processes, by the name of their application, are
// open to this database; one that is just being closed is waited for.
Status CheckAlone(Connection& connection);

}  // namespace livedrops::postgres
