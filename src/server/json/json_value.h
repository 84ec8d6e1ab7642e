// JsonValue: a small JSON document as it was received, parsed strictly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/problem.h"

namespace livedrops::server {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t integer = 0;        // integer: written without fraction or exponent, fits 64 bits.
  std::string text;                // string: its value; number: as it was written.
  std::vector<JsonValue> items;    // array: its elements; object: its members' values.
  std::vector<std::string> names;  // object: names[i] is the name of items[i].

  // The member, or null when there is none or this is no object.
  const JsonValue* Find(std::string_view name) const;
  bool is_object() const { return kind == Kind::object; }
  bool is_string() const { return kind == Kind::string; }
};

// How large a document may be. More than `members_max` names in one object are refused because
// looking for repeated names costs their square.
struct JsonLimits {
  int depth_max = 32;
  std::size_t string_bytes_max = 8192;
  std::size_t members_max = 100;
};

// What was wrong with a document: either it is no JSON at all, or members are not as they must be.
struct JsonError {
  std::string malformed;  // Why it is no JSON; empty when it is.
  std::vector<FieldError> fields;

  bool ok() const { return malformed.empty() && fields.empty(); }
};

// Parses the whole text. Refused besides what is no JSON: a byte order mark, repeated names, and
// what exceeds the limits. Numbers keep their text, so that nothing is rounded or wrapped.
// Exceptions: none but for lack of memory.
JsonError ParseJson(std::string_view text, const JsonLimits& limits, JsonValue* out);

// "/drops/3/name" for the path; "~" and "/" inside a name are escaped.
void AppendPointer(std::string_view name, std::string* pointer);

// The text with everything outside printable ASCII replaced, and cut: safe to show in a message.
std::string Shown(std::string_view text, std::size_t length_max = 40);

}  // namespace livedrops::server
