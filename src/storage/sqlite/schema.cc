#include "storage/sqlite/schema.h"

#include <array>

#include "storage/sqlite/file_identity.h"
#include "storage/sqlite/schema_sql.h"

namespace livedrops::sqlite {
namespace {

constexpr std::array kMigrations = {
    Migration{"tables of the first version", kSchemaVersion1},
    Migration{"indexes of two lists, products without a fingerprint", kSchemaVersion2},
};

// The steps that are missing, inside the caller's transaction.
Status RunMigrations(Connection& connection, std::span<const Migration> migrations,
                     const StoredIdentity& new_shop) {
  const auto version = SchemaVersion(connection);
  if (!version.ok()) return version.status();
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (*version > newest) {
    return connection.Fail(StatusCode::kUnsupported,
                           "schema version " + std::to_string(*version) + " is newer than " +
                               std::to_string(newest) + ", the newest that this program knows");
  }
  if (*version == newest) return OkStatus();
  if (Status status = connection.Execute(kDropViews); !status.ok()) return status;
  for (const Migration& step : migrations.subspan(static_cast<std::size_t>(*version))) {
    if (Status status = connection.Execute(step.sql); !status.ok()) return status;
  }
  if (Status status = connection.Execute(kCreateViews); !status.ok()) return status;
  if (*version == 0) {
    if (Status status = StoreIdentity(connection, new_shop); !status.ok()) return status;
  }
  return Query(connection, "INSERT OR REPLACE INTO meta VALUES('schema_version', ?)")
      .Bind(newest)
      .Run();
}

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

// In one snapshot: another process may be making the file at this moment.
Result<FileKind> Identify(Connection& connection) {
  const Snapshot snapshot(connection);
  if (!snapshot.status().ok()) return snapshot.status();
  const auto id = connection.ReadInt("PRAGMA application_id");
  if (!id.ok()) return id.status();
  if (*id == kApplicationId) return FileKind::ours;
  const auto objects = connection.ReadInt("SELECT count(*) FROM sqlite_schema");
  if (!objects.ok()) return objects.status();
  return *id == 0 && *objects == 0 ? FileKind::empty : FileKind::foreign;
}

Result<std::int64_t> SchemaVersion(Connection& connection) {
  const auto made = connection.ReadInt(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'");
  if (!made.ok()) return made.status();
  if (*made == 0) return std::int64_t{0};
  return connection.ReadInt("SELECT value FROM meta WHERE name = 'schema_version'");
}

Status Migrate(Connection& connection, std::span<const Migration> migrations,
               const StoredIdentity& new_shop) {
  if (Status status = connection.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  Status status = RunMigrations(connection, migrations, new_shop);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok()) connection.Rollback();
  return status;
}

}  // namespace livedrops::sqlite
