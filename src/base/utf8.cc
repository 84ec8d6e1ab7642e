#include "base/utf8.h"

#include <cstdint>

namespace livedrops {
namespace {

// What the first byte announces: how many bytes, and between which values the second must be.
struct Lead {
  std::size_t length;
  std::uint8_t low;
  std::uint8_t high;
};

Lead LeadOf(std::uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xc2 && byte <= 0xdf) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};  // Below: overlong.
  if (byte == 0xed) return {3, 0x80, 0x9f};  // Above: surrogates.
  if (byte >= 0xe1 && byte <= 0xef) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};  // Above: beyond U+10FFFF.
  return {0, 0, 0};
}

}  // namespace

std::size_t Utf8Length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte_at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const Lead lead = LeadOf(byte_at(0));
  if (lead.length < 2) return lead.length;
  if (text.size() < lead.length || byte_at(1) < lead.low || byte_at(1) > lead.high) return 0;
  for (std::size_t i = 2; i < lead.length; ++i) {
    if ((byte_at(i) & 0xc0) != 0x80) return 0;
  }
  return lead.length;
}

std::size_t Characters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    text.remove_prefix(length == 0 ? 1 : length);
    ++count;
  }
  return count;
}

}  // namespace livedrops
