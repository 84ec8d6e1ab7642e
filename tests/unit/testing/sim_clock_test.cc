#include "livedrops/testing/sim_clock.h"

#include <gtest/gtest.h>

namespace livedrops {
namespace {

TEST(SimClock, MovesOnlyWhenTold) {
  SimClock clock(TimeFromMs(1000));
  EXPECT_EQ(clock.Now(), TimeFromMs(1000));
  EXPECT_EQ(clock.Now(), TimeFromMs(1000));
  clock.Advance(Duration(5));
  EXPECT_EQ(clock.Now(), TimeFromMs(1005));
}

TEST(SimClock, MayGoBack) {
  SimClock clock(TimeFromMs(1000));
  clock.Set(TimeFromMs(10));
  EXPECT_EQ(clock.Now(), TimeFromMs(10));
}

TEST(SequentialIds, CountAfterTheTime) {
  SequentialIds ids;
  EXPECT_EQ(ids.NewId(TimeFromMs(0x018bcfe56800)), "018bcfe5-6800-7000-8000-000000000001");
  EXPECT_EQ(ids.NewId(TimeFromMs(0x018bcfe56800)), "018bcfe5-6800-7000-8000-000000000002");
}

TEST(SequentialIds, DifferBetweenSources) {
  SequentialIds first(1);
  SequentialIds second(0xffff);
  EXPECT_EQ(first.NewId(TimeFromMs(0)), "00000000-0000-7000-8000-000100000001");
  EXPECT_EQ(second.NewId(TimeFromMs(0)), "00000000-0000-7000-8000-ffff00000001");
}

TEST(SequentialIds, AreIds) {
  SequentialIds ids;
  EXPECT_TRUE(UserId(ids.NewId(TimeFromMs(1))).valid());
  EXPECT_TRUE(OrderId::Parse(ids.NewId(TimeFromMs(1))).has_value());
}

}  // namespace
}  // namespace livedrops
