#include "base/form.h"

#include <charconv>

#include "base/hex.h"

namespace livedrops {
namespace {

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == ':';
}

}  // namespace

FormWriter& FormWriter::Add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += '&';
  text_.append(name) += '=';
  for (const char c : value) {
    if (IsPlain(c)) {
      text_ += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      text_ += '%';
      text_ += kHexDigits[byte >> 4];
      text_ += kHexDigits[byte & 15];
    }
  }
  return *this;
}

FormWriter& FormWriter::Add(std::string_view name, std::int64_t value) {
  return Add(name, std::string_view(std::to_string(value)));
}

std::optional<std::string_view> FormReader::Raw(std::string_view name) const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view field = rest.substr(0, end);
    if (field.size() > name.size() && field[name.size()] == '=' && field.starts_with(name)) {
      return field.substr(name.size() + 1);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

std::optional<std::string> FormReader::Text(std::string_view name) const {
  const auto raw = Raw(name);
  if (!raw) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < raw->size(); ++i) {
    if ((*raw)[i] != '%') {
      text += (*raw)[i];
      continue;
    }
    if (i + 2 >= raw->size()) return std::nullopt;
    const auto high = HexValue((*raw)[i + 1]);
    const auto low = HexValue((*raw)[i + 2]);
    if (!high || !low) return std::nullopt;
    text += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  return text;
}

std::optional<std::int64_t> FormReader::Number(std::string_view name) const {
  const auto raw = Raw(name);
  std::int64_t number = 0;
  if (!raw) return std::nullopt;
  const auto [end, error] = std::from_chars(raw->data(), raw->data() + raw->size(), number);
  if (error != std::errc() || end != raw->data() + raw->size()) return std::nullopt;
  return number;
}

}  // namespace livedrops
