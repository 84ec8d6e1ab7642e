#include "storage/postgres/connection.h"

#include <poll.h>

#include <array>

#include "base/hex.h"
#include "base/siphash.h"

namespace livedrops::postgres {
namespace {

// 12: pg_advisory locks, set_config and row comparisons are older; `plan_cache_mode` came with it.
constexpr int kServerVersionMin = 120'000;

struct Freed {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  void operator()(char* text) const { PQfreemem(text); }
};
using UrlParts = std::unique_ptr<PQconninfoOption, Freed>;

std::string_view PartOf(const UrlParts& parts, std::string_view keyword) {
  for (const PQconninfoOption* part = parts.get(); part->keyword != nullptr; ++part) {
    if (part->keyword == keyword && part->val != nullptr) return part->val;
  }
  return {};
}

UrlParts ParseUrl(const std::string& url, Status* status) {
  char* error = nullptr;
  UrlParts parts(PQconninfoParse(url.c_str(), &error));
  const std::unique_ptr<char, Freed> freed(error);
  if (parts == nullptr) {
    // What libpq complains about may be a part of a password that was not percent-encoded.
    const bool may_have_secret =
        url.find('@') != std::string::npos || url.find("pass") != std::string::npos;
    *status = {StatusCode::kInvalidArgument,
               may_have_secret
                   ? "cannot be read as a PostgreSQL URL (not repeated, it may hold a password): "
                     "percent-encode what is no letter or digit in user and password"
                   : CleanMessage(error == nullptr ? "out of memory" : error)};
  } else if (PartOf(parts, "host").find('@') != std::string_view::npos) {
    *status = {StatusCode::kInvalidArgument,
               "the host of the PostgreSQL URL has an '@': write %40 in user and password"};
  }
  return parts;
}

Duration Left(std::chrono::steady_clock::time_point until) {
  const auto left = until - std::chrono::steady_clock::now();
  return std::max(Duration(0), std::chrono::ceil<Duration>(left));
}

std::string Setting(std::string_view name, const std::string& value, bool is_local) {
  return "set_config('" + std::string(name) + "', " + value + (is_local ? ", true)" : ", false)");
}

// A commit is on disk when it is acknowledged, whatever the role's default is; where somebody asked
// for more or less of the standbys, so be it.
constexpr char kSynchronousCommit[] =
    "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
    " ELSE current_setting('synchronous_commit') END";

std::string SettingsSql(const ConnectionOptions& options, bool is_local) {
  const auto ms = [](Duration duration) { return "'" + std::to_string(duration.count()) + "'"; };
  std::string sql =
      "SELECT " + Setting("statement_timeout", ms(options.statement_timeout), is_local);
  sql += ", " + Setting("lock_timeout", ms(options.lock_timeout), is_local);
  sql += ", " + Setting("idle_in_transaction_session_timeout", ms(options.idle_timeout), is_local);
  sql += ", " + Setting("jit", "'off'", is_local);
  if (options.writes) {
    sql += ", " + Setting("synchronous_commit", kSynchronousCommit, is_local);
    // One plan for batches of every size: they touch rows by key only.
    sql += ", " + Setting("plan_cache_mode", "'force_generic_plan'", is_local);
  }
  return sql;
}

// Whoever shares the server's session means the same statement by it.
std::string NameByContent(const char* sql, const Params& params) {
  std::string text(sql);
  for (const Oid type : params.types()) text += ' ' + std::to_string(type);
  const Hash128 hash = SipHash(SipKey{}, text);
  std::array<std::uint8_t, 8> bytes{};
  std::memcpy(bytes.data(), &hash.low, bytes.size());
  return "livedrops_" + ToHex(bytes);
}

}  // namespace

Status CheckUrl(const std::string& url) {
  Status status;
  ParseUrl(url, &status);
  return status;
}

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  std::unique_ptr<Connection> connection(new Connection(options));
  Status status = connection->Connect();
  if (status.ok()) status = connection->SetUp();
  if (!status.ok()) return status;
  return connection;
}

Connection::~Connection() { PQfinish(db_); }

Status Connection::Connect() {
  Status status;
  const UrlParts parts = ParseUrl(options_.url, &status);
  if (!status.ok()) return status;
  // What the URL says comes later and wins.
  const std::array keywords = {"fallback_application_name", "dbname", "client_encoding",
                               static_cast<const char*>(nullptr)};
  const std::array values = {"livedrops", options_.url.c_str(), "UTF8",
                             static_cast<const char*>(nullptr)};
  db_ = PQconnectStartParams(keywords.data(), values.data(), 1);
  if (db_ == nullptr) return {StatusCode::kUnavailable, "PostgreSQL: out of memory"};
  status = WaitForConnect();
  if (status.ok()) return status;
  return {status.code(), CleanMessage(status.message(), PartOf(parts, "password"))};
}

Status Connection::WaitForConnect() {
  const auto until = Steady::now() + options_.connect_deadline;
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED || PQstatus(db_) == CONNECTION_BAD) {
      return {StatusCode::kUnavailable, std::string("PostgreSQL: ") + PQerrorMessage(db_)};
    }
    if (!Await(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until)) {
      return {StatusCode::kUnavailable, "PostgreSQL: the server did not answer within " +
                                            std::to_string(options_.connect_deadline.count()) +
                                            " ms"};
    }
    state = PQconnectPoll(db_);
  }
  return OkStatus();
}

Status Connection::SetUp() {
  PQsetNoticeReceiver(db_, &OnNotice, this);
  if (const int version = PQserverVersion(db_); version < kServerVersionMin) {
    return Fail(StatusCode::kUnsupported,
                "server version " + std::to_string(version / 10'000) + " is older than 12");
  }
  const char* encoding = PQparameterStatus(db_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return Fail(StatusCode::kUnsupported, "the database's encoding is " +
                                              std::string(encoding == nullptr ? "?" : encoding) +
                                              ", it must be UTF8");
  }
  // A pooler gives a backend number of its own, for cancelling.
  const ResultPtr pid(PQexec(db_, "SELECT pg_backend_pid()"));
  if (PQresultStatus(pid.get()) != PGRES_TUPLES_OK) return StatusOf(ErrorOf(pid.get()));
  pooled_ = std::to_string(PQbackendPID(db_)) != PQgetvalue(pid.get(), 0, 0);
  local_settings_ = SettingsSql(options_, true);
  if (!pooled_) {
    const ResultPtr set(PQexec(db_, SettingsSql(options_, false).c_str()));
    if (PQresultStatus(set.get()) != PGRES_TUPLES_OK) return StatusOf(ErrorOf(set.get()));
  }
  if (PQenterPipelineMode(db_) == 1 && PQsetnonblocking(db_, 1) == 0) return OkStatus();
  return Fail(StatusCode::kUnavailable, "pipeline mode could not be entered");
}

Status Connection::RunScript(const std::string& sql) {
  if (PQexitPipelineMode(db_) != 1 || PQsetnonblocking(db_, 0) != 0) {
    return Fail(StatusCode::kUnavailable, "pipeline mode could not be left");
  }
  const ResultPtr result(PQexec(db_, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  Status done;
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    done = StatusOf(ErrorOf(result.get()));
  }
  if (PQstatus(db_) != CONNECTION_OK || PQenterPipelineMode(db_) != 1 ||
      PQsetnonblocking(db_, 1) != 0) {
    Lose("the connection was lost in a script");
  }
  return done;
}

Status Connection::Fail(StatusCode code, std::string_view what) const {
  const char* name = db_ == nullptr ? nullptr : PQdb(db_);
  return {code,
          "database '" + std::string(name == nullptr ? "" : name) + "': " + std::string(what)};
}

bool Connection::IsAlive() {
  pollfd socket{PQsocket(db_), POLLIN, 0};
  // Nobody asked, so it is a notice, and after the last one comes the end.
  while (usable() && poll(&socket, 1, 0) > 0) {
    if (PQconsumeInput(db_) != 1) return false;
    static_cast<void>(PQisBusy(db_));
  }
  return usable();
}

const char* Connection::NameOf(const char* sql, const Params& params, bool* is_new) {
  Statement& statement = statements_[sql];
  *is_new = false;
  if (pooled_ || statement.prepared) return statement.name.c_str();
  if (statement.name.empty()) statement.name = NameByContent(sql, params);
  statement.prepared = prepared_.contains(statement.name);
  *is_new = !statement.prepared;
  return statement.name.c_str();
}

void Connection::OnNotice(void* self, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "WARNING") {
    static_cast<Connection*>(self)->warned_ = true;
  }
}

void Connection::Lose(std::string_view why) {
  if (lost_) return;
  lost_ = true;
  loss_ = {{}, {}, CleanMessage(why)};
}

bool Connection::Await(short events, Steady::time_point until) {
  for (;;) {
    pollfd socket{PQsocket(db_), events, 0};
    const int ready = poll(&socket, 1, static_cast<int>(Left(until).count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool Connection::Flush() {
  const auto until = Steady::now() + options_.answer_deadline;
  while (usable()) {
    const int left = PQflush(db_);
    if (left == 0) return true;
    // The server may wait for us to read before it reads on.
    if (left < 0) break;
    if (!Await(POLLIN | POLLOUT, until)) {
      Lose("the server did not take what was sent in time");
    } else if (PQconsumeInput(db_) != 1) {
      break;
    }
  }
  Lose(PQerrorMessage(db_));
  return false;
}

ResultPtr Connection::Receive() {
  const auto until = Steady::now() + options_.answer_deadline;
  while (!lost_ && PQisBusy(db_) == 1) {
    if (!Await(POLLIN, until)) {
      Lose("the server did not answer within " + std::to_string(options_.answer_deadline.count()) +
           " ms");
    } else if (PQconsumeInput(db_) != 1) {
      // What it said before it went, if anything, is still to be read.
      break;
    }
  }
  if (lost_) return nullptr;
  ResultPtr result(PQgetResult(db_));
  if (PQstatus(db_) != CONNECTION_OK && result == nullptr) Lose(PQerrorMessage(db_));
  return result;
}

}  // namespace livedrops::postgres
