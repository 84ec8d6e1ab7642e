// Routes of accounts and sessions: registering, signing in and out, erasing.
#include "base/json_writer.h"
#include "server/gateway/handlers.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kNameMax = 200;
constexpr std::size_t kBioMax = 4000;
constexpr std::size_t kTokenMax = 1024;  // Longer than any refresh token of ours.
// Credentials are not checked for how a password must look: what was registered is what counts.
constexpr std::size_t kPasswordMax = 256;

// Who may register: the other roles are given by an admin's hand.
std::optional<Role> ParseOwnRole(std::string_view text) {
  const auto role = ParseRole(text);
  return role == Role::user || role == Role::creator ? role : std::nullopt;
}

std::string ToJson(const Tokens& tokens) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Member("accessToken", tokens.access_token);
  json.Member("refreshToken", tokens.refresh_token).Member("expiresIn", tokens.expires_in_s);
  json.EndObject();
  return body;
}

void Answer(Context& context, const OrProblem<Tokens>& tokens) {
  if (const auto* problem = std::get_if<Problem>(&tokens)) return context.Refuse(*problem);
  context.SendJson(200, ToJson(std::get<Tokens>(tokens)));
}

void Answer(Context& context, const std::optional<Problem>& problem) {
  if (problem) return context.Refuse(*problem);
  context.Send(Response(204));
}

// Whether this account may sign in once more this minute. Answers when it may not.
bool MayTry(Context& context, std::string_view email) {
  const LimitAnswer answer =
      context.shared.limits.TakeAccount(email, context.address, context.began);
  if (answer.allowed()) return true;
  context.limit = answer;
  Problem problem;
  problem.code = ProblemCode::rate_limited;
  problem.retry_after_s = static_cast<int>(answer.decision.retry_after_s);
  context.Refuse(problem);
  return false;
}

// What this server did takes effect here at once; others follow the log.
void Revoke(Context& context, EventType type, const std::string& subject) {
  Event event;
  event.type = type;
  event.subject = subject;
  event.at = context.Now();
  context.shared.revocations.Apply(event);
}

// Whoever knows the old password may have signed in somewhere.
std::optional<Problem> EndOtherSessions(Context& context) {
  std::vector<SessionId> ended;
  auto problem =
      context.shared.sessions.RevokeOthers(context.subject(), context.principal->session, &ended);
  for (const SessionId& session : ended) Revoke(context, EventType::sessionRevoked, session.str());
  if (!problem) return std::nullopt;
  // The password is changed already.
  problem->code = ProblemCode::outcome_unknown;
  problem->detail = "the password was changed, but other sessions may go on: log in and try again";
  return problem;
}

}  // namespace

void handle::register_account(Context& context) {
  Account account;
  std::string password;
  ObjectReader body = context.Body();
  body.Required("name", &account.name, std::size_t{1}, kNameMax);
  body.Required("email", &account.email, CheckEmail);
  body.Required("password", &password, CheckPassword);
  body.Required("role", &account.role, ParseOwnRole, "user, creator");
  body.Optional("bio", &account.bio, std::size_t{0}, kBioMax);
  body.Optional("birthday", &account.birthday, CheckDate);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (!MayTry(context, account.email)) return;
  context.RunOn(context.shared.passwords, [account, password](Context& self) {
    const OrProblem<std::string> made = self.shared.sign_in.Register(account, password);
    if (const auto* problem = std::get_if<Problem>(&made)) return self.Refuse(*problem);
    std::string answer;
    JsonWriter json(&answer);
    const char* name = account.role == Role::creator ? "creatorId" : "userId";
    json.BeginObject().Member(name, std::get<std::string>(made)).EndObject();
    self.SendJson(201, std::move(answer));
  });
}

void handle::login(Context& context) {
  std::string email;
  std::string password;
  ObjectReader body = context.Body();
  body.Required("email", &email, CheckEmail);
  body.Required("password", &password, std::size_t{1}, kPasswordMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  if (!MayTry(context, email)) return;
  context.RunOn(context.shared.passwords, [email, password](Context& self) {
    Answer(self, self.shared.sign_in.LogIn(email, password));
  });
}

void handle::refresh(Context& context) {
  std::string token;
  ObjectReader body = context.Body();
  body.Required("refreshToken", &token, std::size_t{1}, kTokenMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  context.RunOn(context.shared.background,
                [token](Context& self) { Answer(self, self.shared.sessions.Refresh(token)); });
}

// Ends the session of the refresh token in the body, of the access token, or of both.
void handle::logout(Context& context) {
  std::optional<std::string> token;
  ObjectReader body = context.OptionalBody();
  body.Optional("refreshToken", &token, std::size_t{1}, kTokenMax);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  const bool has_session = context.principal && !context.principal->session.empty();
  if (!token && !has_session) return context.Refuse(ProblemCode::unauthenticated);
  context.RunOn(context.shared.background, [token, has_session](Context& self) {
    std::optional<Problem> problem;
    if (has_session) {
      const SessionId& session = self.principal->session;
      problem = self.shared.sessions.Revoke(session, self.subject());
      if (!problem) Revoke(self, EventType::sessionRevoked, session.str());
    }
    if (!problem && token) problem = self.shared.sessions.LogOut(*token);
    Answer(self, problem);
  });
}

void handle::password(Context& context) {
  std::string old_password;
  std::string new_password;
  ObjectReader body = context.Body();
  body.Required("old", &old_password, std::size_t{1}, kPasswordMax);
  body.Required("new", &new_password, CheckPassword);
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  // Whoever holds a stolen token must not guess the password faster than at the login.
  if (!MayTry(context, context.subject().view())) return;
  context.RunOn(context.shared.passwords, [old_password, new_password](Context& self) {
    auto problem = self.shared.sign_in.ChangePassword(self.subject(), old_password, new_password);
    if (!problem) problem = EndOtherSessions(self);
    Answer(self, problem);
  });
}

void handle::delete_account(Context& context) {
  const UserId id = context.subject();
  context.Submit(ChangeAccount{id, AccountAction::erase, id}, [](Context& self, const Reply&) {
    Revoke(self, EventType::accountErased, self.subject().str());
    self.shared.caches.CreatorGone(self.subject().view());
    self.Send(Response(204));
  });
}

namespace {

void ChangeUser(Context& context, AccountAction action) {
  const auto id = context.ParameterId<UserId>();
  if (!id.valid()) return context.Refuse(ProblemCode::not_found);
  ObjectReader body = context.OptionalBody();
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  context.Submit(
      ChangeAccount{id, action, context.subject()}, [id, action](Context& self, const Reply&) {
        const bool disabled = action == AccountAction::disable;
        Revoke(self, disabled ? EventType::accountDisabled : EventType::accountEnabled, id.str());
        std::string answer;
        JsonWriter(&answer)
            .BeginObject()
            .Member("userId", id.view())
            .Member("disabled", disabled)
            .EndObject();
        self.SendJson(200, std::move(answer));
      });
}

}  // namespace

void handle::disable_user(Context& context) { ChangeUser(context, AccountAction::disable); }
void handle::enable_user(Context& context) { ChangeUser(context, AccountAction::enable); }

}  // namespace livedrops::server
