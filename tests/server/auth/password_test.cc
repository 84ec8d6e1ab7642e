#include "server/auth/password.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "server/auth/worker_pool.h"

namespace livedrops::server {
namespace {

constexpr PasswordCost kCheap{256, 1, 1};

TEST(PasswordHasher, KnowsTheRightPassword) {
  const PasswordHasher hasher(kCheap);
  const auto phc = hasher.Hash("correct horse");
  ASSERT_TRUE(phc.ok());
  EXPECT_TRUE(phc->starts_with("$argon2id$v=19$m=256,t=1,p=1$"));
  EXPECT_TRUE(hasher.Verify(*phc, "correct horse"));
  EXPECT_FALSE(hasher.Verify(*phc, "correct horsf"));
  EXPECT_FALSE(hasher.Verify(*phc, ""));
  EXPECT_NE(*hasher.Hash("correct horse"), *phc) << "each has a salt of its own";
}

TEST(PasswordHasher, CutsNothingOff) {
  const PasswordHasher hasher(kCheap);
  const std::string longest(1024, 'x');
  const auto phc = hasher.Hash(longest);
  EXPECT_FALSE(hasher.Verify(*phc, longest.substr(1)));
  const std::string with_nul("a\0b", 3);
  EXPECT_FALSE(hasher.Verify(*hasher.Hash(with_nul), "a"));
}

TEST(PasswordHasher, CostsWhatTheContractSays) {
  const PasswordHasher hasher({});
  const auto phc = hasher.Hash("correct horse");
  EXPECT_TRUE(phc->starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

// The string of argon2's own command: echo -n password | argon2 somesalt -id -t 2 -k 65536.
TEST(PasswordHasher, VerifiesWhatOthersHashed) {
  const PasswordHasher hasher(kCheap);
  const char* const phc =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_TRUE(hasher.Verify(phc, "password"));
  EXPECT_TRUE(hasher.IsOutdated(phc));
}

TEST(PasswordHasher, KnowsWhenToHashAgain) {
  const PasswordHasher hasher(kCheap);
  EXPECT_FALSE(hasher.IsOutdated(*hasher.Hash("x")));
  EXPECT_TRUE(hasher.IsOutdated(*PasswordHasher({256, 2, 1}).Hash("x")));
  EXPECT_TRUE(hasher.IsOutdated(*PasswordHasher({512, 1, 1}).Hash("x")));
}

TEST(PasswordHasher, IsFalseForNobodyAndForRubbish) {
  const PasswordHasher hasher(kCheap);
  EXPECT_FALSE(hasher.VerifyNobody("correct horse"));
  for (const char* phc : {"", "$", "x", "$argon2id$v=19$m=256,t=1,p=1$$", "$2b$12$abc"}) {
    EXPECT_FALSE(hasher.Verify(phc, "x")) << phc;
  }
}

TEST(WorkerPool, RunsEveryJobAndRefusesTooMany) {
  std::atomic<int> done{0};
  std::latch started(2);
  std::latch go(1);
  {
    WorkerPool pool(2, 3);
    const auto job = [&] {
      started.count_down();
      go.wait();
      ++done;
    };
    EXPECT_TRUE(pool.Submit(job));
    EXPECT_TRUE(pool.Submit(job));
    started.wait();  // Both threads are busy, the queue is empty.
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.Submit([&] { ++done; }));
    EXPECT_EQ(pool.queued(), 3U);
    EXPECT_FALSE(pool.Submit([&] { ++done; }));
    go.count_down();
  }
  EXPECT_EQ(done, 5) << "who was queued is answered, even at the end";
}

}  // namespace
}  // namespace livedrops::server
