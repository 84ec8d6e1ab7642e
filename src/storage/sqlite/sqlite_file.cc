#include "storage/sqlite/sqlite_file.h"

#include <time.h>

#include "storage/sqlite/file_identity.h"
#include "storage/sqlite/log_rewrite.h"
#include "storage/sqlite/schema.h"

namespace livedrops::sqlite {
namespace {

// The busy handler is not asked for this change: another process that opens the file at the same
// moment is waited for here.
Status SwitchToWal(Connection& connection, Duration deadline) {
  const auto give_up = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    std::string mode;
    {
      Query query(connection, "PRAGMA journal_mode = WAL");
      if (query.Next()) mode = query.String(0);
      const bool busy = (query.rc() & 0xff) == SQLITE_BUSY;
      if (Status status = query.status(); !status.ok() && !busy) return status;
    }
    if (mode == "wal") return OkStatus();
    if (std::chrono::steady_clock::now() >= give_up) {
      return connection.Fail(StatusCode::kUnavailable,
                             "no write-ahead log can be kept beside the file, or it is locked");
    }
    constexpr timespec kPause{0, 1'000'000};
    nanosleep(&kPause, nullptr);
  }
}

// Every connection to a write-ahead log holds a shared lock on the file until it is closed, even if
// it does nothing; only the exclusive mode finds that lock in its way. What else is wrong with the
// file is told by those who come after.
Status CheckAlone(const ConnectionOptions& file) {
  auto probe = Connection::Open(file);
  if (!probe.ok()) return OkStatus();
  Connection& connection = **probe;
  // The log may have to be rewritten before its pages are copied back.
  sqlite3_db_config(connection.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (!connection.Execute("PRAGMA locking_mode = EXCLUSIVE").ok()) return OkStatus();
  Query begin(connection, "BEGIN IMMEDIATE");
  const Status begun = begin.Run();
  connection.Rollback();
  if (begun.ok() || (begin.rc() & 0xff) != SQLITE_BUSY) return OkStatus();
  return connection.Fail(StatusCode::kUnavailable, kOpenElsewhere);
}

Status CheckKind(Connection& connection, const ConnectionOptions& options) {
  const auto kind = Identify(connection);
  if (!kind.ok()) return kind.status();
  if (*kind == FileKind::foreign) {
    return connection.Fail(StatusCode::kCorrupt, "is a database of another application");
  }
  if (*kind == FileKind::empty && (options.read_only || !options.create)) {
    return connection.Fail(StatusCode::kUnavailable, "is empty");
  }
  return OkStatus();
}

// For readers the schema must be there already.
Status CheckVersion(Connection& connection) {
  const auto version = SchemaVersion(connection);
  if (!version.ok()) return version.status();
  const auto newest = static_cast<std::int64_t>(Migrations().size());
  if (*version == newest) return OkStatus();
  const bool older = *version < newest;
  return connection.Fail(
      StatusCode::kUnsupported,
      "schema version " + std::to_string(*version) + (older ? " is older" : " is newer") +
          " than " + std::to_string(newest) + ", the one that this program reads" +
          (older ? "; opening it for writing, as `livedropsd migrate` does, brings it up to date"
                 : ""));
}

// The process that died last may have seen its last sync fail.
Status SettleLog(Connection& connection) {
  Status status = Query(connection, "BEGIN IMMEDIATE").Run();
  if (status.ok()) status = RewriteLog(connection);
  connection.Rollback();
  return status;
}

// The runs of orders by user and by drop: what is in none is read from the orders themselves.
Status ForgetRuns(Connection& connection) {
  Status status = Query(connection, "BEGIN IMMEDIATE").Run();
  for (const char* sql : {"DELETE FROM order_blocks", "DELETE FROM order_runs", "COMMIT"}) {
    if (status.ok()) status = Query(connection, sql).Run();
  }
  connection.Rollback();
  return status;
}

Status MakeReady(Connection& connection, const StorageOptions& options,
                 const SqliteOptions& sqlite) {
  if (Status status = SwitchToWal(connection, sqlite.busy_deadline); !status.ok()) return status;
  if (Status status = SettleLog(connection); !status.ok()) return status;
  const auto version = SchemaVersion(connection);
  if (!version.ok()) return version.status();
  if (*version == static_cast<std::int64_t>(Migrations().size())) {
    return options.rebuild_lists ? ForgetRuns(connection) : OkStatus();
  }
  const Result<ShopInfo> shop = sqlite.new_shop ? *sqlite.new_shop : NewShopInfo(options);
  if (!shop.ok()) return shop.status();
  return Migrate(connection, Migrations(), {*shop, "", options.copy.has_value()});
}

}  // namespace

Result<ShopInfo> PrepareFile(const ConnectionOptions& file, const StorageOptions& options,
                             const SqliteOptions& sqlite) {
  if (options.new_epoch || options.rebuild_lists) {
    if (Status alone = CheckAlone(file); !alone.ok()) return alone;
  }
  auto connection = Connection::Open(file);
  if (!connection.ok()) return connection.status();
  if (Status status = CheckKind(**connection, file); !status.ok()) return status;
  Status status =
      file.read_only ? CheckVersion(**connection) : MakeReady(**connection, options, sqlite);
  if (!status.ok()) return status;
  // Another VFS has files of its own.
  return SettleIdentity(**connection, {sqlite.vfs.empty() ? file.path : "", options});
}

}  // namespace livedrops::sqlite
