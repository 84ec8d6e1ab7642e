// Connection: one libpq connection in pipeline mode, its settings, its prepared statements and its
// deadlines. Pipelines (pipeline.h) run on it.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "livedrops/status.h"
#include "livedrops/types.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/params.h"

namespace livedrops::postgres {

struct ConnectionOptions {
  std::string url;  // As libpq takes it.
  bool writes = false;
  Duration connect_deadline{5'000};
  // How long the server may take for one answer.
  Duration answer_deadline{30'000};
  // On the server: what a statement, a lock and a transaction that does nothing may take.
  Duration statement_timeout{30'000};
  Duration lock_timeout{2'000};
  Duration idle_timeout{60'000};
};

// Whether libpq can read the URL, without connecting. Errors: invalid_argument. Messages never
// repeat a password, nor anything that might be a part of one.
Status CheckUrl(const std::string& url);

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

// Threading: one thread at a time.
class Connection {
  using Steady = std::chrono::steady_clock;

 public:
  // Errors: unavailable, unsupported (not UTF-8, too old), invalid_argument (URL).
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False: it is of no more use.
  bool usable() const { return db_ != nullptr && !lost_ && PQstatus(db_) == CONNECTION_OK; }
  // Whether the server has closed it meanwhile, looked at without a round trip.
  bool IsAlive();

  // Runs statements outside of a pipeline, as one script. For schemas.
  Status RunScript(const std::string& sql);

  // Whose shop it is was looked at (identity.h). One to a standby is not to be kept: should the
  // standby be promoted, it would go on in another history.
  void set_admitted(bool is_standby) {
    is_standby_ = is_standby;
    admitted_at_ = Steady::now();
  }
  bool is_standby() const { return is_standby_; }
  // Whether a pooler may have gone on to another server since.
  bool may_have_moved() const {
    return pooled_ && Steady::now() - admitted_at_ > std::chrono::seconds(1);
  }

  // A status about this database.
  Status Fail(StatusCode code, std::string_view what) const;

  // --- for Pipeline ---

  // A transaction pooler is between us and the server: what is set or prepared does not last.
  bool pooled() const { return pooled_; }
  // Sets our timeouts inside a transaction, for pooled connections.
  const char* local_settings() const { return local_settings_.c_str(); }
  // The name of this statement on the server, and whether it must be prepared first. Statements are
  // known by their address.
  const char* NameOf(const char* sql, const Params& params, bool* is_new);
  void Prepared(const char* sql) { prepared_.insert(statements_[sql].name); }
  PGconn* raw() { return db_; }
  // Sends what libpq has buffered. False: lost.
  bool Flush();
  // The next result; null at the end of a statement's, or when the connection is lost.
  ResultPtr Receive();
  bool lost() const { return lost_; }
  const ServerError& loss() const { return loss_; }
  // A WARNING of the server since Pipeline asked last.
  bool TakeWarning() { return std::exchange(warned_, false); }
  void Lose(std::string_view why);
  void set_answer_deadline(Duration deadline) { options_.answer_deadline = deadline; }

 private:
  struct Statement {
    std::string name;
    bool prepared = false;  // As far as was asked: prepared_ knows.
  };
  explicit Connection(ConnectionOptions options) : options_(std::move(options)) {}
  Status Connect();
  Status WaitForConnect();
  Status SetUp();
  // Waits for the socket; false at the deadline or when it is lost.
  bool Await(short events, Steady::time_point until);
  static void OnNotice(void* self, const PGresult* notice);

  ConnectionOptions options_;
  PGconn* db_ = nullptr;
  bool lost_ = false;
  bool is_standby_ = false;
  Steady::time_point admitted_at_;
  bool pooled_ = false;
  bool warned_ = false;
  ServerError loss_;
  std::string local_settings_;
  std::unordered_map<const char*, Statement> statements_;
  std::unordered_set<std::string> prepared_;  // Names: two texts may be the same one.
};

}  // namespace livedrops::postgres
