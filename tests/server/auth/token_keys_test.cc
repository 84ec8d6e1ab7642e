#include "server/auth/token_keys.h"

#include "host_kit.h"
#include "token_kit.h"

namespace livedrops::server {
namespace {

constexpr char kClaims[] = R"({"sub":"ada","iss":"https://host","aud":["shop"],"exp":1795439505})";

std::string Set(const std::string& jwks) { return "{\"keys\":[" + jwks + "]}"; }

std::vector<TokenKey> Parsed(const std::string& jwks) {
  auto keys = ParseJwks(Set(jwks));
  EXPECT_TRUE(keys.ok()) << keys.status().ToString();
  return keys.ok() ? *keys : std::vector<TokenKey>{};
}

std::string MessageOf(const std::string& jwk) { return ParseJwks(Set(jwk)).status().message(); }

std::string ReasonOf(const TokenKeys& keys, const std::string& token,
                     const TokenRules& rules = {}) {
  return VerifyToken(keys, rules, token, kNow).status().message();
}

TEST(KeyFile, HasOneKeyPerLine) {
  const std::string a = ToBase64Url(SecretOf('a'));
  const auto keys =
      ParseKeyFile("# first\n\nnew:" + a + "\r\nold:" + ToBase64Url(std::string(33, 'b')));
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].kid, "new");
  EXPECT_EQ(std::get<std::string>((*keys)[0].key), SecretOf('a'));
  EXPECT_EQ((*keys)[1].kid, "old");
}

TEST(KeyFile, NamesTheLineAndNeverTheSecret) {
  const std::string good = "k:" + ToBase64Url(SecretOf('a')) + "\n";
  const std::pair<std::string, std::string> bad[] = {
      {"nocolon", "line 2: must be kid:base64url"},
      {":" + good, "line 2: must be kid:base64url"},
      {"k2:secret+secret", "line 2: the secret is no base64url without padding"},
      {"k2:c2hvcnQ", "line 2: the secret has 5 bytes, 32 are needed"},
  };
  for (const auto& [line, message] : bad) {
    EXPECT_EQ(ParseKeyFile(good + line).status().message(), message);
  }
}

TEST(KeyFile, IsMadeWithARandomSecret) {
  const auto keys = ParseKeyFile(NewKeyFile());
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(std::get<std::string>(keys->at(0).key).size(), 32U);
  EXPECT_NE(NewKeyFile(), NewKeyFile());
}

TEST(TokenKeys, NeedsAnOwnKeyAndEachKidOnce) {
  EXPECT_FALSE(TokenKeys::Make({}, Parsed(HostKey::Ed25519().Jwk("h"))).ok());
  EXPECT_EQ(TokenKeys::Make({{"k1", SecretOf('a')}}, Parsed(HostKey::Ed25519().Jwk("k1")))
                .status()
                .message(),
            "the kid \"k1\" is there twice");
}

TEST(Jwks, VerifiesAHostsTokens) {
  for (const HostKey& host : {HostKey::Rsa(), HostKey::P256(), HostKey::Ed25519()}) {
    const TokenKeys keys = KeysOf(Parsed(host.Jwk("h1")));
    const std::string token = host.Token("h1", kClaims);
    const auto principal = VerifyToken(keys, {}, token, kNow);
    ASSERT_TRUE(principal.ok()) << host.algorithm() << principal.status().ToString();
    EXPECT_EQ(principal->subject, UserId("ada"));
    EXPECT_EQ(principal->role, Role::user);
    EXPECT_TRUE(principal->session.empty());

    std::string tampered = token;
    const std::size_t last = token.rfind('.') + 10;
    tampered[last] = tampered[last] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ReasonOf(keys, tampered), "signature") << host.algorithm();
    EXPECT_EQ(ReasonOf(keys, token.substr(0, token.rfind('.') + 1)), "signature");
  }
}

TEST(Jwks, DoesNotTakeThePublicKeyForASecret) {
  const HostKey host = HostKey::Rsa();
  const std::string jwk = host.Jwk("h1");
  const TokenKeys keys = KeysOf(Parsed(jwk));
  const std::string header = R"({"alg":"HS256","kid":"h1"})";
  EXPECT_EQ(ReasonOf(keys, Signed(header, kClaims, jwk)), "not the key's alg");
  // Nor a host's key for the server's own: another kid, another key.
  EXPECT_EQ(ReasonOf(keys, host.Token("k1", kClaims)), "not the key's alg");
}

TEST(Jwks, KeepsToIssuerAndAudience) {
  const HostKey host = HostKey::Ed25519();
  const TokenKeys keys = KeysOf(Parsed(host.Jwk("h1")));
  const std::string token = host.Token("h1", kClaims);
  TokenRules rules;
  rules.host_issuer = "https://host";
  rules.host_audience = "shop";
  EXPECT_EQ(ReasonOf(keys, token, rules), "");
  rules.host_audience = "bank";
  EXPECT_EQ(ReasonOf(keys, token, rules), "aud");
  rules.host_issuer = "https://other";
  EXPECT_EQ(ReasonOf(keys, token, rules), "iss");
  EXPECT_EQ(ReasonOf(keys, host.Token("h1", R"({"sub":"ada","typ":"ID","exp":1795439505})")),
            "typ");
  EXPECT_EQ(ReasonOf(keys, host.Token("h1", R"({"sub":"ada"})")), "exp");
}

TEST(Jwks, RefusesKeysThatAreNotFitForIt) {
  const std::string ec = HostKey::P256().Jwk("h1");
  const auto with = [&](std::string from, const std::string& to) {
    std::string text = ec;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return MessageOf(text.replace(at, from.size(), to));
  };
  EXPECT_EQ(with("\"kid\":\"h1\",", ""), "key 1: needs a kid of 1 to 64 visible characters");
  EXPECT_EQ(with("P-256", "P-384"), "key 1: kty \"EC\" with crv \"P-384\" is not taken");
  EXPECT_EQ(with("ES256", "RS256"), "key 1: alg \"RS256\" does not belong to such a key");
  EXPECT_EQ(with("\"sig\"", "\"enc\""), "key 1: use \"enc\" is not sig");
  EXPECT_EQ(with("{", "{\"d\":\"AAAA\","),
            "key 1: is a private key: only the public half belongs here");
  EXPECT_EQ(with("\"x\":\"", "\"x\":\"AA"), "key 1: x and y need 32 bytes");
  const std::string nowhere = ToBase64Url(std::string(32, '\x01'));
  EXPECT_EQ(MessageOf(R"({"kid":"a","kty":"EC","crv":"P-256","x":")" + nowhere + R"(","y":")" +
                      nowhere + "\"}"),
            "key 1: x and y are no point of P-256");
  EXPECT_EQ(MessageOf(HostKey::Rsa(1024).Jwk("a")), "key 1: an RSA key needs at least 2048 bits");
  EXPECT_EQ(MessageOf(R"({"kid":"a","kty":"oct","k":"AAAA"})"),
            "key 1: kty \"oct\" with crv \"\" is not taken");
  EXPECT_FALSE(ParseJwks("{}").ok());
  EXPECT_FALSE(ParseJwks("{\"keys\":[").ok());
}

TEST(HmacSha256, AgreesWithTheRfc) {  // RFC 7515 A.1
  EXPECT_EQ(
      ToBase64Url(HmacSha256(*FromBase64Url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0"
                                            "gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"),
                             "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0K"
                             "ICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb"
                             "290Ijp0cnVlfQ")),
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

// RFC 7515 A.2 and A.3, RFC 8037 A.4: signatures that others made.
TEST(PublicKey, AgreesWithTheRfcs) {
  const auto bytes = [](std::string_view text) { return *FromBase64Url(text); };
  constexpr std::string_view kPayload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const auto rsa = PublicKey::Rsa(
      bytes(
          "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
          "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"
          "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5"
          "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
      bytes("AQAB"));
  ASSERT_TRUE(rsa.ok());
  EXPECT_TRUE(rsa->Verifies(
      "eyJhbGciOiJSUzI1NiJ9." + std::string(kPayload),
      bytes("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
            "O8W2"
            "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
            "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjt"
            "QBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
            "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6"
            "IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")));
  const auto ec = PublicKey::P256(bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                  bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  ASSERT_TRUE(ec.ok());
  EXPECT_TRUE(
      ec->Verifies("eyJhbGciOiJFUzI1NiJ9." + std::string(kPayload),
                   bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfK"
                         "TUJqPP3-Kg6NU1Q")));
  const auto ed = PublicKey::Ed25519(bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  ASSERT_TRUE(ed.ok());
  EXPECT_TRUE(
      ed->Verifies("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                   bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g"
                         "7sVvpAr_MuM0KAg")));
}

}  // namespace
}  // namespace livedrops::server
