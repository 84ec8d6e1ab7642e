#include "base/siphash.h"

#include <bit>
#include <cstring>

namespace livedrops {
namespace {

class SipState {
 public:
  explicit SipState(const SipKey& key)
      : v0_(0x736f6d6570736575ull ^ key.k0),
        v1_(0x646f72616e646f6dull ^ key.k1 ^ 0xee),
        v2_(0x6c7967656e657261ull ^ key.k0),
        v3_(0x7465646279746573ull ^ key.k1) {}

  void Add(std::uint64_t word) {
    v3_ ^= word;
    Round();
    v0_ ^= word;
    length_ += 8;
  }

  void AddText(std::string_view text) {
    const char* bytes = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, bytes += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes, 8);
      Add(word);
    }
    std::uint64_t last = 0;
    if (left != 0) std::memcpy(&last, bytes, left);
    Add(last | (length_ + left) << 56);
  }

  Hash128 Finish() {
    v2_ ^= 0xee;
    Round();
    Round();
    Round();
    const std::uint64_t low = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xdd;
    Round();
    Round();
    Round();
    return {low, v0_ ^ v1_ ^ v2_ ^ v3_};
  }

 private:
  void Round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t length_ = 0;
};

}  // namespace

Hash128 SipHash(const SipKey& key, std::string_view text) {
  SipState state(key);
  state.AddText(text);
  return state.Finish();
}

Hash128 SipHash(const SipKey& key, const Hash128& scope, std::string_view text) {
  SipState state(key);
  state.Add(scope.low);
  state.Add(scope.high);
  state.AddText(text);
  return state.Finish();
}

}  // namespace livedrops
