#include "server/limits/rate_limiter.h"

#include <gtest/gtest.h>

#include "server/limits/request_limits.h"

namespace livedrops::server {
namespace {

constexpr MonotonicNs kSecond = 1'000'000'000;
constexpr MonotonicNs kStart = 1000 * kSecond;
const RatePolicy kOrders{"orders", 10, 1, 20};

TEST(RateLimiter, AllowsTheBurstAndThenTheRate) {
  RateLimiter limiter;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limiter.Take(kOrders, "u", kStart).remaining, 19 - i);
  EXPECT_FALSE(limiter.Take(kOrders, "u", kStart).allowed);
  EXPECT_FALSE(limiter.Take(kOrders, "u", kStart + kSecond / 10 - 1).allowed);
  EXPECT_TRUE(limiter.Take(kOrders, "u", kStart + kSecond / 10).allowed);
  EXPECT_FALSE(limiter.Take(kOrders, "u", kStart + kSecond / 10).allowed);
}

// A client of 100 requests per second for a minute gets 20 + 10 * 60, and no second gets more than
// the burst and its rate.
TEST(RateLimiter, IsExactInEveryWindow) {
  RateLimiter limiter;
  std::vector<int> allowed(60);
  for (int i = 0; i < 6000; ++i) {
    const MonotonicNs now = kStart + i * kSecond / 100;
    allowed[static_cast<std::size_t>(i / 100)] += limiter.Take(kOrders, "u", now).allowed ? 1 : 0;
  }
  int sum = 0;
  for (const int count : allowed) {
    sum += count;
    EXPECT_LE(count, 30);
  }
  EXPECT_GE(sum, 619);
  EXPECT_LE(sum, 620);
}

TEST(RateLimiter, CountsEachKeyAndPolicyApart) {
  RateLimiter limiter;
  const RatePolicy one{"one", 1, 1, 1};
  const RatePolicy other{"other", 1, 1, 1};
  EXPECT_TRUE(limiter.Take(one, "u", kStart).allowed);
  EXPECT_FALSE(limiter.Take(one, "u", kStart).allowed);
  EXPECT_TRUE(limiter.Take(one, "v", kStart).allowed);
  EXPECT_TRUE(limiter.Take(other, "u", kStart).allowed);
}

TEST(RateLimiter, SaysWhenToComeAgain) {
  RateLimiter limiter;
  const RatePolicy slow{"slow", 1, 60, 1};
  EXPECT_TRUE(limiter.Take(slow, "u", kStart).allowed);
  const RateDecision refused = limiter.Take(slow, "u", kStart + kSecond / 2);
  EXPECT_EQ(refused.retry_after_s, 60);
  EXPECT_FALSE(limiter.Take(slow, "u", kStart + kSecond / 2 + 59 * kSecond).allowed);
  EXPECT_TRUE(limiter.Take(slow, "u", kStart + kSecond / 2 + 60 * kSecond).allowed);
}

TEST(RateLimiter, DoesNotLimitWhatIsOff) {
  RateLimiter limiter;
  const RatePolicy off{"off", 0, 1, 0};
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.Take(off, "u", kStart).allowed);
}

// Somebody who floods the table with a million keys neither frees himself nor makes it grow.
TEST(RateLimiter, LosesNoDebtToAFloodOfKeys) {
  RateLimiter limiter(512);
  for (int i = 0; i < 20; ++i) (void)limiter.Take(kOrders, "u", kStart);
  int freed = 0;
  for (int i = 0; i < 100'000; ++i) {
    (void)limiter.Take(kOrders, "flood" + std::to_string(i), kStart);
    if (i % 1000 == 0) freed += limiter.Take(kOrders, "u", kStart).allowed ? 1 : 0;
  }
  EXPECT_EQ(freed, 0);
  EXPECT_FALSE(limiter.Take(kOrders, "new", kStart).allowed) << "newcomers take over the debt";
  EXPECT_TRUE(limiter.Take(kOrders, "new", kStart + 2 * kSecond).allowed);
}

TEST(RateLimiter, SharesNoDebtWhileThereAreFreeSlots) {
  RateLimiter limiter(512);
  const RatePolicy one{"one", 1, 1, 1};
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(limiter.Take(one, std::to_string(i), kStart).allowed);
}

TEST(RateLimiter, KeepsFarMoreClientsApartThanItHasBusyOnes) {
  RateLimiter limiter;
  for (int i = 0; i < 1'000'000; ++i) {
    const MonotonicNs now = kStart + i * (kSecond / 100'000);
    ASSERT_TRUE(limiter.Take(kOrders, std::to_string(i), now).allowed) << i;
  }
}

TEST(RateFields, FollowTheDraft) {
  EXPECT_EQ(PolicyField(kOrders), "\"orders\";q=20;w=2");
  EXPECT_EQ(PolicyField({"sign-in", 30, 60, 30}), "\"sign-in\";q=30;w=60");
  EXPECT_EQ(PolicyField({"reads", 1000, 1, 10}), "\"reads\";q=10;w=1");
  RateLimiter limiter;
  const RateDecision first = limiter.Take(kOrders, "u", kStart);
  EXPECT_EQ(LimitField(kOrders, first), "\"orders\";r=19;t=1");
  for (int i = 0; i < 19; ++i) (void)limiter.Take(kOrders, "u", kStart);
  EXPECT_EQ(LimitField(kOrders, limiter.Take(kOrders, "u", kStart)), "\"orders\";r=0;t=1");
}

class RequestLimitsTest : public testing::Test {
 protected:
  static Principal Of(const char* subject) {
    Principal principal;
    principal.subject = UserId(subject);
    return principal;
  }
  // How many of 1,500 requests at once are allowed.
  int Allowed(RouteClass kind, const Principal* principal, const IpAddress& address) {
    int allowed = 0;
    for (int i = 0; i < 1500; ++i) {
      allowed += limits_.Take(kind, principal, address, kStart).allowed() ? 1 : 0;
    }
    return allowed;
  }

  IpAddress here_ = *IpAddress::Parse("192.0.2.1");
  IpAddress there_ = *IpAddress::Parse("192.0.2.2");
  RequestLimitSettings settings_ = [] {
    RequestLimitSettings settings;
    settings.exempt.push_back(*Network::Parse("127.0.0.0/8"));
    return settings;
  }();
  RequestLimits limits_{settings_};
};
using Limits = RequestLimitsTest;

TEST_F(Limits, AreThoseOfTheContract) {
  const Principal ada = Of("ada");
  EXPECT_EQ(Allowed(RouteClass::order, &ada, here_), 20);
  EXPECT_EQ(Allowed(RouteClass::write, &ada, here_), 40);
  EXPECT_EQ(Allowed(RouteClass::read, &ada, here_), 200);
  EXPECT_EQ(Allowed(RouteClass::read, nullptr, here_), 100);
  EXPECT_EQ(Allowed(RouteClass::sign_in, nullptr, here_), 30);
  EXPECT_EQ(Allowed(RouteClass::socket, nullptr, here_), 1000);
}

TEST_F(Limits, FollowTheSubjectToEveryAddress) {
  const Principal ada = Of("ada");
  const Principal bob = Of("bob");
  EXPECT_EQ(Allowed(RouteClass::order, &ada, here_), 20);
  EXPECT_EQ(Allowed(RouteClass::order, &ada, there_), 0);
  EXPECT_EQ(Allowed(RouteClass::order, &bob, here_), 20);
  EXPECT_EQ(Allowed(RouteClass::order, nullptr, here_), 100) << "without token: by address";
  EXPECT_EQ(Allowed(RouteClass::write, nullptr, here_), 0) << "one bucket for all of them";
  EXPECT_EQ(Allowed(RouteClass::order, nullptr, there_), 100);
}

TEST_F(Limits, CountAnEmailHoweverItIsWritten) {
  int allowed = 0;
  for (int i = 0; i < 20; ++i) {
    const char* email = i % 2 == 0 ? "Ada@Example.com" : "ada@example.com";
    allowed += limits_.TakeAccount(email, here_, kStart).allowed() ? 1 : 0;
  }
  EXPECT_EQ(allowed, 10);
}

TEST_F(Limits, LeaveExemptAddressesAndProbesAlone) {
  const Principal ada = Of("ada");
  const IpAddress exempt = *IpAddress::Parse("127.0.0.9");
  EXPECT_EQ(Allowed(RouteClass::order, &ada, exempt), 1500);
  EXPECT_EQ(Allowed(RouteClass::internal, nullptr, here_), 1500);
  EXPECT_EQ(limits_.Take(RouteClass::internal, nullptr, here_, kStart).policy, nullptr);
  EXPECT_EQ(limits_.Take(RouteClass::order, &ada, here_, kStart).policy->name, "orders");
}

}  // namespace
}  // namespace livedrops::server
