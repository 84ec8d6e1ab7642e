#include "server/auth/password.h"

#include <argon2.h>

#include <array>

#include "server/auth/crypto.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

std::string PrefixOf(const PasswordCost& cost) {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) +
         ",t=" + std::to_string(cost.passes) + ",p=" + std::to_string(cost.lanes) + "$";
}

// A string that no password has: salt and hash are made up, in the alphabet of PHC strings.
std::string MadeUp(const std::string& prefix) {
  const std::string salt = Sha256Hex(RandomBytes(kSaltBytes)).substr(0, 22);
  const std::string hash = Sha256Hex(RandomBytes(kHashBytes)).substr(0, 43);
  // The last character may carry no bits behind the last byte; 'A' is zero.
  return prefix + salt.substr(0, 21) + "A$" + hash.substr(0, 42) + "A";
}

}  // namespace

PasswordHasher::PasswordHasher(const PasswordCost& cost)
    : cost_(cost), prefix_(PrefixOf(cost)), nobody_(MadeUp(prefix_)) {}

Result<std::string> PasswordHasher::Hash(std::string_view password) const {
  const std::string salt = RandomBytes(kSaltBytes);
  std::array<char, 160> text{};
  const int error = argon2id_hash_encoded(cost_.passes, cost_.memory_kib, cost_.lanes,
                                          password.data(), password.size(), salt.data(),
                                          salt.size(), kHashBytes, text.data(), text.size());
  if (error != ARGON2_OK) {
    return Status(StatusCode::kUnavailable,
                  std::string("hashing a password: ") + argon2_error_message(error));
  }
  return std::string(text.data());
}

bool PasswordHasher::Verify(const std::string& phc, std::string_view password) const {
  return argon2id_verify(phc.c_str(), password.data(), password.size()) == ARGON2_OK;
}

bool PasswordHasher::VerifyNobody(std::string_view password) const {
  return Verify(nobody_, password) && false;
}

bool PasswordHasher::IsOutdated(std::string_view phc) const { return !phc.starts_with(prefix_); }

}  // namespace livedrops::server
