// SignedHead: the end of the audit log as somebody signed it, to be kept outside of the database. A
// hash chain shows every change of a row but not that its last rows were cut off; this does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "livedrops/status.h"

struct evp_pkey_st;

namespace livedrops {

struct SignedHead {
  std::uint64_t seq = 0;
  std::string hash;       // Of the row `seq`, 64 hexadecimal digits.
  std::string at;         // When it was signed, RFC 3339.
  std::string key;        // The public key, 64 hexadecimal digits.
  std::string signature;  // Ed25519 (RFC 8032) over TextOf, 128 hexadecimal digits.
};

// What is signed: "livedrops-audit-head|SEQ|HASH|AT".
std::string TextOf(const SignedHead& head);

// Whether `signature` is that of `key` over the rest. Who has `key` is another question.
bool IsSignatureRight(const SignedHead& head);

// An Ed25519 private key, by OpenSSL. Copies share it.
class SigningKey {
 public:
  // PEM, as `openssl genpkey -algorithm ed25519` writes it. Errors: invalid_argument.
  static Result<SigningKey> FromPem(std::string_view pem);
  // The PEM text of a new one; empty when there is no randomness.
  static std::string NewPem();

  // Fills in `key` and `signature`.
  Status Sign(SignedHead* head) const;

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace livedrops
