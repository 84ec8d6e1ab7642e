#include "server/auth/sessions.h"

#include "server/auth/base64url.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSealBytes = 16;  // Guessing a seal is as hard as guessing a key of 128 bits.

Problem Unauthenticated() {
  Problem problem;
  problem.code = ProblemCode::unauthenticated;
  return problem;
}

}  // namespace

// A refresh token taken apart. `secret` is its text, not its bytes.
struct Sessions::Parts {
  std::string_view session;
  std::string_view secret;
  std::string_view seal;
};

Sessions::Sessions(Accounts accounts, const TokenKeyStore* keys, Clock* clock,
                   const SessionOptions& options)
    : accounts_(accounts), keys_(*keys), clock_(*clock), options_(options) {}

std::optional<Sessions::Parts> Sessions::Split(std::string_view token) {
  const std::size_t last = token.rfind('.');
  const std::size_t first = last == std::string_view::npos ? last : token.rfind('.', last - 1);
  if (first == std::string_view::npos || first >= last || token.size() > 200) return std::nullopt;
  const Parts parts{token.substr(0, first), token.substr(first + 1, last - first - 1),
                    token.substr(last + 1)};
  if (!SessionId(parts.session).valid() || parts.secret.empty()) return std::nullopt;
  return parts;
}

// False for a token that was sealed before the signing key changed: it is refused, but ends
// nothing.
bool Sessions::Sealed(const Parts& parts) const {
  const std::string whole = TokenOf(parts.session, std::string(parts.secret));
  return EqualInConstantTime(whole.substr(whole.rfind('.') + 1), parts.seal);
}

std::string Sessions::TokenOf(std::string_view session, const std::string& secret) const {
  const std::string token = std::string(session) + "." + secret;
  const std::string seal = HmacSha256(keys_.Get()->signing_secret(), "refresh seal " + token);
  return token + "." + ToBase64Url(std::string_view(seal).substr(0, kSealBytes));
}

// The successor follows from the token, so that a repeated refresh gives the same one. Nobody
// without the key can compute it.
std::string Sessions::NextSecret(std::string_view session, std::string_view secret) const {
  const std::string text = "refresh next " + std::string(session) + "." + std::string(secret);
  return ToBase64Url(HmacSha256(keys_.Get()->signing_secret(), text));
}

OrProblem<Tokens> Sessions::Open(const UserId& user, Role role) {
  const Time now = clock_.Now();
  const std::string secret = ToBase64Url(RandomBytes(kSecretBytes));
  OpenSession open;
  open.session.id = ToBase64Url(RandomBytes(kSealBytes));
  open.session.user = user;
  open.session.token_hash = Sha256Hex(secret);
  open.session.expires_at = now + options_.refresh_life;
  if (auto problem = ProblemOf(accounts_.Open(open))) return *problem;
  return Grant(open.session, role, secret);
}

OrProblem<Tokens> Sessions::Refresh(std::string_view refresh_token) {
  const auto parts = Split(refresh_token);
  if (!parts) return Unauthenticated();
  const Result<Session> session = accounts_.GetSession(std::string(parts->session));
  if (!session.ok()) {
    if (session.status().code() == StatusCode::kNotFound) return Unauthenticated();
    return ProblemOf(session.status());
  }
  if (session->revoked || session->expires_at <= clock_.Now()) return Unauthenticated();
  const std::string hash = Sha256Hex(parts->secret);
  if (EqualInConstantTime(hash, session->token_hash)) return Rotate(*session, *parts);
  const bool replaced = EqualInConstantTime(hash, session->previous_token_hash);
  if (replaced && clock_.Now() <= session->rotated_at + options_.reuse_grace) {
    return Repeat(*session, *parts);
  }
  if (replaced || Sealed(*parts)) {
    if (auto problem = Revoke(SessionId(session->id), session->user)) return *problem;
  }
  return Unauthenticated();
}

OrProblem<Tokens> Sessions::Rotate(const Session& session, const Parts& parts) {
  const OrProblem<Role> role = RoleOf(session.user);
  if (const auto* problem = std::get_if<Problem>(&role)) return *problem;
  const std::string secret = NextSecret(session.id, parts.secret);
  const Reply reply = accounts_.Rotate(
      {session.id, session.token_hash, Sha256Hex(secret), clock_.Now() + options_.refresh_life});
  if (!reply.status.ok()) return ProblemOf(reply.status);
  if (reply.outcome == Outcome::done) return Grant(session, std::get<Role>(role), secret);
  // Somebody was faster, with the same token or with a logout: look again.
  const Result<Session> present = accounts_.GetSession(session.id);
  if (!present.ok()) return ProblemOf(present.status());
  return present->revoked ? OrProblem<Tokens>(Unauthenticated()) : Repeat(*present, parts);
}

OrProblem<Tokens> Sessions::Repeat(const Session& session, const Parts& parts) {
  const std::string secret = NextSecret(session.id, parts.secret);
  // The key changed in between, or the present token has another origin.
  if (!EqualInConstantTime(Sha256Hex(secret), session.token_hash)) return Unauthenticated();
  const OrProblem<Role> role = RoleOf(session.user);
  if (const auto* problem = std::get_if<Problem>(&role)) return *problem;
  return Grant(session, std::get<Role>(role), secret);
}

OrProblem<Tokens> Sessions::Grant(const Session& session, Role role,
                                  const std::string& secret) const {
  Principal principal;
  principal.subject = session.user;
  principal.role = role;
  principal.session = SessionId(session.id);
  principal.issued_at = clock_.Now();
  principal.expires_at = principal.issued_at + options_.access_life;
  return Tokens{IssueToken(*keys_.Get(), principal), TokenOf(session.id, secret),
                static_cast<int>(options_.access_life.count() / 1000)};
}

// As it is now: a role may have changed, an account may be disabled.
OrProblem<Role> Sessions::RoleOf(const UserId& user) {
  const Result<Account> account = accounts_.Get(user);
  if (account.ok() && !account->disabled && !account->erased) return account->role;
  if (account.ok() || account.status().code() == StatusCode::kNotFound) return Unauthenticated();
  return ProblemOf(account.status());
}

std::optional<Problem> Sessions::LogOut(std::string_view refresh_token) {
  const auto parts = Split(refresh_token);
  if (!parts) return std::nullopt;
  const Result<Session> session = accounts_.GetSession(std::string(parts->session));
  if (!session.ok()) {
    if (session.status().code() == StatusCode::kNotFound) return std::nullopt;
    return ProblemOf(session.status());
  }
  const std::string hash = Sha256Hex(parts->secret);
  const bool its_own = EqualInConstantTime(hash, session->token_hash) ||
                       EqualInConstantTime(hash, session->previous_token_hash);
  return its_own ? Revoke(SessionId(session->id), session->user) : std::nullopt;
}

// What was revoked is not listed again, so that there is always a first page.
std::optional<Problem> Sessions::RevokeOthers(const UserId& user, const SessionId& keep,
                                              std::vector<SessionId>* ended) {
  for (;;) {
    const Result<std::vector<Session>> live = accounts_.LiveSessions(user);
    if (!live.ok()) return ProblemOf(live.status());
    std::vector<RevokeSession> others;
    for (const Session& session : *live) {
      if (session.id != keep.view()) others.push_back({session.id, user});
    }
    if (others.empty()) return std::nullopt;
    std::vector<Reply> replies(others.size());
    accounts_.RevokeBatch(others, replies);
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (auto problem = ProblemOf(replies[i])) return problem;
      ended->emplace_back(others[i].id);
    }
  }
}

std::optional<Problem> Sessions::Revoke(const SessionId& session, const UserId& actor) {
  return ProblemOf(accounts_.Revoke({session.str(), actor}));
}

}  // namespace livedrops::server
