// Keys and tokens for tests: everything fixed, so that a failure repeats.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/auth/base64url.h"
#include "server/auth/jwt.h"

namespace livedrops::server {

inline constexpr Time kNow = TimeFromMs(1'795'438'605'000);

inline std::string SecretOf(char c) { return std::string(32, c); }

inline TokenKeys KeysOf(std::vector<TokenKey> hosts = {}) {
  auto keys = TokenKeys::Make({{"k1", SecretOf('a')}, {"k2", SecretOf('b')}}, std::move(hosts));
  EXPECT_TRUE(keys.ok()) << keys.status().ToString();
  return *keys;
}

inline Principal Ada() {
  Principal principal;
  principal.subject = UserId("ada");
  principal.role = Role::creator;
  principal.session = SessionId("s1");
  principal.issued_at = kNow;
  principal.expires_at = kNow + Duration(900'000);
  return principal;
}

// A token of any text, signed with HMAC: what a forger who knows a secret could make.
inline std::string Signed(const std::string& header, const std::string& claims,
                          const std::string& secret) {
  const std::string text = ToBase64Url(header) + "." + ToBase64Url(claims);
  return text + "." + ToBase64Url(HmacSha256(secret, text));
}

}  // namespace livedrops::server
