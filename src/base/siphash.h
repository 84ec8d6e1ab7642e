// SipHash-1-3 with a 128-bit result: a keyed hash that an outsider cannot make collide.
// Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace livedrops {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

Hash128 SipHash(const SipKey& key, std::string_view text);
// Of `text` within a scope, the hash of something else.
Hash128 SipHash(const SipKey& key, const Hash128& scope, std::string_view text);

}  // namespace livedrops
