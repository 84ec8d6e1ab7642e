// JsonWriter: appends JSON to a string, one call per token. It keeps no tree and does not recurse;
// commas are its business.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "livedrops/types.h"

namespace livedrops {

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer. A hot loop reuses the string.
  explicit JsonWriter(std::string* out) : out_(*out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  // The next value belongs to this name, which must need no escaping.
  JsonWriter& Name(std::string_view name);

  // Bytes that are not UTF-8 become U+FFFD: no answer is invalid JSON.
  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(std::integral auto value) {
    using T = decltype(value);
    if constexpr (std::same_as<T, bool>) return Token(value ? "true" : "false");
    if constexpr (std::unsigned_integral<T>) return Number(std::uint64_t{value});
    if constexpr (std::signed_integral<T>) return Number(std::int64_t{value});
  }
  JsonWriter& Value(Time time);
  // JSON that is written already.
  JsonWriter& Raw(std::string_view json) { return Token(json); }

  template <class T>
  JsonWriter& Member(std::string_view name, const T& value) {
    return Name(name).Value(value);
  }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  JsonWriter& Token(std::string_view token);
  JsonWriter& Number(std::int64_t value);
  JsonWriter& Number(std::uint64_t value);
  void Separate();

  std::string& out_;
  bool first_ = true;  // No comma before the next token.
};

}  // namespace livedrops
