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

Standing StandingOf(Accounts accounts, const Principal& principal, bool demanded) {
  const auto unreadable = [](const Status& status) {
    return !status.ok() && status.code() != StatusCode::kNotFound;
  };
  if (!principal.session.empty()) {
    const Result<Session> session = accounts.GetSession(principal.session.str());
    if (unreadable(session.status())) return Standing::unknown;
    if (session.ok() && (session->revoked || session->user != principal.subject)) {
      return Standing::refused;
    }
    if (!session.ok() && demanded) return Standing::refused;
  }
  const Result<Account> account = accounts.Get(principal.subject);
  if (unreadable(account.status())) return Standing::unknown;
  const bool closed = account.ok() && (account->disabled || account->erased);
  return closed || (!account.ok() && demanded) ? Standing::refused : Standing::allowed;
}

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
  if (!IsToBeAsked(*entry, now)) return principal;
  const Standing standing = options_.standing
                                ? options_.standing(principal, OutlivesRevocations(principal))
                                : Standing::refused;
  if (standing != Standing::allowed) {
    Say(reason,
        standing == Standing::unknown ? std::string(kStandingUnknown) : "revoked in the storage");
    return std::nullopt;
  }
  entry->checked_at = now;
  return principal;
}

bool TokenVerifier::OutlivesRevocations(const Principal& principal) const {
  return principal.own &&
         principal.expires_at + options_.rules.leeway - principal.issued_at > revocations_.keep();
}

bool TokenVerifier::IsToBeAsked(const Entry& entry, Time now) const {
  const Principal& principal = entry.principal;
  const Time from = revocations_.followed_from();
  const bool again = !principal.own || OutlivesRevocations(principal) || from > now;
  if (again) return entry.checked_at + kAskAgainAfter <= now;
  // Who issued it may have a clock that is ahead of ours.
  return principal.issued_at - options_.rules.leeway < from && entry.checked_at < from;
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
