// Words of HTTP: comparing without case, lists, white space, percent encoding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace livedrops::server {

constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr bool IsAlphanumeric(char c) {
  return IsDigit(c) || (ToLower(c) >= 'a' && ToLower(c) <= 'z');
}

// `text` without spaces and tabs at both ends.
inline std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the part before the next `separator` off `rest`; all of it when there is none.
inline std::string_view TakePart(std::string_view* rest, char separator) {
  const std::size_t end = rest->find(separator);
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return part;
}

// Whether a comma-separated list has `token`, in any case.
inline bool ListHas(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (EqualsIgnoringCase(Trim(TakePart(&list, ',')), token)) return true;
  }
  return false;
}

// 0…15, or -1.
constexpr int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Appends the decoded `text`. False when a '%' is not followed by two hexadecimal digits, or what
// they mean is NUL.
inline bool AppendPercentDecoded(std::string_view text, bool plus_is_space, std::string* out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    out->push_back(c);
  }
  return true;
}

}  // namespace livedrops::server
