#include "storage/postgres/schema.h"

#include <array>
#include <chrono>
#include <thread>

#include "base/hex.h"
#include "storage/postgres/query.h"
#include "storage/postgres/schema_sql.h"

namespace livedrops::postgres {
namespace {

constexpr std::array kMigrations = {
    Migration{"tables of the first version", kSchemaVersion1},
    Migration{"indexes of two lists, products without a fingerprint", kSchemaVersion2},
};

// What is in the schema, looked at without changing it.
enum class SchemaKind { empty, ours, foreign };

// One snapshot of the catalog: another process may be making the tables just now.
Result<SchemaKind> Identify(Connection& connection) {
  Query query(connection,
              "SELECT current_schema() IS NOT NULL,"
              " count(*) FILTER (WHERE relname IN ('log_head', 'schema_versions')), count(*)"
              " FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname ="
              " current_schema()) AND relname IN ('log_head', 'schema_versions', 'orders', 'users',"
              " 'products', 'drops', 'events', 'follows')");
  if (!query.Next()) return query.status();
  if (!query.Bool(0)) {
    return connection.Fail(StatusCode::kUnavailable, "no schema of the search_path exists");
  }
  if (query.Int(1) == 2) return SchemaKind::ours;
  return query.Int(2) != 0 ? SchemaKind::foreign : SchemaKind::empty;
}

Result<std::int64_t> SchemaVersion(Connection& connection) {
  Query query(connection, "SELECT coalesce(max(version), 0) FROM schema_versions");
  if (query.Next()) return query.Int(0);
  return query.status().ok() ? Status(StatusCode::kCorrupt, "no schema version") : query.status();
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string Bytea(std::span<const std::uint8_t> bytes) {
  return "decode('" + ToHex(bytes) + "', 'hex')";
}

Result<std::string> NewShopSql(const StorageOptions& options) {
  const auto shop = NewShopInfo(options);
  if (!shop.ok()) return shop.status();
  const std::span epoch(reinterpret_cast<const std::uint8_t*>(shop->epoch.data()),
                        shop->epoch.size());
  std::string sql = "INSERT INTO meta VALUES('epoch', " + Bytea(epoch) + "), ('secret', " +
                    Bytea(shop->secret) + ");";
  if (options.copy) sql += "INSERT INTO meta VALUES('unfinished_copy', '');";
  return sql;
}

// The steps after `version` and what goes with them.
Result<std::string> StepsSql(std::span<const Migration> migrations, std::size_t version,
                             const StorageOptions& options) {
  std::string sql = kDropViews;
  for (std::size_t step = version; step < migrations.size(); ++step) {
    sql.append(migrations[step].sql).append(";");
    sql += "INSERT INTO schema_versions VALUES(" + std::to_string(step + 1) + ", " +
           Quoted(migrations[step].name) + ");";
  }
  sql += kCreateViews;
  sql += "UPDATE log_head SET schema_version = " + std::to_string(migrations.size()) + ";";
  if (version == 0) {
    const auto shop = NewShopSql(options);
    if (!shop.ok()) return shop.status();
    sql += *shop;
  }
  return sql;
}

// Looks again under the lock: another process may have done it meanwhile.
Status MigrateLocked(Connection& connection, std::span<const Migration> migrations,
                     const StorageOptions& options) {
  const auto kind = Identify(connection);
  if (!kind.ok()) return kind.status();
  std::int64_t version = 0;
  if (*kind == SchemaKind::ours) {
    const auto found = SchemaVersion(connection);
    if (!found.ok()) return found.status();
    version = *found;
  }
  if (version >= static_cast<std::int64_t>(migrations.size())) return OkStatus();
  const auto sql = StepsSql(migrations, static_cast<std::size_t>(version), options);
  return sql.ok() ? connection.RunScript(*sql) : sql.status();
}

Status Migrate(Connection& connection, std::span<const Migration> migrations,
               const StorageOptions& options) {
  Pipeline begin(connection);
  Status status = begin.AddBegin().Add(kTakeLock).Run().status;
  if (status.ok()) status = MigrateLocked(connection, migrations, options);
  if (!connection.usable()) return status;
  Pipeline end(connection);
  if (!status.ok()) {
    static_cast<void>(end.Add("ROLLBACK").Run());
    return status;
  }
  return end.AddCommit().Run().status;
}

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

Status PrepareSchema(Connection& connection, std::span<const Migration> migrations,
                     const SchemaTask& task) {
  const auto kind = Identify(connection);
  if (!kind.ok()) return kind.status();
  if (*kind == SchemaKind::foreign) {
    return connection.Fail(StatusCode::kCorrupt,
                           "the schema holds tables of another application: give livedrops one of "
                           "its own (options=-csearch_path%3DNAME)");
  }
  if (*kind == SchemaKind::empty) {
    if (task.create && task.migrate) return Migrate(connection, migrations, task.options);
    return connection.Fail(StatusCode::kUnavailable, "holds no livedrops shop");
  }
  const auto version = SchemaVersion(connection);
  if (!version.ok()) return version.status();
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (*version == newest) return OkStatus();
  if (*version < newest && task.migrate) return Migrate(connection, migrations, task.options);
  return connection.Fail(StatusCode::kUnsupported, "schema version " + std::to_string(*version) +
                                                       " is not " + std::to_string(newest) +
                                                       ", the one that this program knows");
}

Status CheckAlone(Connection& connection) {
  constexpr int kLooks = 20;
  constexpr std::chrono::milliseconds kPause{100};
  for (int look = 0; look < kLooks; ++look) {
    Query query(connection,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = current_setting('application_name')"
                " AND pid <> pg_backend_pid()");
    if (!query.Next()) return query.status();
    if (query.Int(0) == 0) return OkStatus();
    std::this_thread::sleep_for(kPause);
  }
  return connection.Fail(StatusCode::kUnavailable, kOpenElsewhere);
}

}  // namespace livedrops::postgres
