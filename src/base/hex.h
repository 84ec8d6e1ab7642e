// Lower-case hexadecimal text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace livedrops {

inline constexpr char kHexDigits[] = "0123456789abcdef";

// Writes 2 characters for each byte and returns the position after them.
inline char* WriteHex(std::span<const std::uint8_t> bytes, char* out) {
  for (const std::uint8_t byte : bytes) {
    *out++ = kHexDigits[byte >> 4];
    *out++ = kHexDigits[byte & 15];
  }
  return out;
}

std::string ToHex(std::span<const std::uint8_t> bytes);
// The value of a hexadecimal digit of either case, or nothing.
std::optional<std::uint8_t> HexValue(char digit);

// Writes the 36 characters of a UUID and returns the position after them.
char* WriteUuid(std::span<const std::uint8_t, 16> bytes, char* out);

}  // namespace livedrops
