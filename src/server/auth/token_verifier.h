// TokenVerifier: VerifyToken with a memory, and with revocations. Clients send the same token with
// every request; it is verified once.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/siphash.h"
#include "livedrops/accounts.h"
#include "server/auth/jwt.h"
#include "server/auth/revocations.h"

namespace livedrops::server {

// What the storage says of a token's session and account.
enum class Standing : std::uint8_t { allowed, refused, unknown };  // unknown: it cannot be read.

// `demanded`: the session must be there. One that nobody knows is no reason to refuse a token that
// is signed and lives for minutes.
Standing StandingOf(Accounts accounts, const Principal& principal, bool demanded);

// The `reason` of a refusal that may be over soon.
inline constexpr std::string_view kStandingUnknown = "the storage cannot be read";

struct TokenVerifierOptions {
  TokenRules rules;
  std::size_t cached_max = 65'536;  // Tokens; about 250 bytes each.
  // Asked about tokens that revocations in memory do not cover. When a token is first seen and then
  // every 5 s: about those that live longer than these are kept, and a host's, who may go on
  // issuing them for an account that was disabled here. Once: about those issued before the log was
  // followed. May be empty: then all of them are refused. It reads the storage on the caller's
  // thread.
  std::function<Standing(const Principal& principal, bool demanded)> standing;
};

// Threading: one thread at a time; each event loop has its own. The key store and the revocations
// are shared and must outlive it.
class TokenVerifier {
 public:
  TokenVerifier(const TokenKeyStore* keys, const Revocations* revocations,
                TokenVerifierOptions options);

  // Nothing when the token is not valid now; `reason` (may be null) then says why, for the log.
  std::optional<Principal> Verify(std::string_view token, Time now, std::string* reason = nullptr);

  struct Counters {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Entry {
    Principal principal;
    Time checked_at;  // When the storage was asked last.
  };
  struct HashOf {
    std::size_t operator()(const Hash128& hash) const { return hash.low; }
  };
  using Entries = std::unordered_map<Hash128, Entry, HashOf>;

  Entry* Find(const Hash128& hash);
  Entry* Keep(const Hash128& hash, const Principal& principal);
  void FollowKeys();
  bool OutlivesRevocations(const Principal& principal) const;
  bool IsToBeAsked(const Entry& entry, Time now) const;
  std::optional<Principal> Current(Entry* entry, Time now, std::string* reason);

  const TokenKeyStore& key_store_;
  const Revocations& revocations_;
  const TokenVerifierOptions options_;
  const SipKey sip_key_;  // Random: nobody can make two tokens meet in the cache.
  std::shared_ptr<const TokenKeys> keys_;
  std::uint64_t keys_version_ = 0;
  // The young ones and those before: what is used moves to the young, what is not is forgotten with
  // its generation. No list, no timer, and never more than `cached_max`.
  Entries young_;
  Entries old_;
  Counters counters_;
};

}  // namespace livedrops::server
