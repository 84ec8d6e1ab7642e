// Sessions: pairs of an access token and a refresh token, on top of livedrops' accounts.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "livedrops/accounts.h"
#include "livedrops/spi/clock.h"
#include "server/auth/jwt.h"
#include "server/problem.h"

namespace livedrops::server {

// What login and refresh answer.
struct Tokens {
  std::string access_token;
  std::string refresh_token;
  int expires_in_s = 0;  // Life of the access token.
};

// The value asked for, or the problem to answer.
template <class T>
using OrProblem = std::variant<T, Problem>;

struct SessionOptions {
  Duration access_life{15 * 60'000};
  Duration refresh_life{30LL * 24 * 3600 * 1000};  // Since the last refresh.
  // The old token is taken so long after it was replaced, and gives the same new one: the answer
  // may have been lost, two tabs may have asked at once.
  Duration reuse_grace{10'000};
};

// A refresh token is `sid.secret.seal`: 256 bits of secret, of which the storage keeps the hash;
// the seal shows that this server made it. Each refresh replaces it. Whoever presents a sealed
// token that is neither the present one nor the one just replaced holds a stolen copy, or was
// robbed: the whole session is revoked. A made up secret is refused and revokes nothing, or
// everybody who learns a session's id could end it.
//
// Threading: any thread, if the accounts are those of a Service. Every call blocks on a commit or a
// read: not for an event loop.
class Sessions {
 public:
  // All must outlive it.
  Sessions(Accounts accounts, const TokenKeyStore* keys, Clock* clock,
           const SessionOptions& options);

  OrProblem<Tokens> Open(const UserId& user, Role role);
  // Errors: unauthenticated, the same for every reason; unavailable, outcome_unknown (retry: the
  // same token gives the same answer).
  OrProblem<Tokens> Refresh(std::string_view refresh_token);
  // Ends the session of a refresh token. Of a token that is not valid nothing is told.
  std::optional<Problem> LogOut(std::string_view refresh_token);
  std::optional<Problem> Revoke(const SessionId& session, const UserId& actor);
  // Ends all sessions of a user but `keep`, and adds them to `ended`: one read and one commit for
  // each hundred that live.
  std::optional<Problem> RevokeOthers(const UserId& user, const SessionId& keep,
                                      std::vector<SessionId>* ended);

 private:
  struct Parts;
  static std::optional<Parts> Split(std::string_view token);
  bool Sealed(const Parts& parts) const;
  std::string TokenOf(std::string_view session, const std::string& secret) const;
  std::string NextSecret(std::string_view session, std::string_view secret) const;
  OrProblem<Tokens> Rotate(const Session& session, const Parts& parts);
  OrProblem<Tokens> Repeat(const Session& session, const Parts& parts);
  OrProblem<Tokens> Grant(const Session& session, Role role, const std::string& secret) const;
  OrProblem<Role> RoleOf(const UserId& user);

  Accounts accounts_;
  const TokenKeyStore& keys_;
  Clock& clock_;
  const SessionOptions options_;
};

}  // namespace livedrops::server
