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
// Each other try is because another thread found something new meanwhile: a failover is one.
constexpr int kTriesMax = 5;
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

bool IsSame(const ShopInfo& a, const ShopInfo& b) {
  return a.epoch == b.epoch && a.secret == b.secret;
}

Result<StoredIdentity> Checked(const Connection& connection, const StorageOptions& options,
                               Rows meta) {
  auto stored = IdentityIn(connection, std::move(meta));
  if (!stored.ok()) return stored;
  const Status allowed = CheckCopy(*stored, options);
  if (!allowed.ok()) return connection.Fail(allowed.code(), allowed.message());
  return stored;
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

// What was found is shown only if nobody has shown anything else since we asked: he may have asked
// later.
Status Identity::Admit(Connection& connection) {
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const Basis basis = Begin();
    const Result<ShopInfo> found = Ask(connection, basis.options);
    const bool concluded = Conclude(found, basis, connection.is_standby());
    if (concluded || !connection.usable()) return found.status();
  }
  return connection.Fail(StatusCode::kUnavailable, "the shop's identity changes all the time");
}

Identity::Basis Identity::Begin() {
  const std::lock_guard guard(mutex_);
  return {options_, changes_};
}

// Two round trips: a new connection is not to be dearer than it must be.
Result<ShopInfo> Identity::Ask(Connection& connection, const StorageOptions& options) {
  Pipeline pipeline(connection);
  PipelineEnd end = pipeline.Add(kMeta).Add(kFacts).Run();
  if (!end.status.ok()) return end.status;
  const auto stored = Checked(connection, options, Rows(std::move(end.results[0])));
  if (!stored.ok()) return stored.status();
  Rows facts(std::move(end.results[1]));
  if (!facts.Next()) return connection.Fail(StatusCode::kCorrupt, "the server says nothing");
  connection.set_admitted(facts.Bool(0));
  if (connection.is_standby()) return stored->shop;
  const auto home = HomeOf(connection, facts);
  if (!home.ok()) return home.status();
  auto changed = Changed(*stored, options, *home);
  if (changed.ok() && !options.read_only && !IsSame(*stored, *changed)) {
    changed = Settle(connection, options, *home);
  }
  if (!changed.ok()) return changed.status();
  return changed->shop;
}

// What should be stored, given what is.
Result<StoredIdentity> Identity::Changed(StoredIdentity identity, const StorageOptions& options,
                                         const std::string& home) {
  const bool moved = !IsSameHome(identity.home, home);
  if (moved || options.new_epoch) {
    auto epoch = options.read_only ? EpochOfReader(home, moved) : NewEpoch();
    if (!epoch.ok()) return epoch.status();
    identity.shop.epoch = std::move(*epoch);
  }
  identity.home = moved ? home : MergedHome(identity.home, home);
  if (options.copy && options.copy->finish) identity.is_unfinished = false;
  return identity;
}

Result<std::string> Identity::EpochOfReader(const std::string& home, bool moved) {
  const std::lock_guard guard(mutex_);
  if (moved && own_epoch_home_ == home) return own_epoch_;
  auto epoch = NewEpoch();
  if (!epoch.ok()) return epoch;
  own_epoch_home_ = home;
  own_epoch_ = *epoch;
  return epoch;
}

bool Identity::TakeNewEpoch() {
  const std::lock_guard guard(mutex_);
  return std::exchange(options_.new_epoch, false);
}

void Identity::GiveBackNewEpoch() {
  const std::lock_guard guard(mutex_);
  options_.new_epoch = true;
}

// Under the write lock: another process, or another thread, may have settled it meanwhile.
Result<StoredIdentity> Identity::Settle(Connection& connection, StorageOptions options,
                                        const std::string& home) {
  Pipeline begin(connection);
  PipelineEnd begun = begin.AddBegin().Add(kTakeLock).Add(kDurably).Add(kMeta).Run();
  Status status = begun.status;
  options.new_epoch = status.ok() && TakeNewEpoch();
  Result<StoredIdentity> changed = status;
  if (status.ok()) changed = Checked(connection, options, Rows(std::move(begun.results.back())));
  if (changed.ok()) changed = Changed(std::move(*changed), options, home);
  if (connection.usable()) {
    Pipeline end(connection);
    if (changed.ok()) {
      AddStore(*changed, &end);
      status = end.AddCommit().Run().status;
      if (!status.ok()) changed = status;
    } else {
      static_cast<void>(end.Add("ROLLBACK").Run());
    }
  }
  if (!changed.ok() && options.new_epoch) GiveBackNewEpoch();
  return changed;
}

bool Identity::Conclude(const Result<ShopInfo>& found, const Basis& basis, bool is_standby) {
  const std::lock_guard guard(mutex_);
  const ShopInfo* const now = newest_.load(std::memory_order_relaxed);
  const bool is_shown = found.ok() && now != nullptr && IsSame(*found, *now);
  if (!is_shown && changes_ != basis.changes) return false;
  if (!found.ok()) return true;
  if (!is_shown) {
    ++changes_;
    shown_.push_front(*found);
    newest_.store(&shown_.front(), std::memory_order_release);
  }
  if (is_standby) return true;
  if (options_.read_only) options_.new_epoch = false;
  // Once it is finished, it is a shop like any other.
  if (options_.copy && options_.copy->finish) {
    ++changes_;
    options_.copy.reset();
  }
  return true;
}

}  // namespace livedrops::postgres
