// The keys that tokens are signed and verified with: the server's own secrets (HS256) and the
// public keys of a host's identity provider (RS256, ES256, EdDSA).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/auth/crypto.h"

namespace livedrops::server {

// A key and its name. A secret belongs to this server; a public key to a host.
struct TokenKey {
  std::string kid;
  std::variant<std::string, PublicKey> key;

  bool own() const { return key.index() == 0; }
  SignatureAlgorithm algorithm() const {
    return own() ? SignatureAlgorithm::HS256 : std::get<PublicKey>(key).algorithm();
  }
};

// The first own key signs, all verify. Kids are unique over both kinds.
class TokenKeys {
 public:
  // Errors: invalid_argument: no own key, or a kid that is there twice.
  static Result<TokenKeys> Make(std::vector<TokenKey> own, std::vector<TokenKey> hosts);

  const TokenKey* Find(std::string_view kid) const;
  const TokenKey& signing() const { return keys_.front(); }
  const std::string& signing_secret() const { return std::get<std::string>(signing().key); }

 private:
  std::vector<TokenKey> keys_;
};

// One `kid:base64url` per line, at least 32 bytes each; blank lines and lines that begin with # are
// skipped. Errors: invalid_argument with the line's number, never with its secret.
Result<std::vector<TokenKey>> ParseKeyFile(std::string_view text);
// A JSON Web Key Set, RFC 7517. Errors: invalid_argument with the key's number: kty oct, a key
// without kid, one too weak, or of a kind that is not taken.
Result<std::vector<TokenKey>> ParseJwks(std::string_view text);
// The text of a key file with one new secret.
std::string NewKeyFile();

// Holds the present keys. They are replaced as a whole, when the files are read again.
// Threading: any thread.
class TokenKeyStore {
 public:
  explicit TokenKeyStore(TokenKeys keys) { Set(std::move(keys)); }

  void Set(TokenKeys keys);
  std::shared_ptr<const TokenKeys> Get() const;
  // Grows with every Set: whoever keeps what came from the keys sees that it is out of date.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TokenKeys> keys_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace livedrops::server
