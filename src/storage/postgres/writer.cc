#include "storage/postgres/writer.h"

#include "base/batch_sequence.h"
#include "storage/postgres/query.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/state_reader.h"

namespace livedrops::postgres {
namespace {

constexpr char kTryLock[] = "SELECT pg_try_advisory_xact_lock(" LD_LOCK_KEYS ")";
// A process that was stopped while the server waits for the rest of what it sends keeps the write
// lock for ever: idle-in-transaction timeouts run only between pipelines. The clock is the server's
// and decides nothing but this.
constexpr char kEvictStopped[] =
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (l.classid::bigint, l.objid::bigint) ="
    " (1279554160, hashtext(current_schema())::bigint & 4294967295)"
    " AND a.wait_event = 'ClientRead'"
    " AND a.state_change < clock_timestamp() - $1::bigint * interval '1 millisecond'";
constexpr char kLockTimeout[] = "SELECT set_config('lock_timeout', $1::text, true)";

Status Broken(std::string_view what, std::string_view which) {
  return {StatusCode::kBrokenInvariant, std::string(what) + ": " + std::string(which)};
}

// What the tables' constraints do not see.
Status CheckRows(const CommitBatch& batch) {
  for (const DropRow& row : batch.drops) {
    if (row.drop_no == 0 || row.drop_no > batch.head.seq || !row.drop.id.valid()) {
      return Broken("drop without id or log row", std::to_string(row.drop_no));
    }
  }
  for (const FollowRow& row : batch.follows) {
    if (!row.creator.valid() || !row.user.valid()) {
      return Broken("follow without creator or user", row.user.view());
    }
  }
  for (const Session& session : batch.sessions) {
    if (session.id.empty()) return Broken("session without id of user", session.user.view());
  }
  return OkStatus();
}

}  // namespace

Status Writer::Open() {
  if (connection_ != nullptr && connection_->IsAlive()) {
    if (held_lock_ != 0 || !connection_->may_have_moved()) return OkStatus();
    if (Status admitted = identity_->Admit(*connection_); admitted.ok()) return admitted;
  }
  End();
  if (Status status = backoff_.MayTry(); !status.ok()) return status;
  auto connection = Connect();
  if (!connection.ok()) {
    backoff_.Failed(connection.status());
    return connection.status();
  }
  backoff_.Succeeded();
  connection_ = std::move(*connection);
  // It may be another server by now.
  batches_.Forget();
  return OkStatus();
}

// Nothing is committed before the epoch is that of this server's history.
Result<std::unique_ptr<Connection>> Writer::Connect() {
  auto connection = Connection::Open(options_.connection);
  if (!connection.ok()) return connection;
  if (Status admitted = identity_->Admit(**connection); !admitted.ok()) return admitted;
  if (!(*connection)->is_standby()) return connection;
  return (*connection)->Fail(StatusCode::kUnavailable, "the server is a standby, it only reads");
}

void Writer::End() {
  connection_.reset();
  held_lock_ = 0;
}

Status Writer::Lock(Duration deadline) {
  const std::lock_guard guard(mutex_);
  if (suspect_) {
    return {StatusCode::kUnavailable, "the last commit is in doubt and must be resolved first"};
  }
  return TakeLock(deadline);
}

Status Writer::TakeLock(Duration deadline) {
  if (Status status = Open(); !status.ok()) return status;
  if (held_lock_ != 0) return OkStatus();
  connection_->set_answer_deadline(options_.connection.answer_deadline + deadline);
  Pipeline pipeline(*connection_);
  pipeline.AddBegin();
  const bool waits = deadline.count() > 0;
  if (waits) {
    Params timeout;
    pipeline.Add(kLockTimeout, timeout.Add(std::string_view(std::to_string(deadline.count()))));
  }
  const PipelineEnd end = pipeline.Add(waits ? kTakeLock : kTryLock).Run();
  connection_->set_answer_deadline(options_.connection.answer_deadline);
  Status status = end.status;
  if (status.ok() && !waits) {
    const bool taken = *PQgetvalue(end.results.back().get(), 0, 0) != 0;
    if (!taken) status = {StatusCode::kUnavailable, "another process has the write lock"};
  }
  if (!status.ok()) {
    GiveUp();
    if (waits && status.code() == StatusCode::kUnavailable) EvictStopped();
    return status;
  }
  held_lock_ = ++locks_;
  return status;
}

void Writer::EvictStopped() {
  if (connection_ == nullptr) return;
  Query query(*connection_, kEvictStopped);
  // Best effort: not every role may.
  static_cast<void>(query.Bind(options_.connection.idle_timeout.count()).Next());
}

void Writer::Unlock() {
  const std::lock_guard guard(mutex_);
  if (held_lock_ != 0) GiveUp();
}

// A connection that cannot even roll back is replaced by a new one.
void Writer::GiveUp() {
  held_lock_ = 0;
  if (connection_ == nullptr) return;
  const PGTransactionStatusType state = PQtransactionStatus(connection_->raw());
  if (connection_->usable() && (state == PQTRANS_INTRANS || state == PQTRANS_INERROR)) {
    Pipeline pipeline(*connection_);
    static_cast<void>(pipeline.Add("ROLLBACK").Run());
  }
  if (!connection_->usable()) End();
}

bool Writer::KeepLock(std::uint64_t number) {
  if (number == 0) return true;
  const std::lock_guard guard(mutex_);
  if (held_lock_ != number) return false;
  Query query(*connection_, "SELECT true");
  return query.Next();
}

Status Writer::Commit(const CommitBatch& batch, const Head& expected) {
  const std::lock_guard guard(mutex_);
  if (suspect_) {
    return {StatusCode::kUnavailable, "the last commit is in doubt and must be resolved first"};
  }
  if (Status status = Open(); !status.ok()) return status;
  Status status = CheckSequence(batch, expected);
  if (status.ok()) status = CheckRows(batch);
  if (!status.ok()) status = RefuseBroken(status, expected);
  bool certain = true;
  if (status.ok()) {
    PipelineEnd end = WriteBatch(batch, expected);
    status = std::move(end.status);
    certain = end.certain;
  }
  if (status.ok()) {
    batches_.Committed(batch);
    held_lock_ = 0;
    return status;
  }
  if (certain) {
    // What cannot be stored should not have been decided.
    if (status.code() == StatusCode::kInvalidArgument) {
      status = {StatusCode::kBrokenInvariant, status.message()};
    }
    GiveUp();
    if (status.code() == StatusCode::kUnavailable) EvictStopped();
    return status;
  }
  // Closed at once. Its transaction may still go on in the server, which is why only a barrier
  // tells.
  End();
  suspect_ = true;
  return {StatusCode::kOutcomeUnknown, status.message()};
}

Status Writer::RefuseBroken(const Status& broken, const Head& expected) {
  const Result<Head> head = ReadHead(*connection_);
  if (!head.ok()) return head.status();
  if (*head == expected) return broken;
  return {StatusCode::kFenced, "the log ends at " + std::to_string(head->seq)};
}

PipelineEnd Writer::WriteBatch(const CommitBatch& batch, const Head& expected) {
  Pipeline pipeline(*connection_);
  if (held_lock_ == 0) pipeline.Add(kTakeLock);
  batches_.Add(batch, expected, options_.schema_version, &pipeline);
  if (held_lock_ != 0) pipeline.AddCommit();
  return pipeline.Run();
}

Result<Head> Writer::Resolve(const std::function<EventRow(const Head& found)>& chain) {
  const std::lock_guard guard(mutex_);
  suspect_ = true;
  // Whatever is under way on the old connection ends before we get its locks, or never begins.
  End();
  Result<Head> found = WriteBarrier(chain);
  if (found.ok()) {
    suspect_ = false;
    return found;
  }
  End();
  const bool hopeless = found.status().code() == StatusCode::kCorrupt ||
                        found.status().code() == StatusCode::kUnsupported;
  return hopeless ? found.status() : Status(StatusCode::kUnavailable, found.status().message());
}

// A row of our own at the log's next place: whatever was under way is now before it or never will
// be.
Result<Head> Writer::WriteBarrier(const std::function<EventRow(const Head& found)>& chain) {
  if (Status status = TakeLock(options_.lock_deadline); !status.ok()) return status;
  Result<Head> found = ReadHead(*connection_);
  if (!found.ok()) return found;
  const EventRow barrier = chain(*found);
  CommitBatch batch;
  batch.events = {&barrier, 1};
  batch.head = {barrier.seq, barrier.hash};
  if (Status status = CheckSequence(batch, *found); !status.ok()) return status;
  const PipelineEnd end = WriteBatch(batch, *found);
  held_lock_ = 0;
  if (!end.status.ok()) return end.status;
  return found;
}

void Writer::Close() {
  const std::lock_guard guard(mutex_);
  End();
}

}  // namespace livedrops::postgres
