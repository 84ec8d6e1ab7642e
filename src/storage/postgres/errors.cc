#include "storage/postgres/errors.h"

namespace livedrops::postgres {
namespace {

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

}  // namespace

ServerError ErrorOf(const PGresult* result) {
  ServerError error;
  error.state = Field(result, PG_DIAG_SQLSTATE);
  error.constraint = Field(result, PG_DIAG_CONSTRAINT_NAME);
  error.message = CleanMessage(Field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (error.message.empty()) error.message = CleanMessage(PQresultErrorMessage(result));
  return error;
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html
StatusCode CodeOf(const ServerError& error) {
  if (!error.from_server()) return StatusCode::kUnavailable;
  if (error.constraint == kFenceConstraint) return StatusCode::kFenced;
  if (error.constraint == kSchemaConstraint) return StatusCode::kUnsupported;
  const std::string_view state = error.state;
  const std::string_view group = state.substr(0, 2);
  if (state == kRequireState) return StatusCode::kBrokenInvariant;
  if (state == "42501") return StatusCode::kUnavailable;  // Not allowed: somebody may allow it.
  // Bytes that are no text: nobody has stored them, and nobody can.
  if (state == kNoTextState) return StatusCode::kInvalidArgument;
  if (group == "22" || group == "23") return StatusCode::kBrokenInvariant;
  // A table or column is not there: somebody else changed the schema.
  if (group == "42" || group == "XX" || group == "3F") return StatusCode::kCorrupt;
  // Conflicts, locks, resources, shutdowns, read-only servers, timeouts.
  return StatusCode::kUnavailable;
}

Status StatusOf(const ServerError& error) {
  const StatusCode code = CodeOf(error);
  if (code == StatusCode::kFenced) return {code, "the log does not end where it was expected"};
  if (code == StatusCode::kUnsupported) {
    return {code, "the schema was migrated by a newer version of livedrops"};
  }
  if (!error.from_server()) return {code, error.message};
  return {code, error.message + " (SQLSTATE " + error.state + ")"};
}

bool IsLossBehindPooler(const ServerError& error) { return error.state.starts_with("08"); }

bool IsDefiniteAtCommit(const ServerError& error) {
  const std::string_view group = std::string_view(error.state).substr(0, 2);
  return group == "40" || group == "23" || error.state == "25P02";
}

std::string CleanMessage(std::string_view text, std::string_view secret) {
  std::string clean;
  for (const char c : text) clean += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (!clean.empty() && (clean.back() == ' ' || clean.back() == '.')) clean.pop_back();
  for (std::size_t at = 0; !secret.empty() && (at = clean.find(secret, at)) != std::string::npos;) {
    clean.replace(at, secret.size(), "***");
    at += 3;
  }
  return clean;
}

}  // namespace livedrops::postgres
