#include "server/gateway/read_cache.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace livedrops::server {
namespace {

using Cache = ReadCache<int>;
using Ptr = std::shared_ptr<const int>;

const Status kDown(StatusCode::kUnavailable, "no disk");

Result<Ptr> Number(int number) { return std::make_shared<const int>(number); }

class ReadCacheTest : public testing::Test {
 protected:
  // The number under the key; `stored` when it is not kept.
  int Read(std::string_view key, int stored) {
    const auto read = cache_.Get(key, [&] { return Number(stored); });
    EXPECT_TRUE(read.ok() && !read->stale);
    return read.ok() ? *read->value : -1;
  }
  Result<Cached<int>> Fail(std::string_view key, const Status& status = kDown) {
    return cache_.Get(key, [&]() -> Result<Ptr> { return status; });
  }

  Cache cache_{{std::chrono::hours(1), 100}};
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
  const auto old = cache_.Get("a", [&] {
    cache_.Forget("a");  // It changed while it was read, and somebody read it again.
    EXPECT_EQ(Read("a", 2), 2);
    return Number(1);
  });
  EXPECT_TRUE(old.ok());
  EXPECT_EQ(Read("a", 3), 2);
  cache_.Forget("a");
  EXPECT_EQ(*Fail("a")->value, 2);
}

TEST_F(ReadCacheTest, WhatChangedWhileItWasReadIsNotFresh) {
  const auto read = cache_.Get("a", [&] {
    cache_.Forget("a");
    return Number(1);
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(*Fail("a")->value, 1);
  EXPECT_EQ(Read("a", 2), 2);
}

TEST_F(ReadCacheTest, WhatFailedIsNotKept) {
  EXPECT_EQ(Fail("a").status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Read("a", 2), 2);
}

TEST_F(ReadCacheTest, AnOldValueStandsInWhileTheStorageCannotBeRead) {
  EXPECT_EQ(Read("a", 1), 1);
  cache_.Forget("a");
  const auto stale = Fail("a");
  ASSERT_TRUE(stale.ok());
  EXPECT_TRUE(stale->stale);
  EXPECT_EQ(*stale->value, 1);
  EXPECT_EQ(cache_.counters().stale, 1U);
  // That there is no such thing is an answer, not an outage.
  EXPECT_EQ(Fail("a", {StatusCode::kNotFound, ""}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Read("a", 2), 2);
  cache_.Erase("a");
  EXPECT_EQ(Fail("a").status().code(), StatusCode::kUnavailable);
}

TEST_F(ReadCacheTest, AStorageThatIsDownIsNotAskedEveryTime) {
  Outage outage;
  Cache cache({std::chrono::hours(1), 100}, &outage);
  int asked = 0;
  const auto fail = [&]() -> Result<Ptr> {
    ++asked;
    return kDown;
  };
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_EQ(cache.Get(key, fail).status().code(), StatusCode::kUnavailable);
  }
  EXPECT_EQ(asked, 1);
  const auto up = [&] {
    return outage.Lasts() ? Result<Cached<int>>(kDown) : cache.Get("a", [] { return Number(1); });
  };
  while (!up().ok()) std::this_thread::yield();  // A quarter of a second.
  EXPECT_EQ(*cache.Get("a", fail)->value, 1);
}

TEST_F(ReadCacheTest, ReadersOfOneKeyReadItOnce) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<int> reads = 0;
  const auto slow = [&] {
    ++reads;
    begun.set_value();
    go_on.get_future().wait();
    return Number(1);
  };
  std::thread first([&] { EXPECT_EQ(*cache_.Get("a", slow)->value, 1); });
  begun.get_future().wait();
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      EXPECT_EQ(*cache_
                     .Get("a",
                          [&] {
                            ++reads;
                            return Number(2);
                          })
                     ->value,
                1);
    });
  }
  while (cache_.counters().misses < 5) std::this_thread::yield();
  go_on.set_value();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(reads, 1);
}

TEST_F(ReadCacheTest, IsOldAfterItsTime) {
  Cache brief({std::chrono::milliseconds(0), 100});
  for (const int number : {1, 2}) {
    const auto read = brief.Get("a", [&] { return Number(number); });
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read->value, number);
  }
}

TEST_F(ReadCacheTest, WhatIsReadEachTimeIsKeptForAnOutage) {
  for (const int number : {1, 2}) {
    EXPECT_EQ(*cache_.GetNow("a", [&] { return Number(number); })->value, number);
  }
  const auto stale = cache_.GetNow("a", []() -> Result<Ptr> { return kDown; });
  ASSERT_TRUE(stale.ok());
  EXPECT_TRUE(stale->stale);
  EXPECT_EQ(*stale->value, 2);
}

TEST_F(ReadCacheTest, IsBounded) {
  for (int i = 0; i < 100'000; ++i) Read(std::to_string(i), i);
  int kept = 0;
  for (int i = 0; i < 100'000; ++i) kept += Read(std::to_string(i), -1) == i ? 1 : 0;
  EXPECT_LE(kept, 200);
}

TEST_F(ReadCacheTest, IsBoundedInBytes) {
  Cache small({std::chrono::hours(1), 1'000'000, 100'000});
  const auto read = [&](int i, int stored) {
    return *small.Get(std::to_string(i), [&] { return Number(stored); })->value;
  };
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(read(i, i), i);
  EXPECT_EQ(read(9'999, -1), 9'999);
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) kept += read(i, -1) == i ? 1 : 0;
  EXPECT_LE(kept, 1500);
}

}  // namespace
}  // namespace livedrops::server
