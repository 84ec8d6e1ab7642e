// livedropsd backup: a verified copy of a SQLite shop, also while it sells.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

#include "base/json_writer.h"
#include "server/auth/crypto.h"
#include "server/program/commands.h"

namespace livedrops::server {
namespace {

// 16 MiB at a time: between two steps a signal can end it.
constexpr int kPagesPerStep = 4096;
// SQLite's instructions between two looks at whether a signal wants the end.
constexpr int kInstructions = 100'000;

using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;
using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

// Signals are blocked in this program, and wait to be looked at.
bool Interrupted() {
  sigset_t waiting;
  sigemptyset(&waiting);
  sigpending(&waiting);
  return sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1;
}

Status ErrorOf(sqlite3* database, const std::string& what) {
  return {StatusCode::kUnavailable, what + ": " + sqlite3_errmsg(database)};
}

Result<Database> OpenDatabase(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw, sqlite3_close);
  if (code != SQLITE_OK) return ErrorOf(raw, path);
  sqlite3_busy_timeout(raw, 10'000);
  sqlite3_progress_handler(
      raw, kInstructions, [](void*) { return static_cast<int>(Interrupted()); }, nullptr);
  return database;
}

std::string Column(sqlite3_stmt* row, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  return text == nullptr ? "" : text;
}

// Calls `on_row` for each row until it says no.
Status ForEachRow(sqlite3* database, const char* sql,
                  const std::function<bool(sqlite3_stmt*)>& on_row) {
  sqlite3_stmt* raw = nullptr;
  const bool prepared = sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) == SQLITE_OK;
  const Statement statement(raw, sqlite3_finalize);
  int code = SQLITE_DONE;
  while (prepared && (code = sqlite3_step(raw)) == SQLITE_ROW && on_row(raw)) {
  }
  const bool done = prepared && (code == SQLITE_DONE || code == SQLITE_ROW);
  return done ? OkStatus() : ErrorOf(database, sql);
}

// One snapshot: what is committed meanwhile belongs to the next backup, and the server never waits.
Status CopyPages(sqlite3* from, sqlite3* to) {
  Status begun = ForEachRow(from, "BEGIN", [](sqlite3_stmt*) { return true; });
  if (begun.ok()) {
    begun = ForEachRow(from, "SELECT count(*) FROM meta", [](sqlite3_stmt*) { return true; });
  }
  if (!begun.ok()) return begun;
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  if (backup == nullptr) return ErrorOf(to, "cannot begin the copy");
  while (!Interrupted() && sqlite3_backup_step(backup, kPagesPerStep) == SQLITE_OK) {
  }
  const int finished = sqlite3_backup_finish(backup);
  if (Interrupted()) return {StatusCode::kUnavailable, "interrupted by a signal"};
  if (finished != SQLITE_OK) return ErrorOf(to, "cannot copy");
  // One file, without a log of its own beside it.
  return ForEachRow(to, "PRAGMA journal_mode=DELETE", [](sqlite3_stmt*) { return true; });
}

// The end of a log whose every row follows from the one before.
struct Verified {
  std::string seq = "0";
  std::string hash = "0";
};

Result<Verified> VerifyCopy(sqlite3* copy) {
  std::string damage;
  Status read = ForEachRow(copy, "PRAGMA integrity_check(1)", [&](sqlite3_stmt* row) {
    damage = Column(row, 0);
    return true;
  });
  if (read.ok() && damage != "ok") return Status(StatusCode::kCorrupt, damage);
  Verified verified;
  std::string broken;
  if (read.ok()) {
    // CONTRACT §8: whoever has the file can check it, without us.
    constexpr char kLog[] =
        "SELECT seq, ts_ms, actor, action, subject, body, hash FROM v_audit ORDER BY seq";
    read = ForEachRow(copy, kLog, [&](sqlite3_stmt* row) {
      std::string text = verified.hash;
      for (int column = 0; column < 6; ++column) text += "|" + Column(row, column);
      verified = {Column(row, 0), Sha256Hex(text)};
      if (verified.hash != Column(row, 6)) broken = verified.seq;
      return broken.empty();
    });
  }
  if (!read.ok()) return read;
  if (broken.empty()) return verified;
  return Status(StatusCode::kCorrupt, "log row " + broken + " does not follow from the one before");
}

Result<Verified> CopyAndVerify(const std::string& from, const std::string& to) {
  const auto source = OpenDatabase(from, SQLITE_OPEN_READONLY);
  if (!source.ok()) return source.status();
  const auto copy = OpenDatabase(to, SQLITE_OPEN_READWRITE);
  if (!copy.ok()) return copy.status();
  if (Status copied = CopyPages(source->get(), copy->get()); !copied.ok()) return copied;
  return VerifyCopy(copy->get());
}

Status SyncPath(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const Status status = synced ? OkStatus()
                               : Status(StatusCode::kUnavailable,
                                        "cannot sync " + path + ": " + std::strerror(errno));
  if (fd >= 0) close(fd);
  return status;
}

// Under its name when it is whole; never over another file.
Status GiveName(const std::string& draft, const std::string& path) {
  if (Status synced = SyncPath(draft); !synced.ok()) return synced;
  if (link(draft.c_str(), path.c_str()) != 0) {
    return {StatusCode::kUnavailable, path + ": " + std::strerror(errno)};
  }
  const std::size_t slash = path.rfind('/');
  return SyncPath(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

void Print(const std::string& path, const Verified& verified) {
  struct stat facts{};
  stat(path.c_str(), &facts);
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Member("file", path).Member("bytes", std::int64_t{facts.st_size});
  json.Name("seq").Raw(verified.seq).Member("hash", verified.hash).EndObject();
  std::puts(text.c_str());
}

}  // namespace

int Backup(const Config& config, const std::string& path) {
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string& url = config.storage.url;
  if (!url.starts_with(kSqlite)) {
    return Fail("only a SQLite shop is copied here; PostgreSQL has pg_basebackup and pg_dump",
                kRefused);
  }
  if (access(path.c_str(), F_OK) == 0) return Fail(path + ": is there already", kRefused);
  std::string draft = path + ".XXXXXX";
  const int fd = mkostemp(draft.data(), O_CLOEXEC);  // Mode 0600: it holds password hashes.
  if (fd < 0) return Fail(path + ": " + std::strerror(errno));
  close(fd);
  const auto verified = CopyAndVerify(url.substr(kSqlite.size()), draft);
  const Status named = verified.ok() ? GiveName(draft, path) : verified.status();
  unlink(draft.c_str());
  if (!named.ok()) {
    return Fail(named.ToString(), named.code() == StatusCode::kCorrupt ? kRefused : kCouldNotRun);
  }
  Print(path, *verified);
  return std::fflush(stdout) == 0 ? kDone : kCouldNotRun;
}

}  // namespace livedrops::server
