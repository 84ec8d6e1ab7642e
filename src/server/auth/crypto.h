// The cryptography that authentication needs, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "livedrops/status.h"

struct evp_pkey_st;

namespace livedrops::server {

// Bytes from the system's random source.
std::string RandomBytes(std::size_t count);
// 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view text);
std::string Sha256Hex(std::string_view text);
// Takes as long for every pair of texts of the same lengths.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// How a token is signed. Each key has one, and a token that names another is refused.
enum class SignatureAlgorithm : std::uint8_t { HS256, RS256, ES256, EdDSA };
std::string_view ToString(SignatureAlgorithm algorithm);

// The public half of a key pair. Copies share it.
// Threading: any thread.
class PublicKey {
 public:
  // The numbers of a JWK, big endian. Errors: invalid_argument: no such key, or one too weak.
  static Result<PublicKey> Rsa(std::string_view modulus, std::string_view exponent);
  static Result<PublicKey> P256(std::string_view x, std::string_view y);
  static Result<PublicKey> Ed25519(std::string_view x);

  SignatureAlgorithm algorithm() const { return algorithm_; }
  // `signature` as a JWS carries it: ES256 is r and s side by side.
  bool Verifies(std::string_view text, std::string_view signature) const;

 private:
  PublicKey(SignatureAlgorithm algorithm, evp_pkey_st* key);

  SignatureAlgorithm algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace livedrops::server
