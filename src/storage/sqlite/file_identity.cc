#include "storage/sqlite/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace livedrops::sqlite {
namespace {

// The device's number is left out: it may be another after each boot. "-" where a file system keeps
// no birth times. Empty when nothing is known.
std::string HomeOf(const std::string& path) {
  struct statx file{};
  if (path.empty() || statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &file) != 0) {
    return "";
  }
  const bool has_birth = (file.stx_mask & STATX_BTIME) != 0;
  return "inode " + std::to_string(file.stx_ino) + "/" +
         (has_birth ? "born " + std::to_string(file.stx_btime.tv_sec) + "." +
                          std::to_string(file.stx_btime.tv_nsec)
                    : "-");
}

Status Store(Connection& connection, const char* name, std::string_view value) {
  return Query(connection, "INSERT OR REPLACE INTO meta VALUES(?, ?)").Bind(name).Bind(value).Run();
}

Result<StoredIdentity> ReadIdentity(Connection& connection) {
  StoredIdentity stored;
  bool has_secret = false;
  Query query(connection, "SELECT name, value FROM meta");
  while (query.Next()) {
    const std::string_view name = query.Text(0);
    if (name == "epoch") stored.shop.epoch = query.String(1);
    if (name == "secret") has_secret = query.BlobInto(1, &stored.shop.secret);
    if (name == "home") stored.home = query.String(1);
    if (name == "unfinished_copy") stored.is_unfinished = true;
  }
  if (Status status = query.status(); !status.ok()) return status;
  if (has_secret && !stored.shop.epoch.empty()) return stored;
  return connection.Fail(StatusCode::kCorrupt, "the shop's identity is missing");
}

// What should be stored, given what is.
Result<StoredIdentity> Changed(StoredIdentity identity, const IdentityTask& task) {
  const std::string home = HomeOf(task.path);
  const bool moved = !IsSameHome(identity.home, home);
  if (moved || task.options.new_epoch) {
    auto epoch = NewEpoch();
    if (!epoch.ok()) return epoch.status();
    identity.shop.epoch = std::move(*epoch);
  }
  if (!home.empty()) identity.home = moved ? home : MergedHome(identity.home, home);
  if (task.options.copy && task.options.copy->finish) identity.is_unfinished = false;
  return identity;
}

Result<StoredIdentity> ReadAndCheck(Connection& connection, const IdentityTask& task) {
  auto stored = ReadIdentity(connection);
  if (!stored.ok()) return stored;
  const Status allowed = CheckCopy(*stored, task.options);
  if (!allowed.ok()) return connection.Fail(allowed.code(), allowed.message());
  return stored;
}

// Under the write lock: another process may have settled it meanwhile.
Result<ShopInfo> SettleLocked(Connection& connection, const IdentityTask& task) {
  const auto stored = ReadAndCheck(connection, task);
  if (!stored.ok()) return stored.status();
  const auto changed = Changed(*stored, task);
  if (!changed.ok()) return changed.status();
  Status status = Store(connection, "epoch", changed->shop.epoch);
  if (status.ok() && !changed->home.empty()) status = Store(connection, "home", changed->home);
  if (status.ok() && !changed->is_unfinished) {
    status = Query(connection, "DELETE FROM meta WHERE name = 'unfinished_copy'").Run();
  }
  if (status.ok()) status = Query(connection, "COMMIT").Run();
  if (!status.ok()) return status;
  return changed->shop;
}

bool IsSame(const StoredIdentity& a, const StoredIdentity& b) {
  return a.shop.epoch == b.shop.epoch && a.home == b.home && a.is_unfinished == b.is_unfinished;
}

}  // namespace

Status StoreIdentity(Connection& connection, const StoredIdentity& identity) {
  Status status = Store(connection, "epoch", identity.shop.epoch);
  if (status.ok() && identity.is_unfinished) status = Store(connection, "unfinished_copy", "yes");
  if (!status.ok()) return status;
  return Query(connection, "INSERT INTO meta VALUES('secret', ?)").Bind(identity.shop.secret).Run();
}

Result<ShopInfo> SettleIdentity(Connection& connection, const IdentityTask& task) {
  const auto stored = ReadAndCheck(connection, task);
  if (!stored.ok()) return stored.status();
  const auto changed = Changed(*stored, task);
  if (!changed.ok()) return changed.status();
  if (task.options.read_only || IsSame(*stored, *changed)) return changed->shop;
  if (Status begun = Query(connection, "BEGIN IMMEDIATE").Run(); !begun.ok()) return begun;
  auto settled = SettleLocked(connection, task);
  connection.Rollback();
  return settled;
}

}  // namespace livedrops::sqlite
