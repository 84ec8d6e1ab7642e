#include "cli/bench_bare.h"

#include <array>
#include <cstdio>
#include <filesystem>

namespace livedrops::cli {
namespace {

using Steady = std::chrono::steady_clock;

// The columns of our table without its checks, and the settings of our writer (storage/sqlite).
constexpr char kSetUp[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 250;"
    "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192; PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY;"
    "CREATE TABLE drops(drop_no INTEGER PRIMARY KEY, drop_id TEXT, current_stock INTEGER,"
    " changed_ms INTEGER, status TEXT, version INTEGER);"
    "INSERT INTO drops VALUES(1, 'bench-drop', 2147483647, 0, 'live', 0);"
    "CREATE TABLE orders(seq INTEGER PRIMARY KEY, drop_no INTEGER, off INTEGER, at INTEGER,"
    " user_id TEXT, actor TEXT, idem_key TEXT, qty INTEGER, amount INTEGER, balance INTEGER,"
    " ttl INTEGER, order_id BLOB, hash BLOB, status TEXT, now_qty INTEGER, now_expires INTEGER)";
constexpr char kInsert[] =
    "INSERT INTO orders(seq, drop_no, off, at, user_id, actor, idem_key, qty, amount, balance, ttl,"
    " order_id, hash) VALUES(?, 1, ?, ?, ?, NULL, ?, 1, 1999, ?, 0, ?, ?)";
constexpr char kUpdate[] =
    "UPDATE drops SET current_stock = ?, changed_ms = ?, status = 'live', version = ?"
    " WHERE drop_no = 1";

// Rows are made before the measurement.
constexpr int kPool = 100'000;

void RemoveDatabase(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

std::int64_t NowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

struct BareLoop::Row {
  char user[12];
  char key[37];
  std::array<unsigned char, 16> order_id;
  std::array<unsigned char, 32> hash;
};

BareLoop::BareLoop(std::string path) : path_(std::move(path)), pool_(kPool) {
  std::uint64_t random = 1;
  const auto next = [&random] {
    random = random * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<unsigned>(random >> 33);
  };
  for (Row& row : pool_) {
    (void)std::snprintf(row.user, sizeof row.user, "u%010u", next() % 1'000'000);
    (void)std::snprintf(row.key, sizeof row.key, "%08x-%04x-4000-8000-%012x", next(),
                        next() & 0xffffu, next());
    for (auto& byte : row.order_id) byte = static_cast<unsigned char>(next());
    for (auto& byte : row.hash) byte = static_cast<unsigned char>(next());
  }
}

BareLoop::~BareLoop() {
  for (sqlite3_stmt* statement : {begin_, insert_, update_, commit_}) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
  RemoveDatabase(path_);
}

Result<std::unique_ptr<BareLoop>> BareLoop::Open(const std::string& path) {
  RemoveDatabase(path);
  std::unique_ptr<BareLoop> loop(new BareLoop(path));
  if (Status ready = loop->Prepare(); !ready.ok()) return ready;
  return loop;
}

Status BareLoop::Prepare() {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path_.c_str(), &db_, kFlags, nullptr) != SQLITE_OK) return Error();
  if (sqlite3_exec(db_, kSetUp, nullptr, nullptr, nullptr) != SQLITE_OK) return Error();
  const auto prepare = [this](const char* sql, sqlite3_stmt** statement) {
    return sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, nullptr) ==
           SQLITE_OK;
  };
  const bool ok = prepare("BEGIN IMMEDIATE", &begin_) && prepare(kInsert, &insert_) &&
                  prepare(kUpdate, &update_) && prepare("COMMIT", &commit_);
  return ok ? OkStatus() : Error();
}

Status BareLoop::Error() const {
  return {StatusCode::kUnavailable, std::string("bare loop: ") + sqlite3_errmsg(db_)};
}

bool BareLoop::Step(sqlite3_stmt* statement) {
  const int rc = sqlite3_step(statement);
  return sqlite3_reset(statement) == SQLITE_OK && rc == SQLITE_DONE;
}

bool BareLoop::Insert(const Row& row) {
  sqlite3_bind_int64(insert_, 1, seq_);
  sqlite3_bind_int64(insert_, 2, seq_);
  sqlite3_bind_int64(insert_, 3, 1'795'000'000'000 + seq_ / 300);
  sqlite3_bind_text(insert_, 4, row.user, sizeof row.user - 1, SQLITE_STATIC);
  sqlite3_bind_text(insert_, 5, row.key, sizeof row.key - 1, SQLITE_STATIC);
  sqlite3_bind_int64(insert_, 6, 2'147'483'647 - seq_);
  sqlite3_bind_blob(insert_, 7, row.order_id.data(), sizeof row.order_id, SQLITE_STATIC);
  sqlite3_bind_blob(insert_, 8, row.hash.data(), sizeof row.hash, SQLITE_STATIC);
  return Step(insert_);
}

bool BareLoop::Commit(int rows) {
  if (!Step(begin_)) return false;
  for (int i = 0; i < rows; ++i) {
    ++seq_;
    if (!Insert(pool_[static_cast<std::size_t>(seq_) % pool_.size()])) return false;
  }
  sqlite3_bind_int64(update_, 1, 2'147'483'647 - seq_);
  sqlite3_bind_int64(update_, 2, NowMs());
  sqlite3_bind_int64(update_, 3, seq_);
  return Step(update_) && Step(commit_);
}

Status BareLoop::Run(std::chrono::nanoseconds duration, int rows_per_commit) {
  const auto start = Steady::now();
  auto now = start;
  while (now - start < duration) {
    if (!Commit(rows_per_commit)) return Error();
    const auto after = Steady::now();
    commits_.Add(after - now);
    now = after;
    rows_ += static_cast<std::uint64_t>(rows_per_commit);
  }
  seconds_ += std::chrono::duration<double>(now - start).count();
  return OkStatus();
}

}  // namespace livedrops::cli
