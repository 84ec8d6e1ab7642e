#include "server/auth/jwt.h"

#include "token_kit.h"

namespace livedrops::server {
namespace {

constexpr char kHeader[] = R"({"alg":"HS256","typ":"JWT","kid":"k1"})";
constexpr char kClaims[] =
    R"({"iss":"livedrops","sub":"ada","role":"creator","sid":"s1","typ":"access",)"
    R"("iat":1795438605,"exp":1795439505})";

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// Why a token is refused; empty when it is not.
std::string ReasonOf(const std::string& token, Time now = kNow, const TokenRules& rules = {}) {
  const Result<Principal> principal = VerifyToken(KeysOf(), rules, token, now);
  return principal.ok() ? "" : principal.status().message();
}
std::string WithHeader(const std::string& header) {
  return ReasonOf(Signed(header, kClaims, SecretOf('a')));
}
std::string WithClaims(const std::string& claims) {
  return ReasonOf(Signed(kHeader, claims, SecretOf('a')));
}

TEST(Jwt, IsIssuedAndVerified) {
  const std::string token = IssueToken(KeysOf(), Ada());
  EXPECT_EQ(token, Signed(kHeader, kClaims, SecretOf('a'))) << "the claims of CONTRACT §6";
  const Result<Principal> principal = VerifyToken(KeysOf(), {}, token, kNow);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->subject, UserId("ada"));
  EXPECT_EQ(principal->role, Role::creator);
  EXPECT_EQ(principal->session, SessionId("s1"));
  EXPECT_EQ(principal->expires_at, kNow + Duration(900'000));
}

TEST(Jwt, OfAnOlderKeyIsVerifiedToo) {
  const std::string header = Replaced(kHeader, "k1", "k2");
  EXPECT_EQ(ReasonOf(Signed(header, kClaims, SecretOf('b'))), "");
  EXPECT_EQ(ReasonOf(Signed(header, kClaims, SecretOf('a'))), "signature");
}

TEST(Jwt, NeedsItsOwnSignature) {
  const std::string token = IssueToken(KeysOf(), Ada());
  const std::string text = token.substr(0, token.rfind('.'));
  Principal bob = Ada();
  bob.subject = UserId("bob");
  const std::string of_bob = IssueToken(KeysOf(), bob);
  EXPECT_EQ(ReasonOf(text + "."), "signature");
  EXPECT_EQ(ReasonOf(token.substr(0, token.size() - 2)), "signature");
  EXPECT_EQ(ReasonOf(text + of_bob.substr(of_bob.rfind('.'))), "signature");
  EXPECT_EQ(ReasonOf(Signed(kHeader, kClaims, SecretOf('x'))), "signature");
  EXPECT_EQ(ReasonOf(token + "="), "signature");
  EXPECT_EQ(ReasonOf(token + "A"), "signature");
  std::string other_bits = token;  // The same bytes, written with other unused bits.
  other_bits.back() = other_bits.back() == 'A' ? 'B' : static_cast<char>(other_bits.back() + 1);
  EXPECT_EQ(ReasonOf(other_bits), "signature");
}

TEST(Jwt, NeedsTheAlgorithmOfItsKey) {
  for (const char* algorithm :
       {"none", "None", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256"}) {
    EXPECT_EQ(WithHeader(Replaced(kHeader, "HS256", algorithm)), "not the key's alg") << algorithm;
  }
  EXPECT_EQ(WithHeader(R"({"typ":"JWT","kid":"k1"})"), "not the key's alg");
  EXPECT_EQ(WithHeader(R"({"alg":["HS256"],"kid":"k1"})"), "not the key's alg");
  const std::string none = ToBase64Url(R"({"alg":"none","kid":"k1"})") + "." + ToBase64Url(kClaims);
  EXPECT_EQ(ReasonOf(none + "."), "not the key's alg");
}

TEST(Jwt, NeedsAKnownKid) {
  for (const char* kid : {"k3", "", "../../dev/null", "' OR 1=1--", "k1 ", "K1", "k1\\u0000"}) {
    EXPECT_EQ(WithHeader(Replaced(kHeader, "k1", kid)), "unknown kid") << kid;
  }
  EXPECT_EQ(WithHeader(R"({"alg":"HS256"})"), "unknown kid");
}

TEST(Jwt, BringsNoKeyAndNoExtension) {
  for (const char* name : {"crit", "b64", "zip", "enc", "jwk", "jku", "x5c", "x5u"}) {
    const std::string member = std::string(",\"") + name + "\":[\"exp\"]}";
    EXPECT_EQ(WithHeader(Replaced(kHeader, "}", member)), "header " + std::string(name));
  }
  EXPECT_EQ(WithHeader(Replaced(kHeader, "JWT", "JWE")), "header typ");
  EXPECT_EQ(WithHeader(Replaced(kHeader, "}", ",\"x5t\":\"a\"}")), "");
}

TEST(Jwt, HasThreePartsOfJson) {
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"),
        std::string("a.b.c.d"), IssueToken(KeysOf(), Ada()) + ".x",
        " " + IssueToken(KeysOf(), Ada()), std::string("{\"payload\":\"\"}"),
        std::string(9000, 'a').append(".b.c"), std::string("\xff\xfe.\x80.\x81")}) {
    EXPECT_EQ(ReasonOf(token), "no token") << token.substr(0, 40);
  }
  EXPECT_EQ(WithHeader(std::string(2000, '[')), "no token");
  EXPECT_EQ(WithHeader("[]"), "no token");
  EXPECT_EQ(WithHeader(Replaced(kHeader, "\"kid\"", "\"alg\":\"none\",\"kid\"")), "no token");
  EXPECT_EQ(WithClaims("[]"), "claims");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "\"sub\":", "\"sub\":\"eve\",\"sub\":")), "claims");
}

TEST(Jwt, NeedsEveryClaim) {
  const std::pair<const char*, const char*> parts[] = {
      {"\"iss\":\"livedrops\",", "iss"}, {"\"sub\":\"ada\",", "sub"},
      {"\"role\":\"creator\",", "role"}, {"\"sid\":\"s1\",", "sid"},
      {"\"typ\":\"access\",", "typ"},    {"\"iat\":1795438605,", "iat"},
      {",\"exp\":1795439505", "exp"},
  };
  for (const auto& [part, reason] : parts) {
    EXPECT_EQ(WithClaims(Replaced(kClaims, part, "")), reason);
  }
}

TEST(Jwt, NeedsClaimsOfTheRightKind) {
  EXPECT_EQ(WithClaims(Replaced(kClaims, "livedrops", "other")), "iss");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "\"access\"", "\"refresh\"")), "typ");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "\"ada\"", "\"a b\"")), "sub");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "\"ada\"", "7")), "sub");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "\"creator\"", "\"root\"")), "role");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "\"s1\"", "\"../\"")), "sid");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "}", ",\"aud\":\"other\"}")), "aud");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "}", ",\"aud\":[\"x\",\"livedrops\"]}")), "");
  for (const char* bad : {"\"1795439505\"", "1795439505.5", "1e10", "-1", "null", "true",
                          "18446744073709551616", "999999999999999", "[1795439505]"}) {
    EXPECT_EQ(WithClaims(Replaced(kClaims, "1795439505", bad)), "exp") << bad;
  }
  EXPECT_NE(WithClaims(Replaced(kClaims, "1795439505", "1e400")), "");
}

TEST(Jwt, IsValidInItsTimeWithAMinuteOfLeeway) {
  const std::string token = IssueToken(KeysOf(), Ada());
  const Time expires = Ada().expires_at;
  EXPECT_EQ(ReasonOf(token, expires + Duration(59'999)), "");
  EXPECT_EQ(ReasonOf(token, expires + Duration(60'000)), "expired");
  EXPECT_EQ(ReasonOf(token, kNow - Duration(60'000)), "");
  EXPECT_EQ(ReasonOf(token, kNow - Duration(60'001)), "iat in the future");
  const std::string later = Replaced(kClaims, "}", ",\"nbf\":1795438666}");
  EXPECT_EQ(WithClaims(later), "nbf");
  EXPECT_EQ(WithClaims(Replaced(kClaims, "1795439505", "1795438605")), "exp before iat");
}

TEST(Base64Url, HasOneTextPerValue) {
  for (const std::string& bytes :
       {std::string(), std::string("f"), std::string("fo"), std::string("foo"),
        std::string("\x00\xff\xfb", 3), std::string("foob")}) {
    EXPECT_EQ(FromBase64Url(ToBase64Url(bytes)), bytes);
  }
  EXPECT_EQ(ToBase64Url("\xfb\xff"), "-_8");
  for (const char* bad : {"A", "AA==", "AB", "AAB", "A A", "+/8", "AA\n", "AAAAA", "\xff\xff"}) {
    EXPECT_FALSE(FromBase64Url(bad)) << bad;
  }
}

}  // namespace
}  // namespace livedrops::server
