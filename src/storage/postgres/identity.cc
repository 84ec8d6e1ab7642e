#include "storage/postgres/identity.h"

#include "storage/postgres/query.h"
#include "storage/postgres/schema.h"

namespace livedrops::postgres {
namespace {

// Not every role may ask for all of it. The numbers of a dropped and restored table are new ones.
constexpr char kWhatMayBeAsked[] =
    "SELECT has_function_privilege('pg_control_system()', 'EXECUTE'),"
    " has_function_privilege('pg_current_wal_insert_lsn()', 'EXECUTE')"
    " AND has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE'),"
    " (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),"
    " 'meta'::regclass::oid::bigint";
constexpr char kSystem[] = "SELECT system_identifier::text FROM pg_control_system()";
// The file of the log begins with the timeline. What pg_control_checkpoint says may be an older
// one: a standby is promoted before its next checkpoint.
constexpr char kTimeline[] = "SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";
// As a commit of orders: what is answered must be there after a crash.
constexpr char kDurably[] =
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'";

Result<std::string> OneText(Connection& connection, const char* sql) {
  Query query(connection, sql);
  if (query.Next()) return query.String(0);
  return query.status().ok() ? std::string("-") : Result<std::string>(query.status());
}

// "system 7412345678901234567/timeline 00000002/database 5/table 16391"
Result<std::string> HomeOf(Connection& connection) {
  Query may(connection, kWhatMayBeAsked);
  if (!may.Next()) return may.status();
  Result<std::string> system = std::string("-");
  if (may.Bool(0)) system = OneText(connection, kSystem);
  if (!system.ok()) return system;
  Result<std::string> timeline = std::string("-");
  if (may.Bool(1)) timeline = OneText(connection, kTimeline);
  if (!timeline.ok()) return timeline;
  return (*system == "-" ? *system : "system " + *system) + "/" +
         (*timeline == "-" ? *timeline : "timeline " + *timeline) + "/database " +
         std::to_string(may.Int(2)) + "/table " + std::to_string(may.Int(3));
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
  if (!query.status().ok()) return query.status();
  if (has_secret && !stored.shop.epoch.empty()) return stored;
  return connection.Fail(StatusCode::kCorrupt, "the shop's identity is missing");
}

bool IsSame(const StoredIdentity& a, const StoredIdentity& b) {
  return a.shop.epoch == b.shop.epoch && a.home == b.home && a.is_unfinished == b.is_unfinished;
}

// The statements that make `identity` the stored one.
void AddStore(const StoredIdentity& identity, Pipeline* pipeline) {
  Params params;
  params.Add(std::string_view(identity.shop.epoch)).Add(std::string_view(identity.home));
  pipeline->Add(
      "INSERT INTO meta VALUES('epoch', convert_to($1, 'UTF8')), ('home', convert_to($2, 'UTF8'))"
      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      params);
  if (identity.is_unfinished) return;
  pipeline->Add("DELETE FROM meta WHERE name = 'unfinished_copy'");
}

}  // namespace

Status Identity::Admit(Connection& connection) {
  const std::lock_guard guard(mutex_);
  return AdmitLocked(connection);
}

Status Identity::AdmitLocked(Connection& connection) {
  auto stored = ReadAndCheck(connection);
  if (!stored.ok()) return stored.status();
  const auto standby = OneText(connection, "SELECT pg_is_in_recovery()::text");
  if (!standby.ok()) return standby.status();
  connection.set_admitted(*standby == "true");
  if (*standby == "true") {
    Show(stored->shop);
    return OkStatus();
  }
  const auto home = HomeOf(connection);
  if (!home.ok()) return home.status();
  auto changed = Changed(*stored, *home);
  if (changed.ok() && !options_.read_only && !IsSame(*stored, *changed)) {
    changed = Settle(connection, *home);
  }
  if (!changed.ok()) return changed.status();
  Show(changed->shop);
  options_.new_epoch = false;
  // Once it is finished, it is a shop like any other.
  if (options_.copy && options_.copy->finish) options_.copy.reset();
  return OkStatus();
}

Result<StoredIdentity> Identity::ReadAndCheck(Connection& connection) const {
  auto stored = ReadIdentity(connection);
  if (!stored.ok()) return stored;
  const Status allowed = CheckCopy(*stored, options_);
  if (!allowed.ok()) return connection.Fail(allowed.code(), allowed.message());
  return stored;
}

// What should be stored, given what is.
Result<StoredIdentity> Identity::Changed(StoredIdentity identity, const std::string& home) {
  const bool moved = !IsSameHome(identity.home, home);
  if (moved && options_.read_only && own_epoch_home_ == home) {
    identity.shop.epoch = own_epoch_;
  } else if (moved || options_.new_epoch) {
    auto epoch = NewEpoch();
    if (!epoch.ok()) return epoch.status();
    identity.shop.epoch = std::move(*epoch);
    own_epoch_home_ = home;
    own_epoch_ = identity.shop.epoch;
  }
  identity.home = moved ? home : MergedHome(identity.home, home);
  if (options_.copy && options_.copy->finish) identity.is_unfinished = false;
  return identity;
}

// Under the write lock: another process may have settled it meanwhile.
Result<StoredIdentity> Identity::Settle(Connection& connection, const std::string& home) {
  Pipeline begin(connection);
  Status status = begin.AddBegin().Add(kTakeLock).Add(kDurably).Run().status;
  Result<StoredIdentity> changed = status;
  if (status.ok()) changed = ReadAndCheck(connection);
  if (changed.ok()) changed = Changed(std::move(*changed), home);
  if (!connection.usable()) return changed;
  Pipeline end(connection);
  if (!changed.ok()) {
    static_cast<void>(end.Add("ROLLBACK").Run());
    return changed;
  }
  AddStore(*changed, &end);
  status = end.AddCommit().Run().status;
  if (!status.ok()) return status;
  return changed;
}

void Identity::Show(const ShopInfo& shop) {
  const ShopInfo* const now = newest_.load(std::memory_order_relaxed);
  if (now != nullptr && now->epoch == shop.epoch && now->secret == shop.secret) return;
  shown_.push_front(shop);
  newest_.store(&shown_.front(), std::memory_order_release);
}

}  // namespace livedrops::postgres
