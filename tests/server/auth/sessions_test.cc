#include "server/auth/sessions.h"

#include "livedrops/engine.h"
#include "livedrops/open.h"
#include "livedrops/spi/order_port.h"
#include "livedrops/testing/faulty_storage.h"
#include "livedrops/testing/sim_clock.h"
#include "server/auth/sign_in.h"
#include "token_kit.h"

namespace livedrops::server {
namespace {

constexpr PasswordCost kCheap{256, 1, 1};

// Lets something happen just before an account is updated: what another server does meanwhile.
class BusyPort : public RequestPort, public ReadPort {
 public:
  BusyPort(Engine* engine, Clock* clock) : engine_(*engine), clock_(*clock) {}

  std::function<void()> before_update;

  void Execute(std::span<const RequestRef> requests, std::span<Reply> replies) override {
    const bool updates = requests.size() == 1 && requests[0].other != nullptr &&
                         std::holds_alternative<UpdateAccount>(*requests[0].other);
    if (updates && before_update) std::exchange(before_update, nullptr)();
    engine_.requests().Execute(requests, replies);
  }
  void Submit(livedrops::Request request, std::function<void(Reply)> callback) override {
    engine_.requests().Submit(std::move(request), std::move(callback));
  }
  Storage& storage() override { return engine_.storage(); }
  Time Now() override { return clock_.Now(); }

 private:
  Engine& engine_;
  Clock& clock_;
};

class SessionsTest : public testing::Test {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.clock = &clock_;
    auto storage = OpenStorage("memory:");
    ASSERT_TRUE(storage.ok()) << storage.status().ToString();
    auto engine = Engine::Open(NewFaultyStorage(std::move(*storage), calls_), options);
    ASSERT_TRUE(engine.ok()) << engine.status().ToString();
    engine_ = std::move(*engine);
    sessions_.emplace(engine_->accounts(), &keys_, &clock_, SessionOptions{});
    sign_in_.emplace(engine_->accounts(), &hasher_, &*sessions_);
  }

  std::string Register(const std::string& email, Role role = Role::user) {
    Account account;
    account.name = "Ada";
    account.email = email;
    account.role = role;
    const auto made = sign_in_->Register(account, "correct horse");
    EXPECT_TRUE(std::holds_alternative<std::string>(made));
    return std::get<std::string>(made);
  }
  Tokens LogIn(const std::string& email) {
    const auto tokens = sign_in_->LogIn(email, "correct horse");
    EXPECT_TRUE(std::holds_alternative<Tokens>(tokens));
    return std::get<Tokens>(tokens);
  }
  OrProblem<Tokens> Refresh(const std::string& token) { return sessions_->Refresh(token); }
  Tokens Refreshed(const std::string& token) {
    const auto tokens = Refresh(token);
    EXPECT_TRUE(std::holds_alternative<Tokens>(tokens));
    return std::holds_alternative<Tokens>(tokens) ? std::get<Tokens>(tokens) : Tokens{};
  }
  bool Refused(const std::string& token) {
    const auto answer = Refresh(token);
    const auto* problem = std::get_if<Problem>(&answer);
    return problem != nullptr && problem->code == ProblemCode::unauthenticated &&
           problem->detail.empty();
  }
  std::string SessionOf(const Tokens& tokens) const {
    const auto principal = VerifyToken(*keys_.Get(), {}, tokens.access_token, clock_.Now());
    EXPECT_TRUE(principal.ok());
    return principal->session.str();
  }
  bool Revoked(const std::string& session) {
    return engine_->accounts().GetSession(session)->revoked;
  }
  void Wait(std::int64_t ms) { clock_.Advance(Duration(ms)); }
  static bool IsIn(const OrProblem<Tokens>& answer) {
    return std::holds_alternative<Tokens>(answer);
  }

  const std::shared_ptr<FaultInjector> calls_ = std::make_shared<FaultInjector>();
  mutable SimClock clock_{kNow};
  TokenKeyStore keys_{KeysOf()};
  PasswordHasher hasher_{kCheap};
  std::unique_ptr<Engine> engine_;
  std::optional<Sessions> sessions_;
  std::optional<SignIn> sign_in_;
};
using Login = SessionsTest;
using RefreshToken = SessionsTest;
using ChangedPassword = SessionsTest;

TEST_F(Login, GivesTokensOfTheAccount) {
  const std::string id = Register("ada@example.com", Role::creator);
  const Tokens tokens = LogIn("ADA@example.com");
  EXPECT_EQ(tokens.expires_in_s, 900);
  const auto principal = VerifyToken(*keys_.Get(), {}, tokens.access_token, kNow);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->subject, UserId(id));
  EXPECT_EQ(principal->role, Role::creator);
  EXPECT_EQ(principal->expires_at, kNow + Duration(900'000));
  EXPECT_NE(LogIn("ada@example.com").refresh_token, tokens.refresh_token);
}

TEST_F(Login, TellsNobodyWhetherTheAccountExists) {
  const std::string id = Register("ada@example.com");
  const auto body_of = [&](const char* email, const char* password) {
    const auto answer = sign_in_->LogIn(email, password);
    return ToBody(std::get<Problem>(answer));
  };
  const std::string wrong = body_of("ada@example.com", "wrong password");
  EXPECT_EQ(body_of("eve@example.com", "wrong password"), wrong);
  EXPECT_NE(wrong.find("\"status\":401"), std::string::npos);
  (void)engine_->accounts().Change({UserId(id), AccountAction::disable, {}});
  EXPECT_EQ(body_of("ada@example.com", "correct horse"), wrong);
  (void)engine_->accounts().Change({UserId(id), AccountAction::erase, {}});
  EXPECT_EQ(body_of("ada@example.com", "correct horse"), wrong);
}

TEST_F(Login, HashesAgainWhenTheCostChanged) {
  const std::string id = Register("ada@example.com");
  const PasswordHasher dearer({512, 1, 1});
  sign_in_.emplace(engine_->accounts(), &dearer, &*sessions_);
  LogIn("ada@example.com");
  const std::string phc = engine_->accounts().Get(UserId(id))->password_hash;
  EXPECT_FALSE(dearer.IsOutdated(phc));
  LogIn("ada@example.com");
  EXPECT_EQ(engine_->accounts().Get(UserId(id))->password_hash, phc);
}

// Hashing the old password anew must not bring it back.
TEST_F(Login, LeavesAPasswordThatIsChangedMeanwhile) {
  const UserId id(Register("ada@example.com"));
  BusyPort port(engine_.get(), &clock_);
  const PasswordHasher dearer({512, 1, 1});
  SignIn late(Accounts(&port, &port), &dearer, &*sessions_);
  port.before_update = [&] {
    EXPECT_FALSE(sign_in_->ChangePassword(id, "correct horse", "battery staple"));
  };
  const auto answer = late.LogIn("ada@example.com", "correct horse");
  EXPECT_EQ(port.before_update, nullptr) << "the test came between";
  EXPECT_FALSE(IsIn(answer)) << "the password was changed before the answer";
  EXPECT_FALSE(IsIn(sign_in_->LogIn("ada@example.com", "correct horse")));
  EXPECT_TRUE(IsIn(sign_in_->LogIn("ada@example.com", "battery staple")));
  EXPECT_EQ(engine_->accounts().LiveSessions(id)->size(), 1U);
}

TEST_F(Login, IsRefusedForAnEmailThatIsTaken) {
  Register("ada@example.com");
  Account account;
  account.name = "Eve";
  account.email = "Ada@Example.com";
  const auto answer = sign_in_->Register(account, "correct horse");
  EXPECT_EQ(std::get<Problem>(answer).code, ProblemCode::conflict);
}

TEST_F(Login, TakesTheChangedPasswordOnly) {
  const std::string id = Register("ada@example.com");
  EXPECT_EQ(sign_in_->ChangePassword(UserId(id), "wrong password", "battery staple")->code,
            ProblemCode::unauthenticated);
  EXPECT_FALSE(sign_in_->ChangePassword(UserId(id), "correct horse", "battery staple"));
  EXPECT_TRUE(std::holds_alternative<Tokens>(sign_in_->LogIn("ada@example.com", "battery staple")));
  EXPECT_TRUE(std::holds_alternative<Problem>(sign_in_->LogIn("ada@example.com", "correct horse")));
  EXPECT_TRUE(sign_in_->ChangePassword(UserId("nobody"), "correct horse", "battery staple"));
}

TEST_F(ChangedPassword, StandsAlthoughALoginHashedTheOldOneAnewMeanwhile) {
  const UserId id(Register("ada@example.com"));
  BusyPort port(engine_.get(), &clock_);
  const PasswordHasher dearer({512, 1, 1});
  SignIn other(engine_->accounts(), &dearer, &*sessions_);
  SignIn late(Accounts(&port, &port), &hasher_, &*sessions_);
  port.before_update = [&] { EXPECT_TRUE(IsIn(other.LogIn("ada@example.com", "correct horse"))); };
  EXPECT_FALSE(late.ChangePassword(id, "correct horse", "battery staple"));
  EXPECT_EQ(port.before_update, nullptr);
  EXPECT_FALSE(IsIn(sign_in_->LogIn("ada@example.com", "correct horse")));
  EXPECT_TRUE(IsIn(sign_in_->LogIn("ada@example.com", "battery staple")));
}

TEST_F(ChangedPassword, IsNotChangedByTwoAtOnce) {
  const UserId id(Register("ada@example.com"));
  BusyPort port(engine_.get(), &clock_);
  SignIn late(Accounts(&port, &port), &hasher_, &*sessions_);
  port.before_update = [&] {
    EXPECT_FALSE(sign_in_->ChangePassword(id, "correct horse", "battery staple"));
  };
  const auto problem = late.ChangePassword(id, "correct horse", "another password");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, ProblemCode::unauthenticated) << "the old one is no longer right";
  EXPECT_TRUE(IsIn(sign_in_->LogIn("ada@example.com", "battery staple")));
}

TEST_F(ChangedPassword, EndsTheOtherSessionsOfThatUser) {
  const UserId ada(Register("ada@example.com"));
  Register("eve@example.com");
  const Tokens of_eve = LogIn("eve@example.com");
  const Tokens kept = LogIn("ada@example.com");
  std::vector<Tokens> others;
  for (int i = 0; i < 250; ++i) others.push_back(LogIn("ada@example.com"));
  const Tokens rotated = Refreshed(others[7].refresh_token);
  std::vector<SessionId> ended;
  EXPECT_FALSE(sessions_->RevokeOthers(ada, SessionId(SessionOf(kept)), &ended));
  EXPECT_EQ(ended.size(), others.size());
  for (const Tokens& other : others) EXPECT_TRUE(Revoked(SessionOf(other)));
  EXPECT_TRUE(Refused(rotated.refresh_token));
  EXPECT_FALSE(Refused(kept.refresh_token));
  EXPECT_FALSE(Refused(of_eve.refresh_token));
}

// What it costs follows from the sessions that live, not from what ever happened.
TEST_F(ChangedPassword, CostsNoMoreInAnOldShop) {
  const UserId ada(Register("ada@example.com"));
  const Tokens kept = LogIn("ada@example.com");
  const auto cost_of_three = [&] {
    for (int i = 0; i < 3; ++i) LogIn("ada@example.com");
    const std::uint64_t before = calls_->calls(StorageCall::read);
    const std::uint64_t commits = calls_->calls(StorageCall::commit);
    std::vector<SessionId> ended;
    EXPECT_FALSE(sessions_->RevokeOthers(ada, SessionId(SessionOf(kept)), &ended));
    EXPECT_EQ(ended.size(), 3U);
    EXPECT_EQ(calls_->calls(StorageCall::commit) - commits, 1U);
    return calls_->calls(StorageCall::read) - before;
  };
  const std::uint64_t young = cost_of_three();
  EXPECT_LE(young, 10U);
  for (int i = 0; i < 300; ++i) {
    const Tokens tokens = LogIn("ada@example.com");
    (void)Refreshed(tokens.refresh_token);
    if (i % 2 == 0) {
      EXPECT_FALSE(sessions_->LogOut(tokens.refresh_token));
    }
  }
  std::vector<SessionId> ended;
  EXPECT_FALSE(sessions_->RevokeOthers(ada, SessionId(SessionOf(kept)), &ended));
  EXPECT_EQ(cost_of_three(), young);
}

TEST_F(RefreshToken, IsReplacedByEachUse) {
  Register("ada@example.com");
  const Tokens first = LogIn("ada@example.com");
  Wait(60'000);
  const Tokens second = Refreshed(first.refresh_token);
  EXPECT_NE(second.refresh_token, first.refresh_token);
  EXPECT_EQ(SessionOf(second), SessionOf(first));
  Wait(60'000);
  const Tokens third = Refreshed(second.refresh_token);
  EXPECT_NE(third.refresh_token, second.refresh_token);
  EXPECT_EQ(third.refresh_token.find(first.refresh_token), std::string::npos);
}

TEST_F(RefreshToken, IsKeptAsAHashOnly) {
  Register("ada@example.com");
  const Tokens tokens = LogIn("ada@example.com");
  const auto session = engine_->accounts().GetSession(SessionOf(tokens));
  EXPECT_EQ(session->token_hash.size(), 64U);
  EXPECT_EQ(tokens.refresh_token.find(session->token_hash), std::string::npos);
}

TEST_F(RefreshToken, GivesTheSameAnswerAgainForTenSeconds) {
  Register("ada@example.com");
  const Tokens first = LogIn("ada@example.com");
  const Tokens second = Refreshed(first.refresh_token);
  Wait(10'000);
  EXPECT_EQ(Refreshed(first.refresh_token).refresh_token, second.refresh_token);
  EXPECT_FALSE(Revoked(SessionOf(second)));
  EXPECT_NE(Refreshed(second.refresh_token).refresh_token, "");
}

TEST_F(RefreshToken, UsedAgainLaterEndsTheWholeSession) {
  Register("ada@example.com");
  const Tokens other = LogIn("ada@example.com");
  const Tokens first = LogIn("ada@example.com");
  const Tokens second = Refreshed(first.refresh_token);
  Wait(10'001);
  EXPECT_TRUE(Refused(first.refresh_token));
  EXPECT_TRUE(Revoked(SessionOf(second)));
  EXPECT_TRUE(Refused(second.refresh_token));
  EXPECT_FALSE(Refused(other.refresh_token)) << "another device goes on";
}

TEST_F(RefreshToken, OfLongAgoEndsTheWholeSession) {
  Register("ada@example.com");
  const Tokens first = LogIn("ada@example.com");
  const Tokens third = Refreshed(Refreshed(first.refresh_token).refresh_token);
  EXPECT_TRUE(Refused(first.refresh_token));
  EXPECT_TRUE(Revoked(SessionOf(third)));
}

TEST_F(RefreshToken, ThatIsMadeUpEndsNothing) {
  Register("ada@example.com");
  const Tokens tokens = LogIn("ada@example.com");
  const std::string session = SessionOf(tokens);
  std::string other = tokens.refresh_token;
  other[session.size() + 3] = other[session.size() + 3] == 'x' ? 'y' : 'x';
  for (const std::string& token :
       {other, session + ".secret.seal", session + "..", session + ".", session, std::string(),
        std::string("."), std::string("..."), std::string("nobody.secret.seal"),
        std::string(5000, 'x').append(".a.b"), tokens.access_token}) {
    EXPECT_TRUE(Refused(token)) << token.substr(0, 60);
  }
  EXPECT_FALSE(Revoked(session));
  EXPECT_FALSE(Refused(tokens.refresh_token));
}

TEST_F(RefreshToken, ExpiresWhenItIsNotUsed) {
  Register("ada@example.com");
  const Tokens first = LogIn("ada@example.com");
  const std::int64_t life = SessionOptions{}.refresh_life.count();
  Wait(life - 1);
  const Tokens second = Refreshed(first.refresh_token);
  Wait(life);
  EXPECT_TRUE(Refused(second.refresh_token));
}

TEST_F(RefreshToken, OfADisabledAccountIsRefused) {
  const std::string id = Register("ada@example.com");
  const Tokens tokens = LogIn("ada@example.com");
  (void)engine_->accounts().Change({UserId(id), AccountAction::disable, {}});
  EXPECT_TRUE(Refused(tokens.refresh_token));
  (void)engine_->accounts().Change({UserId(id), AccountAction::enable, {}});
  EXPECT_FALSE(Refused(tokens.refresh_token));
}

TEST_F(RefreshToken, SurvivesAChangeOfTheSigningKey) {
  Register("ada@example.com");
  const Tokens first = LogIn("ada@example.com");
  keys_.Set(*TokenKeys::Make({{"k9", SecretOf('z')}}, {}));
  const Tokens second = Refreshed(first.refresh_token);
  Wait(10'001);
  EXPECT_TRUE(Refused(first.refresh_token));
  EXPECT_TRUE(Revoked(SessionOf(second)));
}

TEST_F(RefreshToken, EndsWithALogout) {
  Register("ada@example.com");
  const Tokens tokens = LogIn("ada@example.com");
  const std::string session = SessionOf(tokens);
  EXPECT_FALSE(sessions_->LogOut(session + ".secret.seal"));
  EXPECT_FALSE(Revoked(session)) << "knowing the session's id is not enough";
  EXPECT_FALSE(sessions_->LogOut(tokens.refresh_token));
  EXPECT_TRUE(Revoked(session));
  EXPECT_FALSE(sessions_->LogOut(tokens.refresh_token));
  EXPECT_TRUE(Refused(tokens.refresh_token));
}

}  // namespace
}  // namespace livedrops::server
