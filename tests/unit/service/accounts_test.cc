#include "livedrops/accounts.h"

#include <gtest/gtest.h>

#include "engine_kit.h"

namespace livedrops {
namespace {

class AccountsTest : public EngineTest {
 protected:
  static CreateAccount AccountOf(const std::string& id, const std::string& email) {
    CreateAccount create;
    create.account.id = UserId(id);
    create.account.name = "Ada";
    create.account.email = email;
    create.account.password_hash = "$argon2id$secret";
    create.account.bio = "bio text";
    create.account.birthday = "1815-12-10";
    return create;
  }
  Reply Change(const std::string& id, AccountAction action) {
    return engine_->accounts().Change({UserId(id), action, {}});
  }
  Reply OpenSession(const std::string& id, const std::string& user) {
    livedrops::OpenSession open;
    open.session.id = id;
    open.session.user = UserId(user);
    open.session.token_hash = "hash-1";
    open.session.expires_at = At(3'600'000);
    return engine_->accounts().Open(open);
  }
};
using AccountLife = AccountsTest;
using SessionLife = AccountsTest;

TEST_F(AccountLife, IsDecidedTogetherWithOthers) {
  const std::vector<Reply> made =
      Execute({AccountOf("a1", "one@example.com"), AccountOf("a2", "One@example.com"),
               ChangeAccount{UserId("a1"), AccountAction::erase, {}},
               AccountOf("a3", "one@example.com"), AccountOf("a1", "two@example.com")});
  using enum Outcome;
  const Outcome expected[] = {done, email_taken, done, done, conflict};
  for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(made[i].outcome, expected[i]) << i;
  EXPECT_EQ(faults_->calls(StorageCall::commit) - commits_, 1u);
  EXPECT_EQ(engine_->accounts().FindByEmail("one@example.com")->id, UserId("a3"));
  EXPECT_TRUE(engine_->accounts().Get(UserId("a1"))->erased);
}

TEST_F(SessionLife, RotatesOnceInABatch) {
  EXPECT_TRUE(Ok(engine_->accounts().Create(AccountOf("a1", "one@example.com"))));
  EXPECT_TRUE(Ok(OpenSession("s1", "a1")));
  const std::vector<Reply> rotated =
      Execute({RotateSession{"s1", "hash-1", "hash-2", At(1)},
               RotateSession{"s1", "hash-1", "hash-3", At(1)}, RevokeSession{"s1", {}}});
  EXPECT_EQ(rotated[0].outcome, Outcome::done);
  EXPECT_EQ(rotated[1].outcome, Outcome::conflict);
  EXPECT_EQ(rotated[2].outcome, Outcome::done);
  EXPECT_EQ(faults_->calls(StorageCall::commit) - commits_, 1u);
  const auto session = engine_->accounts().GetSession("s1");
  EXPECT_EQ(session->token_hash, "hash-2");
  EXPECT_TRUE(session->revoked);
}

TEST_F(AccountLife, IsFoundByItsEmailInAnyCase) {
  const Reply made = engine_->accounts().Create(AccountOf("a1", "Ada@Example.COM"));
  EXPECT_EQ(made.id, "a1");
  EXPECT_EQ(engine_->accounts().Get(UserId("a1"))->email, "ada@example.com");
  EXPECT_EQ(engine_->accounts().FindByEmail("ADA@example.com")->id, UserId("a1"));
  EXPECT_EQ(engine_->accounts().FindByEmail("bob@example.com").status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(engine_->accounts().FindByEmail("").status().code(), StatusCode::kNotFound);
}

TEST_F(AccountLife, HasAnEmailOfItsOwn) {
  EXPECT_TRUE(Ok(engine_->accounts().Create(AccountOf("a1", "ada@example.com"))));
  EXPECT_EQ(engine_->accounts().Create(AccountOf("a2", "ADA@example.com")).outcome,
            Outcome::email_taken);
  EXPECT_EQ(engine_->accounts().Create(AccountOf("a1", "bob@example.com")).outcome,
            Outcome::conflict);
  EXPECT_FALSE(engine_->accounts().Get(UserId("a2")).ok());
}

TEST_F(AccountLife, GetsAnIdWhenNoneIsGiven) {
  const Reply made = engine_->accounts().Create(AccountOf("", "ada@example.com"));
  EXPECT_TRUE(UserId(made.id).valid());
  EXPECT_TRUE(engine_->accounts().Get(UserId(made.id)).ok());
}

TEST_F(AccountLife, IsDisabledAndEnabled) {
  EXPECT_TRUE(Ok(engine_->accounts().Create(AccountOf("a1", "ada@example.com"))));
  EXPECT_FALSE(Change("a1", AccountAction::disable).repeated);
  EXPECT_TRUE(Change("a1", AccountAction::disable).repeated);
  EXPECT_TRUE(engine_->accounts().Get(UserId("a1"))->disabled);
  EXPECT_FALSE(Change("a1", AccountAction::enable).repeated);
  EXPECT_TRUE(Change("a1", AccountAction::enable).repeated);
  EXPECT_FALSE(engine_->accounts().Get(UserId("a1"))->disabled);
  EXPECT_EQ(Change("a9", AccountAction::disable).outcome, Outcome::not_found);
}

TEST_F(AccountLife, IsErasedForEver) {
  EXPECT_TRUE(Ok(engine_->accounts().Create(AccountOf("a1", "ada@example.com"))));
  EXPECT_FALSE(Change("a1", AccountAction::erase).repeated);
  EXPECT_TRUE(Change("a1", AccountAction::erase).repeated);
  const auto erased = engine_->accounts().Get(UserId("a1"));
  EXPECT_TRUE(erased->erased);
  EXPECT_TRUE(erased->disabled);
  EXPECT_EQ(erased->name + erased->email + erased->password_hash + erased->bio + erased->birthday,
            "");
  EXPECT_EQ(Change("a1", AccountAction::enable).outcome, Outcome::conflict);
  UpdateAccount update;
  update.id = UserId("a1");
  update.name = "Eve";
  EXPECT_EQ(engine_->accounts().Update(update).outcome, Outcome::conflict);
  EXPECT_EQ(engine_->accounts().FindByEmail("ada@example.com").status().code(),
            StatusCode::kNotFound);
  EXPECT_FALSE(engine_->accounts().FindByEmail("").ok());
  // The email is free again, and a second erased account does not meet the first one.
  EXPECT_EQ(engine_->accounts().Create(AccountOf("a2", "ada@example.com")).outcome, Outcome::done);
  EXPECT_FALSE(Change("a2", AccountAction::erase).repeated);
}

TEST_F(AccountLife, GetsANewPasswordInPlaceOfTheOneThatWasSeen) {
  EXPECT_TRUE(Ok(engine_->accounts().Create(AccountOf("a1", "ada@example.com"))));
  UpdateAccount update;
  update.id = UserId("a1");
  update.password_hash = "$argon2id$new";
  update.expected_password_hash = "$argon2id$another";
  EXPECT_EQ(engine_->accounts().Update(update).outcome, Outcome::conflict);
  EXPECT_EQ(engine_->accounts().Get(UserId("a1"))->password_hash, "$argon2id$secret");
  update.expected_password_hash = "$argon2id$secret";
  EXPECT_EQ(engine_->accounts().Update(update).outcome, Outcome::done);
  EXPECT_EQ(engine_->accounts().Get(UserId("a1"))->password_hash, "$argon2id$new");
  // In one batch the second sees what the first has done.
  UpdateAccount other = update;
  other.expected_password_hash = "$argon2id$new";
  other.password_hash = "$argon2id$newest";
  const std::vector<Reply> both = Execute({other, other});
  EXPECT_EQ(both[0].outcome, Outcome::done);
  EXPECT_EQ(both[1].outcome, Outcome::conflict);
}

TEST_F(AccountLife, LeavesNothingPersonalInTheLog) {
  EXPECT_TRUE(Ok(engine_->accounts().Create(AccountOf("a1", "ada@example.com"))));
  UpdateAccount update;
  update.id = UserId("a1");
  update.name = "Grace";
  update.password_hash = "$argon2id$other";
  EXPECT_TRUE(Ok(engine_->accounts().Update(update)));
  EXPECT_TRUE(Ok(OpenSession("s1", "a1")));
  EXPECT_TRUE(Ok(Change("a1", AccountAction::erase)));
  for (const Event& event : Log()) {
    const std::string text = event.actor + event.subject + event.body + event.aggregate;
    for (const char* personal : {"Ada", "Grace", "ada@", "argon2", "bio text", "1815", "hash-1"}) {
      EXPECT_EQ(text.find(personal), std::string::npos) << personal << " in " << text;
    }
  }
}

TEST_F(AccountLife, RefusesWhatIsNoAccount) {
  EXPECT_EQ(engine_->accounts().Create(AccountOf("a b", "ada@example.com")).status.code(),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(engine_->accounts().Create(AccountOf("a1", "")).status.ok());
  EXPECT_FALSE(engine_->accounts().Create(AccountOf("a1", std::string(255, 'a'))).status.ok());
  CreateAccount nameless = AccountOf("a1", "ada@example.com");
  nameless.account.name = "";
  EXPECT_FALSE(engine_->accounts().Create(nameless).status.ok());
  nameless.account.name = "\xff\xfe";
  EXPECT_FALSE(engine_->accounts().Create(nameless).status.ok());
}

TEST_F(SessionLife, RotatesItsToken) {
  EXPECT_EQ(OpenSession("s1", "a1").id, "s1");
  EXPECT_EQ(OpenSession("s1", "a1").outcome, Outcome::conflict);
  clock_.Advance(Duration(5));
  EXPECT_EQ(engine_->accounts().Rotate({"s1", "hash-1", "hash-2", At(7'200'000)}).outcome,
            Outcome::done);
  const auto session = engine_->accounts().GetSession("s1");
  EXPECT_EQ(session->token_hash, "hash-2");
  EXPECT_EQ(session->previous_token_hash, "hash-1");
  EXPECT_EQ(session->rotated_at, At(5));
  EXPECT_EQ(session->expires_at, At(7'200'000));
  // Somebody uses the old token once more.
  EXPECT_EQ(engine_->accounts().Rotate({"s1", "hash-1", "hash-3", At(1)}).outcome,
            Outcome::conflict);
  EXPECT_EQ(engine_->accounts().GetSession("s1")->token_hash, "hash-2");
  EXPECT_EQ(engine_->accounts().Rotate({"s9", "x", "y", At(1)}).outcome, Outcome::not_found);
}

TEST_F(SessionLife, IsListedWhileItLives) {
  for (const char* id : {"s1", "s2", "s3"}) EXPECT_TRUE(Ok(OpenSession(id, "a1")));
  EXPECT_TRUE(Ok(OpenSession("s4", "a2")));
  const auto live = [&](int limit = 100) {
    std::vector<std::string> ids;
    const auto sessions = engine_->accounts().LiveSessions(UserId("a1"), limit);
    EXPECT_TRUE(sessions.ok()) << sessions.status().ToString();
    for (const Session& session : *sessions) ids.push_back(session.id);
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(live(), (Ids{"s1", "s2", "s3"}));
  EXPECT_EQ(live(2), (Ids{"s1", "s2"}));
  std::vector<Reply> replies(2);
  const RevokeSession revokes[] = {{"s1", {}}, {"s9", {}}};
  engine_->accounts().RevokeBatch(revokes, replies);
  EXPECT_EQ(replies[0].outcome, Outcome::done);
  EXPECT_EQ(replies[1].outcome, Outcome::not_found);
  EXPECT_EQ(live(), (Ids{"s2", "s3"}));
  EXPECT_EQ(engine_->accounts().Rotate({"s3", "hash-1", "hash-2", At(7'200'000)}).outcome,
            Outcome::done);
  clock_.Advance(Duration(3'600'000));
  EXPECT_EQ(live(), (Ids{"s3"}));
  EXPECT_FALSE(engine_->accounts().LiveSessions(UserId("a b")).ok());
  EXPECT_FALSE(engine_->accounts().LiveSessions(UserId("a1"), 101).ok());
}

TEST_F(SessionLife, EndsWithItsRevocation) {
  EXPECT_TRUE(Ok(OpenSession("s1", "a1")));
  EXPECT_FALSE(engine_->accounts().Revoke({"s1", {}}).repeated);
  EXPECT_TRUE(engine_->accounts().Revoke({"s1", {}}).repeated);
  EXPECT_TRUE(engine_->accounts().GetSession("s1")->revoked);
  EXPECT_EQ(engine_->accounts().Rotate({"s1", "hash-1", "hash-2", At(1)}).outcome,
            Outcome::conflict);
  Open();
  EXPECT_TRUE(engine_->accounts().GetSession("s1")->revoked);
  EXPECT_EQ(Log().back().type, EventType::sessionRevoked);
  EXPECT_EQ(Log().back().aggregate, "user:a1");
}

}  // namespace
}  // namespace livedrops
