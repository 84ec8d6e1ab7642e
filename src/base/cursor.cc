#include "base/cursor.h"

#include <cstring>

#include "base/hex.h"
#include "base/siphash.h"

namespace livedrops {
namespace {

constexpr std::size_t kSealBytes = 16;

std::string SealOf(const CursorSecret& secret, std::string_view list, std::string_view position) {
  SipKey key;
  // The other half of the secret keys the hashes in memory.
  std::memcpy(&key, secret.data() + sizeof key, sizeof key);
  const Hash128 hash = SipHash(key, SipHash(key, list), position);
  return std::string(reinterpret_cast<const char*>(&hash), kSealBytes);
}

std::optional<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = HexValue(hex[i]);
    const auto low = HexValue(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high << 4 | *low);
  }
  return bytes;
}

}  // namespace

std::string SealCursor(const CursorSecret& secret, std::string_view list,
                       std::string_view position) {
  const std::string sealed = SealOf(secret, list, position).append(position);
  return ToHex({reinterpret_cast<const std::uint8_t*>(sealed.data()), sealed.size()});
}

Result<std::string> OpenCursor(const CursorSecret& secret, std::string_view list,
                               std::string_view cursor) {
  const Status unknown(StatusCode::kInvalidArgument,
                       "unknown cursor \"" + std::string(cursor.substr(0, 40)) + "\"");
  if (cursor.size() > 400) return unknown;
  const auto bytes = FromHex(cursor);
  if (!bytes || bytes->size() < kSealBytes) return unknown;
  std::string position = bytes->substr(kSealBytes);
  // As it was written, to the letter: also in upper case it is another one.
  if (SealCursor(secret, list, position) != cursor) return unknown;
  return position;
}

}  // namespace livedrops
