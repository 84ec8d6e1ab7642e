#include "storage/sqlite/connection.h"

#include <sys/stat.h>
#include <time.h>

#include <filesystem>

namespace livedrops::sqlite {
namespace {

StatusCode CodeOf(int rc) {
  switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // A table or column is not there: somebody else changed the schema.
      return StatusCode::kCorrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_TOOBIG:
      return StatusCode::kBrokenInvariant;
    default:
      return StatusCode::kUnavailable;
  }
}

// What keeps a file from being opened, asked only after SQLite said that it cannot.
std::string WhyNotOpened(const ConnectionOptions& options, const char* otherwise) {
  std::error_code error;
  const std::filesystem::path path(options.path);
  if (std::filesystem::is_directory(path, error)) return "is a directory";
  const auto parent = path.parent_path();
  if (!parent.empty() && !std::filesystem::is_directory(parent, error)) {
    return "its directory '" + parent.filename().string() + "' does not exist";
  }
  if (!options.create && !std::filesystem::exists(path, error)) return "does not exist";
  return otherwise;
}

}  // namespace

Connection::Connection(const ConnectionOptions& options)
    : file_name_(std::filesystem::path(options.path).filename().string()),
      busy_deadline_(options.busy_deadline) {}

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  std::unique_ptr<Connection> connection(new Connection(options));
  int flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create && !options.read_only) flags |= SQLITE_OPEN_CREATE;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int rc = sqlite3_open_v2(options.path.c_str(), &connection->db_,
                                 flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  if (rc != SQLITE_OK) {
    const char* what =
        connection->db_ == nullptr ? sqlite3_errstr(rc) : sqlite3_errmsg(connection->db_);
    return connection->Fail(StatusCode::kUnavailable, WhyNotOpened(options, what));
  }
  if (const int busy = sqlite3_busy_handler(connection->db_, &OnBusy, connection.get());
      busy != SQLITE_OK) {
    return connection->Error(busy);
  }
  if (!options.read_only && sqlite3_db_readonly(connection->db_, "main") == 1) {
    return connection->Fail(StatusCode::kUnavailable, "the file is read-only");
  }
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  // Never refused: nothing of it is in use any more.
  sqlite3_close_v2(db_);
}

int Connection::OnBusy(void* self, int count) {
  auto* connection = static_cast<Connection*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (count == 0) connection->busy_since_ = now;
  if (now - connection->busy_since_ >= connection->busy_deadline_) return 0;
  // 100 us, always: SQLite's own handler backs off to 100 ms and starves whoever waits longest.
  constexpr timespec kPause{0, 100'000};
  nanosleep(&kPause, nullptr);
  return 1;
}

Status Connection::Execute(const char* sql) {
  const int rc = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return rc == SQLITE_OK ? OkStatus() : Error(rc);
}

Result<std::int64_t> Connection::ReadInt(const char* sql, std::int64_t otherwise) {
  Query query(*this, sql);
  const std::int64_t value = query.Next() ? query.Int(0) : otherwise;
  if (Status status = query.status(); !status.ok()) return status;
  return value;
}

int Connection::Prepare(const char* sql, sqlite3_stmt** statement) {
  const auto [position, is_new] = statements_.try_emplace(sql, nullptr);
  if (is_new) {
    const int rc =
        sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &position->second, nullptr);
    if (rc != SQLITE_OK) {
      statements_.erase(position);
      return rc;
    }
  }
  *statement = position->second;
  return SQLITE_OK;
}

Status Connection::Error(int rc) {
  const StatusCode code = CodeOf(rc);
  if (code != StatusCode::kBrokenInvariant) failed_ = true;
  return Fail(code, (sqlite3_errcode(db_) & 0xff) == (rc & 0xff) ? sqlite3_errmsg(db_)
                                                                 : sqlite3_errstr(rc));
}

Status Connection::Fail(StatusCode code, std::string_view what) const {
  std::string message = file_name_;
  message.append(": ").append(what);
  return Status(code, std::move(message));
}

bool Connection::Rollback() {
  if (!in_transaction()) return true;
  return Query(*this, "ROLLBACK").Run().ok() || !in_transaction();
}

}  // namespace livedrops::sqlite
