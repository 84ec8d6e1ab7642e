#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"
#include "base/sha256.h"
#include "base/siphash.h"

namespace livedrops {
namespace {

std::string Counting(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i);
  return text;
}

// Computed with another implementation that gives the published vectors of SipHash-2-4-128.
TEST(SipHash, AgreesWithAnotherImplementation) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const struct {
    std::size_t size;
    Hash128 hash;
  } vectors[] = {
      {0, {0xbea58827b2bc7ee7, 0x013030dd6adb62fd}},
      {1, {0xa8edd36004376ffc, 0x63f02f2bcc73055e}},
      {7, {0xc3e0aaf223b98410, 0x77ab4808c82e2fa6}},
      {8, {0xb4dae3d5e1fe12aa, 0x99c7f935ab164f72}},
      {9, {0x9439f32c04b8dd81, 0x427c1394000e72f4}},
      {15, {0x6c52bdb205557ec1, 0x09017e1eeccd2129}},
      {16, {0xeb8e511557d9a8d0, 0x93179e3df8b013b5}},
      {63, {0x6f42fe4ee300584c, 0xad6052a70a6b9f07}},
  };
  for (const auto& vector : vectors) {
    EXPECT_EQ(SipHash(key, Counting(vector.size)), vector.hash) << vector.size;
  }
}

TEST(SipHash, DependsOnBothHalvesOfTheKey) {
  EXPECT_NE(SipHash({1, 2}, "x"), SipHash({1, 3}, "x"));
  EXPECT_NE(SipHash({1, 2}, "x"), SipHash({2, 2}, "x"));
}

// A scope is 16 bytes in front of the text, the low half first.
TEST(SipHash, PutsTheScopeInFrontOfTheText) {
  const SipKey key{5, 6};
  const Hash128 scope{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  for (const std::string text : {"", "k", "12345678", "a longer key"}) {
    EXPECT_EQ(SipHash(key, scope, text), SipHash(key, Counting(16) + text)) << text;
  }
}

TEST(SipHash, TellsUserAndKeyApart) {
  const SipKey key{5, 6};
  const auto of = [&](const char* user, const char* text) {
    return SipHash(key, SipHash(key, user), text);
  };
  EXPECT_NE(of("u1", "1k"), of("u11", "k"));
  EXPECT_NE(of("u", ""), of("", "u"));
}

// FIPS 180-4 examples.
TEST(Sha256, AgreesWithTheStandard) {
  Sha256 sha;
  EXPECT_EQ(ToHex(sha.Of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(sha.Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(sha.Of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(ToHex(sha.Of(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, StartsAnewForEachText) {
  Sha256 sha;
  const Hash first = sha.Of("abc");
  (void)sha.Of("something else");
  EXPECT_EQ(sha.Of("abc"), first);
}

}  // namespace
}  // namespace livedrops
