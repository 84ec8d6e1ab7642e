// Accounts and sessions: storage for a server that signs users in. A host that brings its own user
// ids needs none of it. Personal data (email, name, password hash) is kept out of the log.
#pragma once

#include <span>
#include <vector>

#include "livedrops/reply.h"

namespace livedrops {

class RequestPort;
class ReadPort;

// What a token may do is the server's business (docs/reference/authorization.md): the engine keeps
// it.
enum class Role : std::uint8_t { user, creator, service, admin };
std::string_view ToString(Role role);
std::optional<Role> ParseRole(std::string_view text);

struct Account {
  UserId id;
  Role role = Role::user;
  std::string name;
  std::string email;  // Unique over all accounts, case-folded.
  std::string password_hash;
  std::string bio;
  std::string birthday;
  bool disabled = false;
  bool erased = false;
  Time created_at;
};

// Without an id one is made. email_taken when another account has the email.
struct CreateAccount {
  Account account;
  UserId actor;  // Empty: the account itself.
};

// enable, disable; erase empties the personal columns for ever; ids stay in orders and audit.
enum class AccountAction : std::uint8_t { disable, enable, erase };
struct ChangeAccount {
  UserId id;
  AccountAction action = AccountAction::disable;
  UserId actor;
};

// Changes what is given. conflict when the account was erased.
struct UpdateAccount {
  UserId id;
  std::optional<std::string> name;
  std::optional<std::string> password_hash;
  std::optional<std::string> bio;
  UserId actor;
  // The hash that the new one is to replace; conflict when the account has another one by now.
  std::optional<std::string> expected_password_hash;
};

// A signed-in device: its refresh token's hash, and the one before it.
struct Session {
  std::string id;
  UserId user;
  std::string token_hash;
  std::string previous_token_hash;
  Time rotated_at;
  Time expires_at;
  bool revoked = false;
};

struct OpenSession {
  Session session;  // Without an id one is made.
};

// Replaces `expected_hash` by `new_hash`; conflict when the session has another one by now.
struct RotateSession {
  std::string id;
  std::string expected_hash;
  std::string new_hash;
  Time expires_at;
};

// For ever. Revoking again is `done` with Reply::repeated.
struct RevokeSession {
  std::string id;
  UserId actor;
};

// Threading, Errors: as Orders (orders.h).
class Accounts {
 public:
  Accounts(RequestPort* requests, ReadPort* reads) : requests_(requests), reads_(reads) {}

  Reply Create(const CreateAccount& create);
  Reply Update(const UpdateAccount& update);
  Reply Change(const ChangeAccount& change);
  Reply Open(const OpenSession& open);
  Reply Rotate(const RotateSession& rotate);
  Reply Revoke(const RevokeSession& revoke);
  // In as few commits as there can be; `replies[i]` answers `revokes[i]`.
  void RevokeBatch(std::span<const RevokeSession> revokes, std::span<Reply> replies);

  // Erased accounts too, with empty columns.
  Result<Account> Get(const UserId& id);
  // Case does not count. not_found does not repeat the email: messages may end up in logs.
  Result<Account> FindByEmail(const std::string& email);
  // Revoked and expired ones too.
  Result<Session> GetSession(const std::string& id);
  // Sessions of a user that are neither revoked nor expired, at most `limit` (1 to 100) of them:
  // those that expire first. The cost does not grow with the sessions that are over.
  Result<std::vector<Session>> LiveSessions(const UserId& user, int limit = 100);

 private:
  RequestPort* requests_;
  ReadPort* reads_;
};

}  // namespace livedrops
