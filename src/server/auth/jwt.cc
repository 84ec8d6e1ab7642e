#include "server/auth/jwt.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "server/auth/base64url.h"
#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kTokenBytesMax = 8192;  // Header blocks are at most 16 KiB.
constexpr JsonLimits kHeaderLimits{4, 1024, 20};
constexpr JsonLimits kClaimLimits{8, 4096, 100};
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // The end of the year 9999.

// Header members that change what a signature means, or bring a key along: RFC 7515 §4.1, RFC 7797,
// RFC 7516. Nobody needs them here, attackers do.
constexpr std::string_view kRefusedHeaders[] = {"crit", "b64", "zip", "enc",
                                                "jwk",  "jku", "x5c", "x5u"};

Status Refused(std::string reason) { return {StatusCode::kInvalidArgument, std::move(reason)}; }

// "header.claims.signature"
struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> Split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (token.size() > kTokenBytesMax || first == last) return std::nullopt;
  const Parts parts{token.substr(0, first), token.substr(first + 1, last - first - 1),
                    token.substr(last + 1), token.substr(0, last)};
  if (parts.claims.find('.') != std::string_view::npos) return std::nullopt;
  return parts;
}

bool ParsePart(std::string_view part, const JsonLimits& limits, JsonValue* out) {
  const auto text = FromBase64Url(part);
  return text && ParseJson(*text, limits, out).ok() && out->is_object();
}

// The text of a member; empty when it is absent or no text.
std::string_view TextOf(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr || !value->is_string()) return {};
  return value->text;
}

// Seconds since 1970 as a whole number; `otherwise` when the claim is absent, nothing when it is
// something else.
std::optional<Time> TimeOf(const JsonValue& claims, std::string_view name,
                           std::optional<Time> otherwise) {
  const JsonValue* value = claims.Find(name);
  if (value == nullptr) return otherwise;
  if (value->kind != JsonValue::Kind::integer) return std::nullopt;
  if (value->integer < 0 || value->integer > kSecondsMax) return std::nullopt;
  return TimeFromMs(value->integer * 1000);
}

// True when the claim is the audience or an array that holds it.
bool NamesAudience(const JsonValue& claims, std::string_view audience) {
  const JsonValue* value = claims.Find("aud");
  if (value == nullptr) return false;
  if (value->is_string()) return value->text == audience;
  return value->kind == JsonValue::Kind::array &&
         std::ranges::any_of(value->items, [&](const JsonValue& item) {
           return item.is_string() && item.text == audience;
         });
}

// The key that the header asks for; what the header says of the algorithm must agree with it.
Result<const TokenKey*> KeyOf(const TokenKeys& keys, const JsonValue& header) {
  for (const std::string_view name : kRefusedHeaders) {
    if (header.Find(name) != nullptr) return Refused("header " + std::string(name));
  }
  const JsonValue* type = header.Find("typ");
  const std::string_view type_text = TextOf(header, "typ");
  if (type != nullptr && type_text != "JWT" && type_text != "at+jwt") return Refused("header typ");
  const TokenKey* key = keys.Find(TextOf(header, "kid"));
  if (key == nullptr) return Refused("unknown kid");
  if (TextOf(header, "alg") != ToString(key->algorithm())) return Refused("not the key's alg");
  return key;
}

bool SignatureHolds(const TokenKey& key, const Parts& parts) {
  const auto signature = FromBase64Url(parts.signature);
  if (!signature) return false;
  if (!key.own()) return std::get<PublicKey>(key.key).Verifies(parts.signed_text, *signature);
  const std::string mac = HmacSha256(std::get<std::string>(key.key), parts.signed_text);
  return EqualInConstantTime(mac, *signature);
}

// What only a token of this server has.
Status CheckOwn(const JsonValue& claims, const Principal& principal) {
  if (TextOf(claims, "iss") != kIssuer) return Refused("iss");
  if (TextOf(claims, "typ") != "access") return Refused("typ");
  if (!principal.session.valid()) return Refused("sid");
  if (claims.Find("role") == nullptr) return Refused("role");
  if (claims.Find("iat") == nullptr) return Refused("iat");
  if (claims.Find("aud") != nullptr && !NamesAudience(claims, kIssuer)) return Refused("aud");
  return OkStatus();
}

Status CheckHost(const JsonValue& claims, const TokenRules& rules) {
  // "Bearer" is what Keycloak calls an access token; its other kinds must not pass for one.
  const JsonValue* type = claims.Find("typ");
  const std::string_view type_text = TextOf(claims, "typ");
  if (type != nullptr && type_text != "access" && type_text != "Bearer") return Refused("typ");
  const std::string_view issuer = TextOf(claims, "iss");
  if (!rules.host_issuer.empty() && issuer != rules.host_issuer) return Refused("iss");
  if (!rules.host_audience.empty() && !NamesAudience(claims, rules.host_audience)) {
    return Refused("aud");
  }
  return OkStatus();
}

Status CheckTimes(const JsonValue& claims, const Principal& principal, Duration leeway, Time now) {
  const auto not_before = TimeOf(claims, "nbf", Time());
  if (!not_before || *not_before - leeway > now) return Refused("nbf");
  if (principal.issued_at - leeway > now) return Refused("iat in the future");
  if (principal.expires_at <= principal.issued_at) return Refused("exp before iat");
  if (principal.expires_at + leeway <= now) return Refused("expired");
  return OkStatus();
}

Result<Principal> PrincipalOf(const JsonValue& claims) {
  Principal principal;
  principal.subject = UserId(TextOf(claims, "sub"));
  if (!principal.subject.valid()) return Refused("sub");
  if (const JsonValue* role = claims.Find("role")) {
    const auto parsed = role->is_string() ? ParseRole(role->text) : std::nullopt;
    if (!parsed) return Refused("role");
    principal.role = *parsed;
  }
  if (const JsonValue* session = claims.Find("sid")) {
    principal.session = SessionId(session->is_string() ? session->text : "");
    if (!principal.session.valid()) return Refused("sid");
  }
  const auto issued_at = TimeOf(claims, "iat", Time());
  const auto expires_at = TimeOf(claims, "exp", std::nullopt);
  if (!issued_at) return Refused("iat");
  if (!expires_at) return Refused("exp");
  principal.issued_at = *issued_at;
  principal.expires_at = *expires_at;
  return principal;
}

}  // namespace

std::string IssueToken(const TokenKeys& keys, const Principal& principal) {
  std::string header;
  JsonWriter(&header)
      .BeginObject()
      .Member("alg", ToString(keys.signing().algorithm()))
      .Member("typ", "JWT")
      .Member("kid", keys.signing().kid)
      .EndObject();
  std::string claims;
  JsonWriter(&claims)
      .BeginObject()
      .Member("iss", kIssuer)
      .Member("sub", principal.subject.view())
      .Member("role", livedrops::ToString(principal.role))
      .Member("sid", principal.session.view())
      .Member("typ", "access")
      .Member("iat", ToMs(principal.issued_at) / 1000)
      .Member("exp", ToMs(principal.expires_at) / 1000)
      .EndObject();
  std::string token = ToBase64Url(header) + "." + ToBase64Url(claims);
  const std::string mac = HmacSha256(keys.signing_secret(), token);
  return token + "." + ToBase64Url(mac);
}

Result<Principal> VerifyToken(const TokenKeys& keys, const TokenRules& rules,
                              std::string_view token, Time now) {
  const auto parts = Split(token);
  JsonValue header;
  if (!parts || !ParsePart(parts->header, kHeaderLimits, &header)) return Refused("no token");
  const Result<const TokenKey*> key = KeyOf(keys, header);
  if (!key.ok()) return key.status();
  // Nothing of the claims is read before the signature holds.
  if (!SignatureHolds(**key, *parts)) return Refused("signature");
  JsonValue claims;
  if (!ParsePart(parts->claims, kClaimLimits, &claims)) return Refused("claims");
  Result<Principal> principal = PrincipalOf(claims);
  if (!principal.ok()) return principal;
  principal->own = (*key)->own();
  const Status kind = principal->own ? CheckOwn(claims, *principal) : CheckHost(claims, rules);
  if (!kind.ok()) return kind;
  const Status times = CheckTimes(claims, *principal, rules.leeway, now);
  if (!times.ok()) return times;
  return principal;
}

}  // namespace livedrops::server
