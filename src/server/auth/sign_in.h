// SignIn: registering, logging in, changing a password. Nothing in a login's answer, nor how long
// it takes, tells whether an account exists.
#pragma once

#include "server/auth/password.h"
#include "server/auth/sessions.h"

namespace livedrops::server {

// Threading: any thread. Every call hashes a password and blocks: for a WorkerPool, two at a time.
class SignIn {
 public:
  // Both must outlive it.
  SignIn(Accounts accounts, const PasswordHasher* hasher, Sessions* sessions);

  // `account.password_hash` is made from the password. The new id. Errors: conflict, for an email
  // or id that is taken.
  OrProblem<std::string> Register(Account account, std::string_view password);
  // Errors: unauthenticated, the same for a wrong password, an unknown email, a disabled account.
  OrProblem<Tokens> LogIn(const std::string& email, std::string_view password);
  // Errors: unauthenticated when the old one is wrong; conflict when the password is being changed
  // again and again meanwhile. Sessions go on: see Sessions::RevokeOthers.
  std::optional<Problem> ChangePassword(const UserId& user, std::string_view old_password,
                                        std::string_view new_password);

 private:
  bool IsRight(const Result<Account>& account, std::string_view password) const;
  // In place of the hash that `verified` has: conflict when another one is there by now. Then
  // `verified` has the new one.
  std::optional<Problem> Replace(Account* verified, std::string_view password);
  std::optional<Problem> CheckAgain(const Account& verified, std::string_view password);

  Accounts accounts_;
  const PasswordHasher& hasher_;
  Sessions& sessions_;
};

}  // namespace livedrops::server
