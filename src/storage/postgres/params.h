// Params: the values of one statement in PostgreSQL's binary form. A whole column of a batch is one
// array parameter: `INSERT … SELECT FROM unnest(…)` writes a thousand rows with one statement.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/types.h"

namespace livedrops::postgres {

// An empty text or 0 that is stored as NULL.
struct TextOrNull {
  std::string_view text;
};
struct NumberOrNull {
  std::uint64_t number = 0;
};

// What a C++ type is in PostgreSQL: its number in pg_type, and that of its array.
struct TypeNumbers {
  Oid scalar;
  Oid array;
};
inline constexpr TypeNumbers kBoolType{16, 1000};
inline constexpr TypeNumbers kByteaType{17, 1001};
inline constexpr TypeNumbers kBigintType{20, 1016};
inline constexpr TypeNumbers kIntegerType{23, 1007};
inline constexpr TypeNumbers kTextType{25, 1009};
inline constexpr TypeNumbers kUuidType{2950, 2951};

template <class T>
constexpr TypeNumbers TypeOf() {
  if constexpr (std::same_as<T, bool>) {
    return kBoolType;
  } else if constexpr (std::same_as<T, std::int32_t> || std::same_as<T, int>) {
    return kIntegerType;
  } else if constexpr (std::integral<T> || std::same_as<T, Time> || std::same_as<T, NumberOrNull>) {
    return kBigintType;
  } else if constexpr (std::same_as<T, std::array<std::uint8_t, 16>>) {
    return kUuidType;
  } else if constexpr (std::same_as<T, Hash>) {
    return kByteaType;
  } else {
    return kTextType;
  }
}

// Threading: one thread at a time. Everything is copied.
class Params {
 public:
  template <class T>
  Params& Add(const T& value) {
    Begin(TypeOf<T>().scalar);
    const std::size_t start = buffer_.size();
    Put(value);
    // What a single value has before it in an array is told apart from it here.
    const bool is_null = static_cast<std::uint8_t>(buffer_[start]) == 0xff;
    buffer_.erase(start, 4);
    End(is_null);
    return *this;
  }
  // NULL of the given type.
  Params& AddNull(TypeNumbers type) {
    Begin(type.scalar);
    End(true);
    return *this;
  }
  // One array with `value(row)` of every row.
  template <class Rows, class Value>
  Params& AddColumn(const Rows& rows, Value value) {
    using T = std::decay_t<decltype(value(*std::begin(rows)))>;
    Begin(TypeOf<T>().array);
    PutInt32(std::size(rows) == 0 ? 0 : 1);  // Dimensions.
    PutInt32(1);                             // There may be NULLs.
    PutInt32(static_cast<std::int32_t>(TypeOf<T>().scalar));
    if (std::size(rows) != 0) {
      PutInt32(static_cast<std::int32_t>(std::size(rows)));
      PutInt32(1);  // The first index.
      for (const auto& row : rows) Put(value(row));
    }
    End(false);
    return *this;
  }

  // Keeps the memory, for the next batch.
  void Clear() {
    buffer_.clear();
    types_.clear();
    begins_.clear();
    lengths_.clear();
    nulls_.clear();
  }

  int count() const { return static_cast<int>(types_.size()); }
  std::size_t bytes() const { return buffer_.size(); }
  const std::vector<Oid>& types() const { return types_; }
  // In libpq's form; valid until the next change.
  std::vector<const char*> values() const {
    std::vector<const char*> values;
    values.reserve(types_.size());
    for (std::size_t i = 0; i < types_.size(); ++i) {
      values.push_back(nulls_[i] ? nullptr : buffer_.data() + begins_[i]);
    }
    return values;
  }
  const std::vector<int>& lengths() const { return lengths_; }

 private:
  void Begin(Oid type) {
    types_.push_back(type);
    begins_.push_back(buffer_.size());
  }
  void End(bool is_null) {
    lengths_.push_back(static_cast<int>(buffer_.size() - begins_.back()));
    nulls_.push_back(is_null);
  }

  // A value with its length before it, as in an array. Length -1: NULL.
  void Put(bool value) {
    PutInt32(1);
    buffer_.push_back(value ? '\1' : '\0');
  }
  void Put(int value) {
    PutInt32(4);
    PutInt32(value);
  }
  void Put(std::int64_t value) {
    PutInt32(8);
    PutInt64(static_cast<std::uint64_t>(value));
  }
  void Put(std::uint64_t value) {
    PutInt32(8);
    PutInt64(value);
  }
  void Put(Time time) { Put(ToMs(time)); }
  void Put(NumberOrNull value) {
    if (value.number == 0) return PutInt32(-1);
    Put(value.number);
  }
  void Put(std::string_view text) {
    PutInt32(static_cast<std::int32_t>(text.size()));
    buffer_.append(text);
  }
  void Put(TextOrNull value) {
    if (value.text.empty()) return PutInt32(-1);
    Put(value.text);
  }
  template <std::size_t Size>
  void Put(const std::array<std::uint8_t, Size>& bytes) {
    Put(std::string_view(reinterpret_cast<const char*>(bytes.data()), Size));
  }
  void PutInt32(std::int32_t value) {
    const std::uint32_t big_endian = __builtin_bswap32(static_cast<std::uint32_t>(value));
    buffer_.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian);
  }
  void PutInt64(std::uint64_t value) {
    const std::uint64_t big_endian = __builtin_bswap64(value);
    buffer_.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian);
  }

  std::string buffer_;
  std::vector<Oid> types_;
  std::vector<std::size_t> begins_;
  std::vector<int> lengths_;
  std::vector<bool> nulls_;
};

}  // namespace livedrops::postgres
