#include "base/json_writer.h"

#include <array>
#include <charconv>

#include "base/hex.h"
#include "base/time_text.h"
#include "base/utf8.h"

namespace livedrops {
namespace {

// How many of the bytes at the front need no escaping: printable ASCII but quote and backslash.
std::size_t PlainLength(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

void AppendControl(char c, std::string* out) {
  switch (c) {
    case '"':
      *out += "\\\"";
      break;
    case '\\':
      *out += "\\\\";
      break;
    case '\n':
      *out += "\\n";
      break;
    case '\r':
      *out += "\\r";
      break;
    case '\t':
      *out += "\\t";
      break;
    default:
      *out += "\\u00";
      *out += kHexDigits[static_cast<unsigned char>(c) >> 4];
      *out += kHexDigits[c & 15];
  }
}

}  // namespace

void JsonWriter::Separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::Name(std::string_view name) {
  Separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  first_ = true;  // The value follows without a comma.
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view text) {
  Separate();
  out_ += '"';
  while (!text.empty()) {
    const std::size_t plain = PlainLength(text);
    out_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      AppendControl(text.front(), &out_);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = Utf8Length(text);
    out_ += length == 0 ? "\xef\xbf\xbd" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::Value(Time time) {
  std::array<char, kTimeTextBytes> text;
  WriteTime(time, text.data());
  Separate();
  out_ += '"';
  out_.append(text.data(), text.size());
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::Token(std::string_view token) {
  Separate();
  out_ += token;
  return *this;
}

JsonWriter& JsonWriter::Number(std::int64_t value) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return Token({text.data(), end});
}

JsonWriter& JsonWriter::Number(std::uint64_t value) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return Token({text.data(), end});
}

}  // namespace livedrops
