#include "server/auth/sign_in.h"

namespace livedrops::server {
namespace {

Problem WrongCredentials() {
  Problem problem;
  problem.code = ProblemCode::unauthenticated;
  problem.detail = "email or password is wrong";
  return problem;
}

}  // namespace

SignIn::SignIn(Accounts accounts, const PasswordHasher* hasher, Sessions* sessions)
    : accounts_(accounts), hasher_(*hasher), sessions_(*sessions) {}

OrProblem<std::string> SignIn::Register(Account account, std::string_view password) {
  const Result<std::string> hash = hasher_.Hash(password);
  if (!hash.ok()) return ProblemOf(hash.status());
  account.password_hash = *hash;
  const Reply reply = accounts_.Create({std::move(account), {}});
  if (auto problem = ProblemOf(reply)) return *problem;
  return reply.id;
}

OrProblem<Tokens> SignIn::LogIn(const std::string& email, std::string_view password) {
  Result<Account> account = accounts_.FindByEmail(email);
  if (!account.ok() && account.status().code() != StatusCode::kNotFound) {
    return ProblemOf(account.status());
  }
  // A disabled account is verified too: its owner gets the same answer after the same time.
  const bool right = IsRight(account, password);
  if (!right || account->disabled || account->erased) return WrongCredentials();
  if (hasher_.IsOutdated(account->password_hash)) {
    // Not a reason to refuse a right password: the next login tries again. Nor may it take back a
    // password that was changed meanwhile.
    (void)Replace(&*account, password);
  }
  OrProblem<Tokens> opened = sessions_.Open(account->id, account->role);
  const auto* tokens = std::get_if<Tokens>(&opened);
  if (tokens == nullptr) return opened;
  if (auto problem = CheckAgain(*account, password)) {
    (void)sessions_.LogOut(tokens->refresh_token);  // If not, it ends unused: nobody knows it.
    return *problem;
  }
  return opened;
}

// The password may have been changed, and all sessions ended, while it was verified: this session
// came too late for that.
std::optional<Problem> SignIn::CheckAgain(const Account& verified, std::string_view password) {
  const Result<Account> account = accounts_.Get(verified.id);
  if (!account.ok()) return ProblemOf(account.status());
  const bool changed = account->password_hash != verified.password_hash;
  if (changed && !IsRight(account, password)) return WrongCredentials();
  return std::nullopt;
}

std::optional<Problem> SignIn::ChangePassword(const UserId& user, std::string_view old_password,
                                              std::string_view new_password) {
  // A login may hash the same password anew meanwhile: then it is verified against that.
  constexpr int kTries = 3;
  std::optional<Problem> problem;
  for (int i = 0; i < kTries; ++i) {
    Result<Account> account = accounts_.Get(user);
    if (!account.ok() && account.status().code() != StatusCode::kNotFound) {
      return ProblemOf(account.status());
    }
    const bool right = IsRight(account, old_password);
    if (!right || account->disabled || account->erased) return WrongCredentials();
    problem = Replace(&*account, new_password);
    if (!problem || problem->code != ProblemCode::conflict) return problem;
  }
  return problem;
}

// As slow for an account that does not exist, was erased or never had a password.
bool SignIn::IsRight(const Result<Account>& account, std::string_view password) const {
  if (!account.ok() || account->password_hash.empty()) return hasher_.VerifyNobody(password);
  return hasher_.Verify(account->password_hash, password);
}

std::optional<Problem> SignIn::Replace(Account* verified, std::string_view password) {
  const Result<std::string> hash = hasher_.Hash(password);
  if (!hash.ok()) return ProblemOf(hash.status());
  UpdateAccount update;
  update.id = verified->id;
  update.password_hash = *hash;
  update.expected_password_hash = verified->password_hash;
  auto problem = ProblemOf(accounts_.Update(update));
  if (!problem) verified->password_hash = *hash;
  return problem;
}

}  // namespace livedrops::server
