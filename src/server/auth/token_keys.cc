#include "server/auth/token_keys.h"

#include <algorithm>

#include "server/auth/base64url.h"
#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kSecretBytesMin = 32;  // RFC 7518 §3.2: as long as the hash.
constexpr std::size_t kKidBytesMax = 64;
// A set of keys may hold certificates, which are longer than what a client may send.
constexpr JsonLimits kJwksLimits{8, 64 * 1024, 100};

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

bool IsKid(std::string_view kid) {
  return !kid.empty() && kid.size() <= kKidBytesMax &&
         std::ranges::all_of(kid, [](char c) { return c > ' ' && c <= '~'; });
}

std::string_view Trimmed(std::string_view line) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && blank(line.front())) line.remove_prefix(1);
  while (!line.empty() && blank(line.back())) line.remove_suffix(1);
  return line;
}

Result<TokenKey> ParseKeyLine(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsKid(line.substr(0, colon))) {
    return Invalid("must be kid:base64url");
  }
  auto secret = FromBase64Url(line.substr(colon + 1));
  if (!secret) return Invalid("the secret is no base64url without padding");
  if (secret->size() < kSecretBytesMin) {
    return Invalid("the secret has " + std::to_string(secret->size()) + " bytes, 32 are needed");
  }
  return TokenKey{std::string(line.substr(0, colon)), std::move(*secret)};
}

// A member that must be text; empty when it is not there.
std::string_view TextOf(const JsonValue& jwk, std::string_view name) {
  const JsonValue* value = jwk.Find(name);
  return value != nullptr && value->is_string() ? std::string_view(value->text)
                                                : std::string_view();
}

Result<PublicKey> ParsePublicKey(const JsonValue& jwk) {
  const auto bytes_of = [&](std::string_view name) {
    return FromBase64Url(TextOf(jwk, name)).value_or("");
  };
  const std::string_view type = TextOf(jwk, "kty");
  const std::string_view curve = TextOf(jwk, "crv");
  if (type == "RSA") return PublicKey::Rsa(bytes_of("n"), bytes_of("e"));
  if (type == "EC" && curve == "P-256") return PublicKey::P256(bytes_of("x"), bytes_of("y"));
  if (type == "OKP" && curve == "Ed25519") return PublicKey::Ed25519(bytes_of("x"));
  return Invalid("kty \"" + Shown(type) + "\" with crv \"" + Shown(curve) + "\" is not taken");
}

Result<TokenKey> ParseJwk(const JsonValue& jwk) {
  const std::string_view kid = TextOf(jwk, "kid");
  if (!IsKid(kid)) return Invalid("needs a kid of 1 to 64 visible characters");
  if (jwk.Find("d") != nullptr)
    return Invalid("is a private key: only the public half belongs here");
  const std::string_view use = TextOf(jwk, "use");
  if (!use.empty() && use != "sig") return Invalid("use \"" + Shown(use) + "\" is not sig");
  Result<PublicKey> key = ParsePublicKey(jwk);
  if (!key.ok()) return key.status();
  const std::string_view algorithm = TextOf(jwk, "alg");
  if (!algorithm.empty() && algorithm != ToString(key->algorithm())) {
    return Invalid("alg \"" + Shown(algorithm) + "\" does not belong to such a key");
  }
  return TokenKey{std::string(kid), *key};
}

}  // namespace

Result<TokenKeys> TokenKeys::Make(std::vector<TokenKey> own, std::vector<TokenKey> hosts) {
  if (own.empty()) return Invalid("no key to sign tokens with");
  TokenKeys keys;
  keys.keys_ = std::move(own);
  for (TokenKey& key : hosts) keys.keys_.push_back(std::move(key));
  for (auto key = keys.keys_.begin(); key != keys.keys_.end(); ++key) {
    const bool twice = std::any_of(keys.keys_.begin(), key,
                                   [&](const TokenKey& other) { return other.kid == key->kid; });
    if (twice) return Invalid("the kid \"" + key->kid + "\" is there twice");
  }
  return keys;
}

const TokenKey* TokenKeys::Find(std::string_view kid) const {
  const auto found = std::ranges::find(keys_, kid, &TokenKey::kid);
  return found == keys_.end() ? nullptr : &*found;
}

Result<std::vector<TokenKey>> ParseKeyFile(std::string_view text) {
  std::vector<TokenKey> keys;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Result<TokenKey> key = ParseKeyLine(line);
    if (!key.ok()) return Invalid("line " + std::to_string(number) + ": " + key.status().message());
    keys.push_back(std::move(*key));
  }
  return keys;
}

Result<std::vector<TokenKey>> ParseJwks(std::string_view text) {
  JsonValue set;
  const JsonError error = ParseJson(text, kJwksLimits, &set);
  if (!error.malformed.empty()) return Invalid(error.malformed);
  if (!error.ok()) return Invalid(error.fields[0].pointer + " " + error.fields[0].reason);
  const JsonValue* list = set.Find("keys");
  if (list == nullptr || list->kind != JsonValue::Kind::array) {
    return Invalid("a key set needs the array \"keys\"");
  }
  std::vector<TokenKey> keys;
  for (const JsonValue& jwk : list->items) {
    Result<TokenKey> key = ParseJwk(jwk);
    if (!key.ok()) {
      return Invalid("key " + std::to_string(keys.size() + 1) + ": " + key.status().message());
    }
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::string NewKeyFile() {
  return "k" + Sha256Hex(RandomBytes(kSecretBytesMin)).substr(0, 8) + ":" +
         ToBase64Url(RandomBytes(kSecretBytesMin)) + "\n";
}

void TokenKeyStore::Set(TokenKeys keys) {
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const TokenKeys>(std::move(keys));
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const TokenKeys> TokenKeyStore::Get() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

}  // namespace livedrops::server
