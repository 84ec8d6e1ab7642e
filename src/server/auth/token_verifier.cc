#include "server/auth/token_verifier.h"

#include <cstring>

namespace livedrops::server {
namespace {

constexpr Duration kAskAgainAfter{5000};  // Revoking takes effect within 5 s: CONTRACT §5.

SipKey RandomSipKey() {
  SipKey key;
  const std::string bytes = RandomBytes(sizeof key);
  std::memcpy(&key, bytes.data(), sizeof key);
  return key;
}

void Say(std::string* reason, std::string text) {
  if (reason != nullptr) *reason = std::move(text);
}

}  // namespace

TokenVerifier::TokenVerifier(const TokenKeyStore* keys, const Revocations* revocations,
                             TokenVerifierOptions options)
    : key_store_(*keys),
      revocations_(*revocations),
      options_(std::move(options)),
      sip_key_(RandomSipKey()) {}

std::optional<Principal> TokenVerifier::Verify(std::string_view token, Time now,
                                               std::string* reason) {
  FollowKeys();
  const Hash128 hash = SipHash(sip_key_, token);
  if (Entry* entry = Find(hash)) {
    ++counters_.hits;
    return Current(entry, now, reason);
  }
  ++counters_.misses;
  const Result<Principal> principal = VerifyToken(*keys_, options_.rules, token, now);
  if (!principal.ok()) {
    Say(reason, principal.status().message());
    return std::nullopt;
  }
  return Current(Keep(hash, *principal), now, reason);
}

// What does not change is in the cache; what changes with time is asked every time.
std::optional<Principal> TokenVerifier::Current(Entry* entry, Time now, std::string* reason) {
  const Principal& principal = entry->principal;
  if (principal.expires_at + options_.rules.leeway <= now) {
    Say(reason, "expired");
    return std::nullopt;
  }
  if (revocations_.Stops(principal)) {
    Say(reason, "revoked");
    return std::nullopt;
  }
  if (NeedsStorage(principal) && entry->checked_at + kAskAgainAfter <= now) {
    if (!options_.still_allowed || !options_.still_allowed(principal)) {
      Say(reason, "revoked in the storage");
      return std::nullopt;
    }
    entry->checked_at = now;
  }
  return principal;
}

bool TokenVerifier::NeedsStorage(const Principal& principal) const {
  return !principal.own ||
         principal.expires_at + options_.rules.leeway - principal.issued_at > revocations_.keep();
}

void TokenVerifier::FollowKeys() {
  const std::uint64_t version = key_store_.version();
  if (version == keys_version_) return;
  keys_ = key_store_.Get();
  keys_version_ = version;
  young_.clear();
  old_.clear();
}

TokenVerifier::Entry* TokenVerifier::Find(const Hash128& hash) {
  if (const auto found = young_.find(hash); found != young_.end()) return &found->second;
  const auto found = old_.find(hash);
  if (found == old_.end()) return nullptr;
  const Entry entry = found->second;
  old_.erase(found);
  Entry* kept = Keep(hash, entry.principal);
  kept->checked_at = entry.checked_at;
  return kept;
}

TokenVerifier::Entry* TokenVerifier::Keep(const Hash128& hash, const Principal& principal) {
  if (young_.size() >= options_.cached_max / 2) {
    old_ = std::move(young_);
    young_.clear();
  }
  Entry& entry = young_[hash];
  entry.principal = principal;
  entry.checked_at = Time();  // Long ago: the storage is asked at once.
  return &entry;
}

}  // namespace livedrops::server
