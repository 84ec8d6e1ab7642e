#include "server/auth/token_verifier.h"

#include "host_kit.h"
#include "token_kit.h"

namespace livedrops::server {
namespace {

class TokenVerifierTest : public testing::Test {
 protected:
  TokenVerifier& Make(TokenVerifierOptions options = {}) {
    verifier_.emplace(&store_, &revocations_, std::move(options));
    return *verifier_;
  }
  bool Valid(const std::string& token, Time now = kNow) {
    return verifier_->Verify(token, now, &reason_).has_value();
  }
  void Happened(EventType type, const std::string& subject, Time at = kNow) {
    Event event;
    event.type = type;
    event.subject = subject;
    event.at = at;
    revocations_.Apply(event);
  }
  std::string TokenOf(const Principal& principal) { return IssueToken(*store_.Get(), principal); }

  TokenKeyStore store_{KeysOf()};
  Revocations revocations_{Duration(16 * 60'000)};
  std::optional<TokenVerifier> verifier_;
  std::string reason_;
};
using Verifier = TokenVerifierTest;

TEST_F(Verifier, VerifiesATokenOnce) {
  Make();
  const std::string token = TokenOf(Ada());
  EXPECT_TRUE(Valid(token));
  EXPECT_TRUE(Valid(token));
  EXPECT_EQ(verifier_->counters().hits, 1U);
  EXPECT_EQ(verifier_->counters().misses, 1U);
  EXPECT_FALSE(Valid(token + "x"));
  EXPECT_EQ(reason_, "signature");
}

TEST_F(Verifier, SeesThatAKeptTokenExpired) {
  Make();
  const std::string token = TokenOf(Ada());
  EXPECT_TRUE(Valid(token, Ada().expires_at + Duration(59'999)));
  EXPECT_FALSE(Valid(token, Ada().expires_at + Duration(60'000)));
  EXPECT_EQ(reason_, "expired");
}

TEST_F(Verifier, FollowsRevokedSessions) {
  Make();
  const std::string token = TokenOf(Ada());
  EXPECT_TRUE(Valid(token));
  Happened(EventType::sessionRevoked, "s2");
  EXPECT_TRUE(Valid(token));
  Happened(EventType::sessionRevoked, "s1");
  EXPECT_FALSE(Valid(token));
  EXPECT_EQ(reason_, "revoked");
}

TEST_F(Verifier, FollowsDisabledAccounts) {
  Make();
  const std::string token = TokenOf(Ada());
  Happened(EventType::accountDisabled, "ada");
  EXPECT_FALSE(Valid(token));
  Happened(EventType::accountEnabled, "ada");
  EXPECT_TRUE(Valid(token));
  Happened(EventType::accountErased, "ada");
  EXPECT_FALSE(Valid(token));
}

TEST_F(Verifier, ForgetsRevocationsWhenTheTokensAreGone) {
  Happened(EventType::sessionRevoked, "s1");
  Happened(EventType::orderConfirmed, "o1");
  revocations_.Forget(kNow + Duration(16 * 60'000));
  EXPECT_EQ(revocations_.size(), 1U);
  revocations_.Forget(kNow + Duration(16 * 60'000 + 1));
  EXPECT_EQ(revocations_.size(), 0U);
}

TEST_F(Verifier, AsksTheStorageAboutTokensThatLiveLong) {
  Principal service = Ada();
  service.role = Role::service;
  service.expires_at = kNow + Duration(365LL * 24 * 3600 * 1000);
  const std::string token = TokenOf(service);
  Make();
  EXPECT_FALSE(Valid(token)) << "nobody can say whether it was revoked";

  int asked = 0;
  bool allowed = true;
  TokenVerifierOptions options;
  options.standing = [&](const Principal& principal, bool demanded) {
    EXPECT_EQ(principal.session, SessionId("s1"));
    EXPECT_TRUE(demanded);
    ++asked;
    return allowed ? Standing::allowed : Standing::refused;
  };
  Make(options);
  EXPECT_TRUE(Valid(token));
  EXPECT_TRUE(Valid(token, kNow + Duration(4'999)));
  EXPECT_EQ(asked, 1);
  allowed = false;
  EXPECT_FALSE(Valid(token, kNow + Duration(5'000)));
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(Valid(TokenOf(Ada()))) << "an ordinary token does not ask";
  EXPECT_EQ(asked, 2);
}

// An account that was disabled long ago: its host still issues short tokens for it.
TEST_F(Verifier, AsksTheStorageAboutAHostsTokens) {
  const HostKey host = HostKey::Ed25519();
  store_.Set(KeysOf(*ParseJwks("{\"keys\":[" + host.Jwk("h1") + "]}")));
  const std::string token = host.Token("h1", R"({"sub":"ada","iat":1795438605,"exp":1795438905})");
  bool allowed = true;
  TokenVerifierOptions options;
  options.standing = [&](const Principal& principal, bool demanded) {
    EXPECT_FALSE(principal.own || demanded);
    return allowed ? Standing::allowed : Standing::refused;
  };
  Make(options);
  EXPECT_TRUE(Valid(token));
  allowed = false;
  EXPECT_FALSE(Valid(token, kNow + Duration(5'000)));
  EXPECT_EQ(reason_, "revoked in the storage");
}

TEST_F(Verifier, AsksOnceAboutTokensFromBeforeTheStart) {
  int asked = 0;
  auto standing = Standing::unknown;
  TokenVerifierOptions options;
  options.standing = [&](const Principal&, bool demanded) {
    EXPECT_FALSE(demanded);
    ++asked;
    return standing;
  };
  Make(options);
  const std::string token = TokenOf(Ada());
  revocations_.FollowFrom(Time::max());
  EXPECT_FALSE(Valid(token));
  EXPECT_EQ(reason_, kStandingUnknown);
  standing = Standing::allowed;
  EXPECT_TRUE(Valid(token));
  EXPECT_EQ(asked, 2);
  // What was asked before the log was followed does not count: it may have changed since.
  revocations_.FollowFrom(kNow + Duration(1));
  EXPECT_TRUE(Valid(token, kNow + Duration(2)));
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(Valid(token, kNow + Duration(10'000)));
  EXPECT_EQ(asked, 3);
  Principal young = Ada();
  young.issued_at = kNow + Duration(61'000);
  young.expires_at = kNow + Duration(120'000);
  EXPECT_TRUE(Valid(TokenOf(young), kNow + Duration(62'000)));
  EXPECT_EQ(asked, 3);
}

TEST_F(Verifier, TakesNewKeysAtOnce) {
  Make();
  const std::string token = TokenOf(Ada());
  EXPECT_TRUE(Valid(token));
  store_.Set(*TokenKeys::Make({{"k9", SecretOf('z')}, {"k1", SecretOf('a')}}, {}));
  EXPECT_TRUE(Valid(token));
  EXPECT_NE(TokenOf(Ada()), token);
  EXPECT_TRUE(Valid(TokenOf(Ada())));
  store_.Set(*TokenKeys::Make({{"k9", SecretOf('z')}}, {}));
  EXPECT_FALSE(Valid(token));
  EXPECT_EQ(reason_, "unknown kid");
}

TEST_F(Verifier, RemembersABoundedNumberOfTokens) {
  TokenVerifierOptions options;
  options.cached_max = 10;
  Make(options);
  const std::string used = TokenOf(Ada());
  EXPECT_TRUE(Valid(used));
  for (int i = 0; i < 100; ++i) {
    Principal other = Ada();
    other.subject = UserId("u" + std::to_string(i));
    EXPECT_TRUE(Valid(TokenOf(other)));
    EXPECT_TRUE(Valid(used));
  }
  EXPECT_EQ(verifier_->counters().misses, 101U) << "what is used is kept";
  Principal first = Ada();
  first.subject = UserId("u0");
  EXPECT_TRUE(Valid(TokenOf(first)));
  EXPECT_EQ(verifier_->counters().misses, 102U) << "what is not used is forgotten";
}

}  // namespace
}  // namespace livedrops::server
