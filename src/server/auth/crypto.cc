#include "server/auth/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>

#include "base/assert.h"
#include "base/hex.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kP256Bytes = 32;
constexpr int kRsaBitsMin = 2048;  // NIST SP 800-131A; RFC 7518 §3.3 demands it for RS256.

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

using Number = Owned<BIGNUM, BN_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Status Invalid(const char* message) { return {StatusCode::kInvalidArgument, message}; }

// A public key of the given type from its parameters; null when OpenSSL refuses them, for example a
// point that is not on the curve.
EVP_PKEY* MakeKey(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (check && EVP_PKEY_public_check(check.get()) == 1) return key;
  EVP_PKEY_free(key);
  return nullptr;
}

// r and s side by side, as JWS has them, in the DER form that OpenSSL wants; empty when impossible.
std::string ToDer(std::string_view raw) {
  if (raw.size() != 2 * kP256Bytes) return "";
  const EcSignature signature(ECDSA_SIG_new());
  Number r = ToNumber(raw.substr(0, kP256Bytes));
  Number s = ToNumber(raw.substr(kP256Bytes));
  if (!signature || !r || !s) return "";
  if (ECDSA_SIG_set0(signature.get(), r.release(), s.release()) != 1) return "";
  const int length = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (length <= 0) return "";
  std::string der(static_cast<std::size_t>(length), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

}  // namespace

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  const int made =
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  LD_ASSERT(made == 1);
  return bytes;
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  unsigned length = 0;
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text),
                          text.size(), reinterpret_cast<unsigned char*>(mac.data()), &length);
  LD_ASSERT(made != nullptr && length == mac.size());
  return mac;
}

std::string Sha256Hex(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(Bytes(text), text.size(), digest.data());
  return ToHex(digest);
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view ToString(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::HS256:
      return "HS256";
    case SignatureAlgorithm::RS256:
      return "RS256";
    case SignatureAlgorithm::ES256:
      return "ES256";
    case SignatureAlgorithm::EdDSA:
      return "EdDSA";
  }
  return "";
}

PublicKey::PublicKey(SignatureAlgorithm algorithm, evp_pkey_st* key)
    : algorithm_(algorithm), key_(key, EVP_PKEY_free) {}

Result<PublicKey> PublicKey::Rsa(std::string_view modulus, std::string_view exponent) {
  const Number n = ToNumber(modulus);
  const Number e = ToNumber(exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || BN_num_bits(n.get()) < kRsaBitsMin) {
    return Invalid("an RSA key needs at least 2048 bits");
  }
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  EVP_PKEY* key = MakeKey("RSA", builder.get());
  if (key == nullptr) return Invalid("n and e are no RSA key");
  return PublicKey(SignatureAlgorithm::RS256, key);
}

Result<PublicKey> PublicKey::P256(std::string_view x, std::string_view y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) return Invalid("x and y need 32 bytes");
  const std::string point = '\x04' + std::string(x) + std::string(y);  // SEC 1: uncompressed.
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  EVP_PKEY* key = MakeKey("EC", builder.get());
  if (key == nullptr) return Invalid("x and y are no point of P-256");
  return PublicKey(SignatureAlgorithm::ES256, key);
}

Result<PublicKey> PublicKey::Ed25519(std::string_view x) {
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size());
  if (key == nullptr) return Invalid("x is no Ed25519 key of 32 bytes");
  return PublicKey(SignatureAlgorithm::EdDSA, key);
}

bool PublicKey::Verifies(std::string_view text, std::string_view signature) const {
  std::string der;
  if (algorithm_ == SignatureAlgorithm::ES256) {
    der = ToDer(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const EVP_MD* digest = algorithm_ == SignatureAlgorithm::EdDSA ? nullptr : EVP_sha256();
  const DigestContext context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                          text.size()) == 1;
}

}  // namespace livedrops::server
