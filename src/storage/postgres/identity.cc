#include "storage/postgres/identity.h"

#include "storage/postgres/schema.h"

namespace livedrops::postgres {
namespace {

// Not every role may ask for all of it. The numbers of a dropped and restored table are new ones.
constexpr char kMeta[] = "SELECT name, value FROM meta";
constexpr char kFacts[] =
    "SELECT pg_is_in_recovery(),"
    " has_function_privilege('pg_control_system()', 'EXECUTE'),"
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

// "system 7412345678901234567/timeline 00000002/database 5/table 16391"; `facts` at its row.
Result<std::string> HomeOf(Connection& connection, const Rows& facts) {
  const bool may_ask_system = facts.Bool(1);
  const bool may_ask_timeline = facts.Bool(2);
  Pipeline pipeline(connection);
  if (may_ask_system) pipeline.Add(kSystem);
  if (may_ask_timeline) pipeline.Add(kTimeline);
  PipelineEnd end;
  if (may_ask_system || may_ask_timeline) end = pipeline.Run();
  if (!end.status.ok()) return end.status;
  std::size_t next = 0;
  const auto part = [&](const char* name, bool asked) {
    if (!asked) return std::string("-");
    Rows rows(std::move(end.results[next++]));
    return rows.Next() ? name + rows.String(0) : std::string("-");
  };
  std::string home = part("system ", may_ask_system);
  home += "/" + part("timeline ", may_ask_timeline);
  home += "/database " + std::to_string(facts.Int(3)) + "/table " + std::to_string(facts.Int(4));
  return home;
}

// `meta` is all of the table.
Result<StoredIdentity> IdentityIn(const Connection& connection, Rows meta) {
  StoredIdentity stored;
  bool has_secret = false;
  while (meta.Next()) {
    const std::string_view name = meta.Text(0);
    if (name == "epoch") stored.shop.epoch = meta.String(1);
    if (name == "secret") has_secret = meta.BlobInto(1, &stored.shop.secret);
    if (name == "home") stored.home = meta.String(1);
    if (name == "unfinished_copy") stored.is_unfinished = true;
  }
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

// Two round trips: a new connection is not to be dearer than it must be.
Status Identity::AdmitLocked(Connection& connection) {
  Pipeline pipeline(connection);
  PipelineEnd end = pipeline.Add(kMeta).Add(kFacts).Run();
  if (!end.status.ok()) return end.status;
  const auto stored = Checked(connection, Rows(std::move(end.results[0])));
  if (!stored.ok()) return stored.status();
  Rows facts(std::move(end.results[1]));
  if (!facts.Next()) return connection.Fail(StatusCode::kCorrupt, "the server says nothing");
  const bool is_standby = facts.Bool(0);
  connection.set_admitted(is_standby);
  if (is_standby) {
    Show(stored->shop);
    return OkStatus();
  }
  const auto home = HomeOf(connection, facts);
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

Result<StoredIdentity> Identity::Checked(const Connection& connection, Rows meta) const {
  auto stored = IdentityIn(connection, std::move(meta));
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
  PipelineEnd begun = begin.AddBegin().Add(kTakeLock).Add(kDurably).Add(kMeta).Run();
  Status status = begun.status;
  Result<StoredIdentity> changed = status;
  if (status.ok()) changed = Checked(connection, Rows(std::move(begun.results.back())));
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
