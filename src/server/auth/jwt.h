// JSON Web Tokens: issue and verify. Why by OpenSSL and not by a JWT library:
// docs/decisions/0012-tokens-by-openssl.md.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/accounts.h"
#include "livedrops/types.h"
#include "server/auth/token_keys.h"

namespace livedrops::server {

// Ids of sessions follow the rule of all ids.
using SessionId = Id<struct SessionTag>;

// Who a request comes from: the claims of a verified token.
struct Principal {
  UserId subject;
  Role role = Role::user;
  SessionId session;  // Empty in a host's token that names none.
  bool own = true;    // Signed by this server's key, not by a host's.
  Time issued_at;     // The epoch in a host's token without iat.
  Time expires_at;
};

// What a token must be besides signed.
struct TokenRules {
  Duration leeway{60'000};  // How far clocks of servers may be apart.
  std::string host_issuer;  // A host's token must name it; empty: any.
  std::string host_audience;
};

constexpr std::string_view kIssuer = "livedrops";

// A token of this server, signed by the first own key. Times are cut to seconds.
std::string IssueToken(const TokenKeys& keys, const Principal& principal);

// The principal of a token that was signed by a key of ours, with that key's algorithm, and is
// valid now. Errors: invalid_argument with the reason, for the log; a client learns only that the
// token is not valid.
Result<Principal> VerifyToken(const TokenKeys& keys, const TokenRules& rules,
                              std::string_view token, Time now);

}  // namespace livedrops::server
