// What PostgreSQL says, as a status: by SQLSTATE, never by the text of a message.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "livedrops/status.h"

namespace livedrops::postgres {

// Constraints of table log_head that a commit breaks on purpose (schema_sql.h).
inline constexpr std::string_view kFenceConstraint = "head_is_expected";
inline constexpr std::string_view kSchemaConstraint = "schema_is_known";
// Raised by the function ld_require (schema_sql.h).
inline constexpr std::string_view kRequireState = "LD001";
// A zero byte, or no UTF-8.
inline constexpr std::string_view kNoTextState = "22021";
// A prepared statement is not there.
inline constexpr std::string_view kNotPreparedState = "26000";

// An error of a statement. Without a SQLSTATE it comes from the connection, not from the server.
struct ServerError {
  std::string state;
  std::string constraint;
  std::string message;
  bool from_server() const { return !state.empty(); }
};

ServerError ErrorOf(const PGresult* result);
StatusCode CodeOf(const ServerError& error);
Status StatusOf(const ServerError& error);

// Whether it is about the connection behind the one we have: a pooler says so, with a SQLSTATE of
// its own, when it has lost the server. What that did last, and whether it said so, nobody knows.
bool IsLossBehindPooler(const ServerError& error);

// Whether an error of the COMMIT step itself leaves no doubt that nothing was written.
bool IsDefiniteAtCommit(const ServerError& error);

// One line without a newline; `secret`, when not empty, is not repeated.
std::string CleanMessage(std::string_view text, std::string_view secret = {});

}  // namespace livedrops::postgres
