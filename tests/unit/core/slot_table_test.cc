#include "core/slot_table.h"

#include <gtest/gtest.h>

#include <random>

#include "core/chunked.h"

namespace livedrops {
namespace {

// A table and a plain vector that must agree. Few distinct hashes, so that most probes collide.
class Model {
 public:
  explicit Model(std::uint64_t hash_mask) : hash_mask_(hash_mask) {}

  void Insert(std::uint64_t random) {
    const std::uint64_t hash = random & hash_mask_;
    const auto index = static_cast<std::uint32_t>(hashes_.size());
    if (!table_.Fits(index + 1)) table_.Grow(std::uint64_t{index} * 2 + 1);
    hashes_.push_back(hash);
    table_.Insert(index, [&](std::uint32_t i) { return hashes_[i]; });
  }
  void RemoveLast() {
    table_.RemoveLast(hashes_.back(), static_cast<std::uint32_t>(hashes_.size() - 1));
    hashes_.pop_back();
  }
  std::size_t size() const { return hashes_.size(); }
  std::uint64_t capacity() const { return table_.capacity(); }

  // Every record is found by its index, and no other.
  void Check() const {
    for (std::uint32_t i = 0; i < hashes_.size(); ++i) {
      ASSERT_EQ(table_.Find(hashes_[i], [i](std::uint32_t found) { return found == i; }), i);
    }
    ASSERT_EQ(table_.Find(hash_mask_ + 1, [](std::uint32_t) { return true; }), SlotTable::kNone);
    const auto removed = static_cast<std::uint32_t>(hashes_.size());
    for (std::uint64_t hash = 0; hash < 40; ++hash) {
      ASSERT_EQ(table_.Find(hash, [=](std::uint32_t found) { return found >= removed; }),
                SlotTable::kNone);
    }
  }

 private:
  std::uint64_t hash_mask_;
  SlotTable table_;
  std::vector<std::uint64_t> hashes_;
};

TEST(SlotTable, AgreesWithAModelUnderRandomInsertsAndRemovals) {
  for (const std::uint64_t mask : {0x1full, 0x3full, 0xff0000000full, ~0ull >> 1}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      std::mt19937_64 random(seed);
      Model model(mask);
      for (int step = 0; step < 2000; ++step) {
        if (model.size() != 0 && random() % 5 < 2) {
          model.RemoveLast();
        } else {
          model.Insert(random());
        }
        if (step % 97 == 0) model.Check();
      }
      while (model.size() != 0) model.RemoveLast();
      model.Check();
    }
  }
}

// Up and down around the moment when a bigger table takes over: every record is in the old one
// until then, and in the new one from then on, whatever was undone meanwhile.
TEST(SlotTable, FindsAllRecordsWhileItGrowsAndWhenThatIsUndone) {
  for (int undone = 0; undone <= 100; ++undone) {
    std::mt19937_64 random(static_cast<unsigned>(undone));
    Model model(0xff);
    while (model.size() < 100) model.Insert(random());  // Grows from 98 on, sixteen at a time.
    const std::uint64_t before = model.capacity();
    for (int i = 0; i < undone; ++i) model.RemoveLast();
    model.Check();
    for (int i = 0; i < undone; ++i) model.Insert(random());
    model.Check();
    while (model.size() < 110) model.Insert(random());
    EXPECT_GT(model.capacity(), before);
    model.Check();
  }
}

TEST(SlotTable, IsEmptyAtFirst) {
  const SlotTable table;
  EXPECT_EQ(table.capacity(), 0u);
  EXPECT_FALSE(table.Fits(1));
  EXPECT_EQ(table.Find(5, [](std::uint32_t) { return true; }), SlotTable::kNone);
}

TEST(SlotTable, StaysAtMostThreeQuartersFull) {
  SlotTable table;
  table.Grow(64);
  EXPECT_TRUE(table.Fits(table.capacity() * 3 / 4));
  EXPECT_FALSE(table.Fits(table.capacity() * 3 / 4 + 1));
  EXPECT_GE(table.capacity() * 3 / 4, 64u);
}

TEST(SlotTable, ComparesTheRecordWhenTheTagAgrees) {
  SlotTable table;
  table.Grow(10);
  table.Insert(0, [](std::uint32_t) { return 7ull; });
  table.Insert(1, [](std::uint32_t) { return 7ull; });
  EXPECT_EQ(table.Find(7, [](std::uint32_t i) { return i == 1; }), 1u);
  EXPECT_EQ(table.Find(7, [](std::uint32_t) { return false; }), SlotTable::kNone);
}

TEST(Chunked, KeepsItsElementsInPlace) {
  Chunked<std::uint64_t> list;
  std::vector<std::uint64_t*> places;
  for (std::uint64_t i = 0; i < 10'000; ++i) places.push_back(&list.PushBack(i * 3));
  EXPECT_EQ(list.size(), 10'000u);
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(&list[i], places[i]);
    EXPECT_EQ(list[i], i * 3ull);
  }
}

TEST(Chunked, ShrinksAndGrowsAcrossAChunk) {
  Chunked<int> list;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4100; ++i) list.PushBack(i + round);
    EXPECT_EQ(list.back(), 4099 + round);
    for (int i = 0; i < 4100; ++i) list.PopBack();
    EXPECT_EQ(list.size(), 0u);
  }
}

}  // namespace
}  // namespace livedrops
