#include "server/gateway/read_cache.h"

#include <gtest/gtest.h>

#include "livedrops/status.h"

namespace livedrops::server {
namespace {

using Cache = ReadCache<int>;

class ReadCacheTest : public testing::Test {
 protected:
  // The number under the key; `stored` when it is not kept.
  int Read(std::string_view key, int stored) {
    Cache::Ptr value;
    const Status read = cache_.Get(key, &value, [&](Cache::Ptr* out) {
      *out = std::make_shared<const int>(stored);
      return OkStatus();
    });
    EXPECT_TRUE(read.ok());
    return *value;
  }

  Cache cache_{std::chrono::hours(1), 100};
};

TEST_F(ReadCacheTest, KeepsWhatWasReadUntilItIsForgotten) {
  EXPECT_EQ(Read("a", 1), 1);
  EXPECT_EQ(Read("a", 2), 1);
  EXPECT_EQ(Read("b", 3), 3);
  cache_.Forget("a");
  EXPECT_EQ(Read("a", 4), 4);
  EXPECT_EQ(Read("b", 5), 3);
  cache_.ForgetAll();
  EXPECT_EQ(Read("b", 6), 6);
  EXPECT_EQ(cache_.counters().hits, 2U);
  EXPECT_EQ(cache_.counters().misses, 4U);
}

TEST_F(ReadCacheTest, AnOlderValueDoesNotReplaceANewerOne) {
  Cache::Ptr value;
  const Status read = cache_.Get("a", &value, [&](Cache::Ptr* out) {
    *out = std::make_shared<const int>(1);
    cache_.Forget("a");  // It changed while it was read.
    return OkStatus();
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(Read("a", 2), 2);
}

TEST_F(ReadCacheTest, WhatFailedIsNotKept) {
  Cache::Ptr value;
  const Status read = cache_.Get(
      "a", &value, [](Cache::Ptr*) { return Status(StatusCode::kUnavailable, "no disk"); });
  EXPECT_EQ(read.code(), StatusCode::kUnavailable);
  EXPECT_EQ(Read("a", 2), 2);
}

TEST_F(ReadCacheTest, IsOldAfterItsTime) {
  Cache brief{std::chrono::milliseconds(0), 100};
  for (const int number : {1, 2}) {
    Cache::Ptr value;
    const Status read = brief.Get("a", &value, [&](Cache::Ptr* out) {
      *out = std::make_shared<const int>(number);
      return OkStatus();
    });
    EXPECT_TRUE(read.ok());
    EXPECT_EQ(*value, number);
  }
}

TEST_F(ReadCacheTest, IsBounded) {
  for (int i = 0; i < 100'000; ++i) Read(std::to_string(i), i);
  int kept = 0;
  for (int i = 0; i < 100'000; ++i) kept += Read(std::to_string(i), -1) == i ? 1 : 0;
  EXPECT_LE(kept, 200);
}

}  // namespace
}  // namespace livedrops::server
