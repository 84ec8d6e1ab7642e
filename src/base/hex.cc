#include "base/hex.h"

namespace livedrops {

std::string ToHex(std::span<const std::uint8_t> bytes) {
  std::string text(bytes.size() * 2, '\0');
  WriteHex(bytes, text.data());
  return text;
}

std::optional<std::uint8_t> HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint8_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<std::uint8_t>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<std::uint8_t>(digit - 'A' + 10);
  return std::nullopt;
}

char* WriteUuid(std::span<const std::uint8_t, 16> bytes, char* out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    out = WriteHex(bytes.subspan(i, 1), out);
  }
  return out;
}

}  // namespace livedrops
