// Passwords: Argon2id (RFC 9106) by libargon2, kept as PHC strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "livedrops/status.h"

namespace livedrops::server {

// OWASP's first choice: 19 MiB, two passes, one lane. About 30 ms on one core.
struct PasswordCost {
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
};

// Threading: any thread. Each call blocks for its cost and takes its memory: PasswordPool bounds
// both.
class PasswordHasher {
 public:
  explicit PasswordHasher(const PasswordCost& cost);

  // "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" with a new salt. Errors: unavailable, no memory.
  Result<std::string> Hash(std::string_view password) const;
  // False also for a text that is no such string. Takes the cost that the string names.
  bool Verify(const std::string& phc, std::string_view password) const;
  // Takes as long as Verify and is false: for accounts that do not exist, so that time does not
  // tell.
  bool VerifyNobody(std::string_view password) const;
  // True when the string was made with another cost: hash again while the password is known.
  bool IsOutdated(std::string_view phc) const;

 private:
  const PasswordCost cost_;
  const std::string prefix_;  // What a string of this cost begins with.
  const std::string nobody_;
};

}  // namespace livedrops::server
