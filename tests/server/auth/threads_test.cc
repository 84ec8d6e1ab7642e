// What event loops share, used by several threads at once: for the thread sanitizer, and for sums.
#include <atomic>
#include <thread>

#include "server/auth/token_verifier.h"
#include "server/limits/rate_limiter.h"
#include "token_kit.h"

namespace livedrops::server {
namespace {

constexpr int kThreads = 4;

template <class Work>
void OnThreads(const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(Threads, VerifyWhileKeysAndRevocationsChange) {
  TokenKeyStore store(KeysOf());
  Revocations revocations(Duration(16 * 60'000));
  const std::string token = IssueToken(*store.Get(), Ada());
  Event revoked;
  revoked.type = EventType::sessionRevoked;
  revoked.at = kNow;
  std::atomic<int> valid{0};
  OnThreads([&](int number) {
    TokenVerifier verifier(&store, &revocations, {});
    Event event = revoked;
    for (int i = 0; i < 200; ++i) {
      if (number == 0) store.Set(KeysOf());
      event.subject = "other" + std::to_string(i);
      if (number == 1) revocations.Apply(event);
      if (number == 2) revocations.Forget(kNow + Duration(i));
      if (verifier.Verify(token, kNow)) ++valid;
    }
  });
  EXPECT_EQ(valid, kThreads * 200);
  revoked.subject = "s1";
  revocations.Apply(revoked);
  EXPECT_FALSE(TokenVerifier(&store, &revocations, {}).Verify(token, kNow));
}

TEST(Threads, ShareOneBucketExactly) {
  RateLimiter limiter;
  const RatePolicy policy{"orders", 10, 1, 500};
  std::atomic<int> allowed{0};
  OnThreads([&](int) {
    for (int i = 0; i < 1000; ++i) {
      if (limiter.Take(policy, "ada", 1'000'000'000'000).allowed) ++allowed;
    }
  });
  EXPECT_EQ(allowed, 500);
}

}  // namespace
}  // namespace livedrops::server
