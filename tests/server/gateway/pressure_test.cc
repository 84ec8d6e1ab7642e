#include "server/gateway/pressure.h"

#include <gtest/gtest.h>

namespace livedrops::server {
namespace {

constexpr MonotonicNs kTenth = 100'000'000;

const Route& List() { return RouteOf(RouteId::products); }
const Route& Item() { return RouteOf(RouteId::drop); }
const Route& Order() { return RouteOf(RouteId::place_order); }

TEST(Pressure, FollowsTheQueue) {
  Pressure pressure(2);
  MonotonicNs now = 1;
  const auto measure = [&](double share) {
    for (int loop : {0, 1}) {
      if (pressure.Measure(loop, share, now)) pressure.Answer(loop, now);
    }
    now += kTenth;
  };
  measure(0.1);
  EXPECT_FALSE(pressure.Sheds(0, List()));
  measure(0.2);
  EXPECT_TRUE(pressure.Sheds(0, List()));
  EXPECT_TRUE(pressure.Sheds(1, List()));
  EXPECT_FALSE(pressure.Sheds(0, Item()));
  measure(0.3);
  EXPECT_TRUE(pressure.Sheds(0, Item()));
  EXPECT_FALSE(pressure.Sheds(0, Order()));
  measure(1);
  EXPECT_FALSE(pressure.Sheds(0, Order()));
  measure(0);
  EXPECT_FALSE(pressure.Sheds(0, List()));
}

TEST(Pressure, HasTheLimitsItIsGiven) {
  PressureLimits limits;
  limits.lists_queue = 0.4;
  limits.reads_queue = 0.5;
  Pressure pressure(1, limits);
  pressure.Measure(0, 0.39, 1);
  EXPECT_FALSE(pressure.Sheds(0, List()));
  pressure.Measure(0, 0.4, 2);
  EXPECT_TRUE(pressure.Sheds(0, List()));
  EXPECT_FALSE(pressure.Sheds(0, Item()));
  pressure.Measure(0, 0.5, 3);
  EXPECT_TRUE(pressure.Sheds(0, Item()));
}

// Whatever is configured: with a full queue and a loop that stands still no order is shed.
TEST(Pressure, NeverShedsOrdersAndOtherChanges) {
  Pressure pressure(1, {0.01, 0.01, 1, 1});
  for (MonotonicNs now = 1; now < 100 * kTenth; now += kTenth) pressure.Measure(0, 1, now);
  for (const Route& route : AllRoutes()) {
    EXPECT_EQ(pressure.Sheds(0, route), route.kind == RouteClass::read) << route.path;
  }
  EXPECT_EQ(Order().kind, RouteClass::order);
}

TEST(Pressure, FollowsALoopThatIsBehind) {
  Pressure pressure(2);
  MonotonicNs now = 1;
  EXPECT_TRUE(pressure.Measure(0, 0, now));
  // The probe does not come back: a moment is nothing, three seconds are.
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(pressure.Measure(0, 0, now += kTenth));
  EXPECT_FALSE(pressure.Sheds(0, List()));
  for (int i = 0; i < 12; ++i) EXPECT_FALSE(pressure.Measure(0, 0, now += kTenth));
  EXPECT_TRUE(pressure.Sheds(0, List()));
  EXPECT_FALSE(pressure.Sheds(0, Item()));
  EXPECT_FALSE(pressure.Sheds(1, List()));
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(pressure.Measure(0, 0, now += kTenth));
  EXPECT_TRUE(pressure.Sheds(0, Item()));
  EXPECT_FALSE(pressure.Sheds(0, Order()));
  pressure.Answer(0, now);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(pressure.Measure(0, 0, now += kTenth));
    pressure.Answer(0, now);
  }
  EXPECT_FALSE(pressure.Sheds(0, List()));
}

}  // namespace
}  // namespace livedrops::server
