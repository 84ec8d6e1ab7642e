#include "storage/sqlite/writer.h"

#include <algorithm>

#include "storage/sqlite/log_rewrite.h"
#include "storage/sqlite/order_index.h"

namespace livedrops::sqlite {
namespace {

// A commit that changed many pages is not copied back alone: the next ones change many of them
// again.
constexpr int kCommitsPerCheckpoint = 4;
// The log grows no longer than this: 64 MiB of pages.
constexpr int kLogPagesMax = 16'384;

// 8 MiB of cache: with 24 or 64 neither follows nor orders were faster. Some builds of
// SQLite overwrite by themselves what is deleted, for which orders would wait; accounts have it so.
std::string Settings(const SqliteOptions& options) {
  constexpr const char* kLevels[] = {"OFF", "NORMAL", "FULL"};
  return std::string("PRAGMA synchronous = ") + kLevels[static_cast<int>(options.synchronous)] +
         "; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;"
         " PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF;";
}

// Failures of the COMMIT step after which it is certain that nothing was written.
bool IsDefinite(int rc) { return (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_FULL; }

}  // namespace

Writer::Writer(ConnectionOptions options, const SqliteOptions& sqlite, OrderIndex* index)
    : options_(std::move(options)), sqlite_(sqlite), index_(index) {}

Status Writer::Open() {
  if (connection_ != nullptr) return OkStatus();
  auto connection = Connection::Open(options_);
  if (!connection.ok()) return connection.status();
  if (Status status = (*connection)->Execute(Settings(sqlite_).c_str()); !status.ok()) {
    return status;
  }
  if (const int rc = tables_.Register(**connection); rc != SQLITE_OK) {
    return (*connection)->Error(rc);
  }
  connection_ = std::move(*connection);
  // Replaces SQLite's own automatic checkpoint.
  sqlite3_wal_hook(connection_->raw(), &OnCommitted, this);
  return OkStatus();
}

// Whether the checkpoint works now or the next one does, the commit is done.
int Writer::OnCommitted(void* self, sqlite3* db, const char* name, int log_pages) {
  auto* writer = static_cast<Writer*>(self);
  const bool restarted = log_pages < writer->log_pages_;
  const int added = restarted ? log_pages : log_pages - writer->log_pages_;
  writer->log_pages_ = log_pages;
  const int enough = std::max(writer->sqlite_.checkpoint_pages, kCommitsPerCheckpoint * added);
  if (writer->sqlite_.checkpoint_pages != 0 && log_pages >= std::min(enough, kLogPagesMax)) {
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  return SQLITE_OK;
}

Status Writer::Begin(Duration deadline) {
  if (Status status = Open(); !status.ok()) return status;
  if (connection_->in_transaction()) return OkStatus();
  connection_->set_busy_deadline(deadline);
  Status status = Query(*connection_, "BEGIN IMMEDIATE").Run();
  connection_->set_busy_deadline(sqlite_.busy_deadline);
  return status;
}

Status Writer::Lock(Duration deadline) {
  if (suspect_) {
    return {StatusCode::kUnavailable, "the last commit is in doubt and must be resolved first"};
  }
  return Begin(deadline);
}

void Writer::Unlock() {
  if (connection_ != nullptr) GiveUp();
}

// A connection that cannot even roll back is replaced by a new one.
void Writer::GiveUp() {
  if (!connection_->Rollback()) connection_.reset();
}

Status Writer::Commit(const CommitBatch& batch, const Head& expected) {
  if (Status status = Lock(sqlite_.busy_deadline); !status.ok()) return status;
  Status status = WriteBatch(batch, expected);
  if (status.ok()) {
    status = End();
  } else {
    GiveUp();
  }
  if (status.ok()) tables_.Committed(batch);
  if (index_ != nullptr) index_->CommitEnded(batch, expected, status.ok());
  return status;
}

Status Writer::WriteBatch(const CommitBatch& batch, const Head& expected) {
  const Result<Head> head = ReadHead(*connection_);
  if (!head.ok()) return head.status();
  if (*head != expected) {
    return {StatusCode::kFenced, "the log ends at " + std::to_string(head->seq) + ", not at " +
                                     std::to_string(expected.seq)};
  }
  Status status = tables_.Write(*connection_, batch, expected);
  if (status.ok() && index_ != nullptr) status = index_->WriteSlice(*connection_, batch, expected);
  return status;
}

Status Writer::End() {
  int rc = SQLITE_OK;
  Status status;
  {
    Query commit(*connection_, "COMMIT");
    commit.Next();
    rc = commit.rc();
    status = commit.status();
  }
  if (rc == SQLITE_DONE) return OkStatus();
  if (IsDefinite(rc)) {
    GiveUp();
    return {StatusCode::kUnavailable, status.message()};
  }
  // Closed at once, so that its write lock keeps nobody else from writing.
  connection_.reset();
  suspect_ = true;
  return {StatusCode::kOutcomeUnknown, status.message()};
}

Result<Head> Writer::Resolve(const std::function<EventRow(const Head& found)>& chain) {
  suspect_ = true;
  // The old connection's view of the file is not to be trusted after a failed write.
  connection_.reset();
  if (index_ != nullptr) index_->Forget();
  Result<Head> found = WriteBarrier(chain);
  if (found.ok()) {
    suspect_ = false;
    return found;
  }
  connection_.reset();
  const bool hopeless = found.status().code() == StatusCode::kCorrupt;
  return hopeless ? found.status() : Status(StatusCode::kUnavailable, found.status().message());
}

// A row of our own at the log's next place: whatever was under way is now before it or never will
// be. What stands before it must be on the disk, also where the first sync failed.
Result<Head> Writer::WriteBarrier(const std::function<EventRow(const Head& found)>& chain) {
  if (Status status = Begin(sqlite_.busy_deadline); !status.ok()) return status;
  if (Status status = RewriteLog(*connection_); !status.ok()) return status;
  Result<Head> found = ReadHead(*connection_);
  if (!found.ok()) return found;
  const EventRow barrier = chain(*found);
  CommitBatch batch;
  batch.events = {&barrier, 1};
  batch.head = {barrier.seq, barrier.hash};
  if (Status status = tables_.Write(*connection_, batch, *found); !status.ok()) return status;
  if (Status status = Query(*connection_, "COMMIT").Run(); !status.ok()) return status;
  return found;
}

void Writer::Close() { connection_.reset(); }

}  // namespace livedrops::sqlite
