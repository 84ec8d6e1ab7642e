#include "storage/memory/memory_storage.h"

#include <gtest/gtest.h>

#include "storage/memory/memory_log.h"

namespace livedrops {
namespace {

TEST(MemoryStorage, HasTheIdentityOfItsSeed) {
  const auto first = NewMemoryStorage(7);
  const auto again = NewMemoryStorage(7);
  const auto other = NewMemoryStorage(8);
  EXPECT_EQ(first->info().epoch, again->info().epoch);
  EXPECT_EQ(first->info().secret, again->info().secret);
  EXPECT_NE(first->info().epoch, other->info().epoch);
  EXPECT_NE(first->info().secret, other->info().secret);
}

TEST(MemoryStorage, HasARandomIdentityWithoutSeed) {
  EXPECT_NE(NewMemoryStorage()->info().secret, NewMemoryStorage()->info().secret);
}

TEST(MemoryStorage, DoesNotWaitForItselfInOneThread) {
  const auto database = NewMemoryDatabase({.seed = 1, .wait_for_lock = false});
  const auto first = OpenMemoryStorage(database);
  const auto second = OpenMemoryStorage(database);
  ASSERT_TRUE(first->Lock(Duration(60'000)).ok());
  EXPECT_EQ(second->Lock(Duration(60'000)).code(), StatusCode::kUnavailable);
  EXPECT_EQ(second->Commit({}, Head()).code(), StatusCode::kUnavailable);
  const auto barrier = [](const Head&) { return EventRow(); };
  EXPECT_EQ(second->Resolve(barrier).status().code(), StatusCode::kUnavailable);
}

TEST(MemoryStorage, LivesAsLongAsOneOfItsUsers) {
  auto database = NewMemoryDatabase();
  auto first = OpenMemoryStorage(database);
  const auto second = OpenMemoryStorage(database);
  database = nullptr;
  first = nullptr;
  EXPECT_TRUE(second->ReadHead().ok());
}

TEST(MemoryStorage, RefusesABarrierAtAnotherPosition) {
  const auto storage = NewMemoryStorage(1);
  const auto barrier = [](const Head&) {
    EventRow row;
    row.seq = 5;
    row.aggregate = "shop:5";
    return row;
  };
  EXPECT_EQ(storage->Resolve(barrier).status().code(), StatusCode::kBrokenInvariant);
  EXPECT_TRUE(storage->Lock(Duration(0)).ok()) << "the lock was given back";
}

TEST(TextArena, KeepsTextsOfAllSizesInPlace) {
  memory::TextArena arena;
  std::vector<std::pair<std::string, std::string_view>> kept;
  for (std::size_t size : {0u, 1u, 4095u, 1u, 5000u, 70'000u, 64u, 65'536u, 3u}) {
    std::string text(size, static_cast<char>('a' + size % 26));
    const std::string_view view = arena.Add(text);
    kept.emplace_back(std::move(text), view);
  }
  for (const auto& [text, view] : kept) EXPECT_EQ(text, view);
}

TEST(VisitRange, GoesBothWaysAndStops) {
  const std::vector<std::uint64_t> seqs{2, 4, 6, 8};
  const auto visited = [&](const memory::SeqRange& range, std::size_t limit) {
    std::vector<std::uint64_t> found;
    memory::VisitRange(seqs, range, [&](std::uint64_t seq) {
      if (found.size() == limit) return false;
      found.push_back(seq);
      return true;
    });
    return found;
  };
  using Seqs = std::vector<std::uint64_t>;
  EXPECT_EQ(visited({0, 0, false}, 9), (Seqs{2, 4, 6, 8}));
  EXPECT_EQ(visited({2, 6, false}, 9), (Seqs{4, 6}));
  EXPECT_EQ(visited({1, 7, true}, 2), (Seqs{6, 4}));
  EXPECT_EQ(visited({8, 0, true}, 9), Seqs());
  EXPECT_EQ(visited({7, 3, true}, 9), Seqs());
}

}  // namespace
}  // namespace livedrops
