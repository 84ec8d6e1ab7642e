#include "storage/postgres/pipeline.h"

namespace livedrops::postgres {

Pipeline::Pipeline(Connection& connection)
    : connection_(connection),
      in_transaction_(PQtransactionStatus(connection.raw()) == PQTRANS_INTRANS),
      needs_settings_(connection.pooled() && !in_transaction_) {
  static_cast<void>(connection_.TakeWarning());
}

Pipeline& Pipeline::Add(const char* sql, const Params& params) {
  AddSettings();
  Send(sql, params, Kind::run);
  return *this;
}

Pipeline& Pipeline::AddBegin(const char* sql) {
  in_transaction_ = true;
  Send(sql, Params(), Kind::run);
  AddSettings();
  return *this;
}

void Pipeline::AddSettings() {
  if (needs_settings_) Send(connection_.local_settings(), Params(), Kind::setting);
  needs_settings_ = false;
}

Pipeline& Pipeline::AddCommit() {
  Send("COMMIT", Params(), Kind::commit);
  return *this;
}

void Pipeline::Send(const char* sql, const Params& params, Kind kind) {
  bool is_new = false;
  const char* name = connection_.NameOf(sql, params, &is_new);
  PGconn* db = connection_.raw();
  if (is_new) {
    ok_ = ok_ && PQsendPrepare(db, name, sql, params.count(), params.types().data()) == 1;
    entries_.push_back({Kind::prepare, sql});
  }
  const std::vector<int> binary(static_cast<std::size_t>(params.count()), 1);
  const auto values = params.values();
  if (connection_.pooled()) {
    ok_ = ok_ && PQsendQueryParams(db, sql, params.count(), params.types().data(), values.data(),
                                   params.lengths().data(), binary.data(), 1) == 1;
  } else {
    ok_ = ok_ && PQsendQueryPrepared(db, name, params.count(), values.data(),
                                     params.lengths().data(), binary.data(), 1) == 1;
  }
  entries_.push_back({kind, sql, statements_});
  if (kind == Kind::run || kind == Kind::commit) ++statements_;
}

PipelineEnd Pipeline::Run() {
  PipelineEnd end;
  end.results.resize(statements_);
  if (!ok_) {
    // Without its end the server never commits it.
    connection_.Lose(PQerrorMessage(connection_.raw()));
    end.status = StatusOf(connection_.loss());
    return end;
  }
  entries_.push_back({Kind::sync});
  bool received = PQpipelineSync(connection_.raw()) == 1 && connection_.Flush();
  for (std::size_t i = 0; received && i < entries_.size(); ++i) {
    received = Take(entries_[i], &end);
  }
  if (!received && end.status.ok()) {
    end.status = StatusOf(connection_.loss());
    end.certain = false;
  }
  // As when the wait for a standby was cancelled: committed here, but not there.
  if (end.status.ok() && connection_.TakeWarning()) {
    end.status = {StatusCode::kUnavailable, "the server committed with a warning"};
    end.certain = false;
  }
  return end;
}

bool Pipeline::Take(const Entry& entry, PipelineEnd* end) {
  for (bool first = true;; first = false) {
    ResultPtr result = connection_.Receive();
    if (result == nullptr) {
      if (connection_.lost()) return false;
      // A statement ends with null, a sync does not.
      if (entry.kind != Kind::sync) return true;
      if (!first && !connection_.usable()) return false;
      continue;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        return true;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        if (entry.kind == Kind::prepare) {
          connection_.Prepared(entry.sql);
        } else if (entry.kind == Kind::run || entry.kind == Kind::commit) {
          end->results[entry.index] = std::move(result);
        }
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        Note(entry, ErrorOf(result.get()), end);
    }
  }
}

bool Pipeline::Commits(const Entry& entry) const {
  if (entry.kind == Kind::commit) return true;
  return entry.kind == Kind::sync && !in_transaction_;
}

// The first error says what happened; those after it say that it did.
void Pipeline::Note(const Entry& entry, const ServerError& error, PipelineEnd* end) const {
  if (!end->status.ok()) return;
  end->status = StatusOf(error);
  if (!error.from_server() || IsLossBehindPooler(error)) {
    connection_.Lose(error.message);
    end->certain = false;
  } else if (Commits(entry)) {
    end->certain = IsDefiniteAtCommit(error);
  }
  // Somebody discarded what this session had prepared, and with it our settings.
  if (error.state == kNotPreparedState) connection_.Lose(error.message);
}

}  // namespace livedrops::postgres
