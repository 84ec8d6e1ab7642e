// Query: one use of a prepared statement. The statement itself is kept by its Connection.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "livedrops/status.h"
#include "livedrops/types.h"

namespace livedrops::sqlite {

class Connection;

// Binds in order, steps, and gives the statement back when it goes out of scope. The first error of
// any step is remembered: callers ask once, at the end. Threading: that of its connection.
class Query {
 public:
  // `sql` must outlive the connection: a literal or a static string.
  Query(Connection& connection, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <std::integral T>
  Query& Bind(T value) {
    return BindInt(static_cast<std::int64_t>(value));
  }
  Query& Bind(Time time) { return BindInt(ToMs(time)); }
  // Text and blobs are not copied: they must live until the statement was run.
  Query& Bind(std::string_view text);
  Query& Bind(std::span<const std::uint8_t> blob);
  // Empty or 0 is stored as NULL.
  Query& BindOrNull(std::string_view text) { return text.empty() ? BindNull() : Bind(text); }
  Query& BindOrNull(std::uint64_t value) { return value == 0 ? BindNull() : Bind(value); }
  Query& BindNull();

  // True: there is a row. False: there is none, or an error.
  bool Next();
  // Runs to the end. Afterwards the query can be bound and run again.
  Status Run();
  Status status() const;
  // The SQLite result code of the last step: SQLITE_ROW, SQLITE_DONE or an extended error code.
  int rc() const { return rc_; }

  // Columns of the present row, valid until the next step.
  std::int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t Unsigned(int column) const { return static_cast<std::uint64_t>(Int(column)); }
  std::int32_t Int32(int column) const { return static_cast<std::int32_t>(Int(column)); }
  bool Bool(int column) const { return Int(column) != 0; }
  Time At(int column) const { return TimeFromMs(Int(column)); }
  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  // Empty for NULL.
  std::string_view Text(int column) const;
  std::string String(int column) const { return std::string(Text(column)); }
  std::span<const std::uint8_t> Blob(int column) const;
  // Copies a blob of exactly this size; false when it has another.
  template <std::size_t Size>
  bool BlobInto(int column, std::array<std::uint8_t, Size>* out) const {
    const auto blob = Blob(column);
    if (blob.size() != Size) return false;
    std::memcpy(out->data(), blob.data(), Size);
    return true;
  }

 private:
  Query& BindInt(std::int64_t value);
  void Note(int rc);

  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int position_ = 0;
  int rc_ = SQLITE_OK;
};

}  // namespace livedrops::sqlite
