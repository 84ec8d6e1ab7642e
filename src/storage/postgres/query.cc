#include "storage/postgres/query.h"

namespace livedrops::postgres {
namespace {

constexpr char kBeginReading[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
// 8,192 orders are 1.5 MB.
constexpr char kFetch[] = "FETCH 8192 FROM livedrops_rows";

}  // namespace

std::int64_t Rows::Int(int column) const {
  const auto* bytes =
      reinterpret_cast<const unsigned char*>(PQgetvalue(result_.get(), row_, column));
  const int length = PQgetlength(result_.get(), row_, column);
  // Big endian, of one (boolean), two, four or eight bytes.
  std::uint64_t value = 0;
  for (int i = 0; i < length && i < 8; ++i) value = value << 8 | bytes[i];
  if (length == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  if (length == 2) return static_cast<std::int16_t>(static_cast<std::uint16_t>(value));
  return static_cast<std::int64_t>(value);
}

bool Query::Next() {
  if (!was_run_) {
    was_run_ = true;
    Pipeline pipeline(connection_);
    PipelineEnd end = pipeline.Add(sql_, params_).Run();
    status_ = std::move(end.status);
    if (status_.ok()) static_cast<Rows&>(*this) = Rows(std::move(end.results.back()));
  }
  return status_.ok() && Rows::Next();
}

QueryGroup::QueryGroup(Connection& connection) : pipeline_(connection) {
  pipeline_.AddBegin(kBeginReading);
}

QueryGroup& QueryGroup::Add(const char* sql, const Params& params) {
  pipeline_.Add(sql, params);
  return *this;
}

Status QueryGroup::Run(std::vector<Rows>* rows) {
  PipelineEnd end = pipeline_.AddCommit().Run();
  if (!end.status.ok()) return end.status;
  // Those of BEGIN and COMMIT have no rows.
  for (std::size_t i = 1; i + 1 < end.results.size(); ++i) {
    rows->emplace_back(std::move(end.results[i]));
  }
  return end.status;
}

Snapshot::Snapshot(Connection& connection) : connection_(connection) {
  Pipeline begin(connection_);
  status_ = begin.AddBegin(kBeginReading).Run().status;
}

// A lost connection is not used again anyway.
Snapshot::~Snapshot() {
  if (!connection_.usable()) return;
  Pipeline end(connection_);
  static_cast<void>(end.Add("ROLLBACK").Run());
}

CursorQuery::~CursorQuery() {
  if (!is_open_ || !status_.ok()) return;
  Pipeline close(connection_);
  static_cast<void>(close.Add("CLOSE livedrops_rows").Run());
}

void CursorQuery::Fetch() {
  Pipeline pipeline(connection_);
  if (!is_open_) pipeline.Add(declare_, params_);
  is_open_ = true;
  PipelineEnd end = pipeline.Add(kFetch).Run();
  status_ = std::move(end.status);
  if (status_.ok()) static_cast<Rows&>(*this) = Rows(std::move(end.results.back()));
}

bool CursorQuery::Next() {
  if (!status_.ok()) return false;
  if (Rows::Next()) return true;
  if (is_open_ && count() == 0) return false;
  if (is_open_) status_ = between_();
  if (status_.ok()) Fetch();
  return status_.ok() && Rows::Next();
}

}  // namespace livedrops::postgres
