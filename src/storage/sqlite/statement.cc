#include "storage/sqlite/statement.h"

#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {
namespace {

bool IsError(int rc) { return rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE; }

}  // namespace

Query::Query(Connection& connection, const char* sql) : connection_(connection) {
  rc_ = connection.Prepare(sql, &statement_);
}

Query::~Query() {
  if (statement_ != nullptr) sqlite3_reset(statement_);  // Repeats the error that Next returned.
}

void Query::Note(int rc) {
  if (!IsError(rc_)) rc_ = rc;
}

Query& Query::BindInt(std::int64_t value) {
  if (!IsError(rc_)) Note(sqlite3_bind_int64(statement_, ++position_, value));
  return *this;
}

Query& Query::Bind(std::string_view text) {
  // A null pointer would bind NULL, not an empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (!IsError(rc_)) {
    Note(sqlite3_bind_text64(statement_, ++position_, data, text.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
  }
  return *this;
}

Query& Query::Bind(std::span<const std::uint8_t> blob) {
  if (!IsError(rc_)) {
    Note(sqlite3_bind_blob64(statement_, ++position_, blob.data(), blob.size(), SQLITE_STATIC));
  }
  return *this;
}

Query& Query::BindNull() {
  if (!IsError(rc_)) Note(sqlite3_bind_null(statement_, ++position_));
  return *this;
}

bool Query::Next() {
  if (IsError(rc_) || rc_ == SQLITE_DONE) return false;
  rc_ = sqlite3_step(statement_);
  return rc_ == SQLITE_ROW;
}

Status Query::Run() {
  while (Next()) {
  }
  Status result = status();
  if (statement_ != nullptr) sqlite3_reset(statement_);  // Repeats the error of the step.
  position_ = 0;
  if (result.ok()) rc_ = SQLITE_OK;
  return result;
}

Status Query::status() const { return IsError(rc_) ? connection_.Error(rc_) : OkStatus(); }

std::string_view Query::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Query::Blob(int column) const {
  const auto* blob = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (blob == nullptr) return {};
  return {blob, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace livedrops::sqlite
