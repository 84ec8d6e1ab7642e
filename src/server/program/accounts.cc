// Commands that make accounts and tokens. They write through the fence like any other process, so a
// server may be running on the same database.
#include <cstdio>

#include "livedrops/open.h"
#include "livedrops/spi/clock.h"
#include "server/auth/base64url.h"
#include "server/auth/sign_in.h"
#include "server/config/apply.h"
#include "server/config/secrets.h"
#include "server/json/object_reader.h"
#include "server/program/commands.h"

namespace livedrops::server {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

int FailWith(const Problem& problem) {
  const std::string detail = problem.detail.empty() ? "" : ": " + problem.detail;
  return Fail(std::string(TitleOf(problem.code)) + detail, kRefused);
}

// The account that a token is for; made when it is not there yet.
Status EnsureAccount(Service& service, const UserId& id, Role role) {
  const Result<Account> account = service.accounts().Get(id);
  if (account.ok() && account->role != role) {
    return {StatusCode::kInvalidArgument,
            "account " + id.str() + " has role " + std::string(ToString(account->role))};
  }
  if (account.ok() && (account->disabled || account->erased)) {
    return {StatusCode::kInvalidArgument, "account " + id.str() + " is disabled"};
  }
  if (account.ok()) return OkStatus();
  if (account.status().code() != StatusCode::kNotFound) return account.status();
  Account made;
  made.id = id;
  made.role = role;
  made.name = id.str();
  // Nobody can sign in with it: it has no password, and no mail reaches that domain (RFC 2606).
  made.email = id.str() + "@token.invalid";
  const Reply reply = service.accounts().Create({std::move(made), {}});
  if (!reply.status.ok()) return reply.status;
  if (reply.outcome == Outcome::done) return OkStatus();
  return {StatusCode::kInvalidArgument, "account " + id.str() + " cannot be made"};
}

}  // namespace

Status CheckConfig(const Config& config) {
  const auto storage = OpenStorage(config.storage.url, {.create = false, .read_only = true});
  // A database that is not there yet, or a server that does not run now, is no wrong setting.
  const StatusCode code = storage.status().code();
  if (code == StatusCode::kInvalidArgument || code == StatusCode::kUnsupported) {
    return {code, "storage.url: " + storage.status().message()};
  }
  return CheckSecrets(config);
}

int Migrate(const Config& config) {
  const auto storage = OpenStorage(config.storage.url);
  if (!storage.ok()) return Fail(storage.status().ToString());
  const Status closed = (*storage)->Close();
  if (!closed.ok()) return Fail(closed.ToString());
  std::puts("ok");
  return kDone;
}

int CreateAdmin(const Config& config, const AdminOptions& options) {
  const Result<std::string> text = ReadFile(options.password_file);
  if (!text.ok()) return Fail(text.status().message());
  const std::string password = text->substr(0, text->find_first_of("\r\n"));
  if (const std::string reason = CheckPassword(password); !reason.empty()) {
    return Fail("the password " + reason, kRefused);
  }
  if (const std::string reason = CheckEmail(options.email); !reason.empty()) {
    return Fail("--email " + reason, kRefused);
  }
  Result<TokenKeys> keys = LoadTokenKeys(config);
  if (!keys.ok()) return Fail(keys.status().message());
  const TokenKeyStore store(std::move(*keys));
  const auto service = Open(config.storage.url, ServiceOptionsOf(config));
  if (!service.ok()) return Fail(service.status().ToString());
  const PasswordHasher hasher(PasswordCostOf(config));
  Sessions sessions((*service)->accounts(), &store, &SystemClock(), SessionOptionsOf(config));
  Account account;
  account.role = Role::admin;
  account.name = options.name;
  account.email = options.email;
  const auto made =
      SignIn((*service)->accounts(), &hasher, &sessions).Register(std::move(account), password);
  if (const auto* problem = std::get_if<Problem>(&made)) return FailWith(*problem);
  std::printf("{\"userId\":\"%s\"}\n", std::get<std::string>(made).c_str());
  return kDone;
}

int CreateToken(const Config& config, const TokenOptions& options) {
  const auto role = ParseRole(options.role);
  if (!role) return Fail("--role must be service, admin, creator or user", kUsage);
  const UserId subject(options.subject.empty() ? options.role : options.subject);
  if (!subject.valid()) return Fail("--subject must be an id, not " + options.subject, kUsage);
  const Result<TokenKeys> keys = LoadTokenKeys(config);
  if (!keys.ok()) return Fail(keys.status().message());
  const auto service = Open(config.storage.url, ServiceOptionsOf(config));
  if (!service.ok()) return Fail(service.status().ToString());
  if (Status ensured = EnsureAccount(**service, subject, *role); !ensured.ok()) {
    return Fail(ensured.message(), kRefused);
  }
  Principal principal;
  principal.subject = subject;
  principal.role = *role;
  principal.session = SessionId(ToBase64Url(RandomBytes(16)));
  principal.issued_at = SystemClock().Now();
  principal.expires_at = principal.issued_at + Duration(options.days * kDayMs);
  OpenSession open;
  open.session.id = principal.session.str();
  open.session.user = subject;
  open.session.token_hash = Sha256Hex(RandomBytes(32));  // It has no refresh token.
  open.session.expires_at = principal.expires_at;
  const Reply reply = (*service)->accounts().Open(open);
  if (const auto problem = ProblemOf(reply)) return FailWith(*problem);
  std::puts(IssueToken(*keys, principal).c_str());
  return kDone;
}

}  // namespace livedrops::server
