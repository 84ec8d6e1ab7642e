// Query: one use of one statement, as a reader sees it: bind, step, read columns.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "storage/postgres/pipeline.h"

namespace livedrops::postgres {

// The rows of one answer. Views live as long as it does.
class Rows {
 public:
  Rows() = default;
  explicit Rows(ResultPtr result) : result_(std::move(result)) {}

  // True: there is a next row.
  bool Next() { return result_ != nullptr && ++row_ < PQntuples(result_.get()); }
  int count() const { return result_ == nullptr ? 0 : PQntuples(result_.get()); }

  // Columns of the present row. A NULL is 0, false, an empty text.
  std::int64_t Int(int column) const;
  std::uint64_t Unsigned(int column) const { return static_cast<std::uint64_t>(Int(column)); }
  std::int32_t Int32(int column) const { return static_cast<std::int32_t>(Int(column)); }
  bool Bool(int column) const { return Int(column) != 0; }
  Time At(int column) const { return TimeFromMs(Int(column)); }
  bool IsNull(int column) const { return PQgetisnull(result_.get(), row_, column) == 1; }
  std::string_view Text(int column) const {
    const int length = PQgetlength(result_.get(), row_, column);
    return {PQgetvalue(result_.get(), row_, column), static_cast<std::size_t>(length)};
  }
  std::string String(int column) const { return std::string(Text(column)); }
  // Copies bytes of exactly this size; false when there are more or fewer.
  template <std::size_t Size>
  bool BlobInto(int column, std::array<std::uint8_t, Size>* out) const {
    const std::string_view bytes = Text(column);
    if (bytes.size() != Size) return false;
    std::memcpy(out->data(), bytes.data(), Size);
    return true;
  }

 private:
  ResultPtr result_;
  int row_ = -1;
};

// Threading: that of its connection.
class Query : public Rows {
 public:
  // `sql` must outlive the connection: a literal or a static string.
  Query(Connection& connection, const char* sql) : connection_(connection), sql_(sql) {}

  template <class T>
  Query& Bind(const T& value) {
    if constexpr (std::is_convertible_v<T, std::string_view>) {
      params_.Add(std::string_view(value));
    } else {
      params_.Add(value);
    }
    return *this;
  }
  // Empty is NULL.
  Query& BindOrNull(std::string_view text) {
    params_.Add(TextOrNull{text});
    return *this;
  }
  Query& BindNull(TypeNumbers type) {
    params_.AddNull(type);
    return *this;
  }

  // Runs at the first call. False: there is no further row, or an error.
  bool Next();
  const Status& status() const { return status_; }

 private:
  Connection& connection_;
  const char* const sql_;
  Params params_;
  bool was_run_ = false;
  Status status_;
};

// Queries that see the same commit, in one round trip.
class QueryGroup {
 public:
  explicit QueryGroup(Connection& connection);

  QueryGroup& Add(const char* sql, const Params& params);
  // The rows of each query, in order.
  Status Run(std::vector<Rows>* rows);

 private:
  Pipeline pipeline_;
};

// A read transaction: everything inside sees the same commit.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const Status& status() const { return status_; }

 private:
  Connection& connection_;
  Status status_;
};

// Many rows, a few thousand at a time. Inside a snapshot; one at a time.
class CursorQuery : public Rows {
 public:
  // `declare` is "DECLARE livedrops_rows NO SCROLL CURSOR FOR …" and outlives the connection.
  // `between` is asked between pages; an error of it ends the reading.
  CursorQuery(Connection& connection, const char* declare, const std::function<Status()>& between)
      : connection_(connection), declare_(declare), between_(between) {}
  ~CursorQuery();
  CursorQuery(const CursorQuery&) = delete;
  CursorQuery& operator=(const CursorQuery&) = delete;

  Params& params() { return params_; }
  bool Next();
  const Status& status() const { return status_; }

 private:
  void Fetch();

  Connection& connection_;
  const char* const declare_;
  const std::function<Status()>& between_;
  Params params_;
  bool is_open_ = false;
  Status status_;
};

#define LD_CURSOR "DECLARE livedrops_rows NO SCROLL CURSOR FOR "

}  // namespace livedrops::postgres
