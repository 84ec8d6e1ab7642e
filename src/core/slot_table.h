// SlotTable: finds records by hash. A slot is 8 bytes: the record's index and 32 bits of its hash.
//
// Records live elsewhere and are numbered 0..n-1 in the order of insertion. Removing is allowed in
// reverse order of insertion only: then emptying the slot is exact under linear probing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/assert.h"

namespace livedrops {

class SlotTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  SlotTable() = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;
  SlotTable(SlotTable&& other) noexcept { *this = std::move(other); }
  SlotTable& operator=(SlotTable&& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(mask_, other.mask_);
    return *this;
  }
  ~SlotTable() { Free(); }

  std::uint64_t capacity() const { return slots_ == nullptr ? 0 : mask_ + 1; }

  // True when `count` records fit without more than three quarters of the slots in use.
  bool Fits(std::uint64_t count) const { return count * 4 <= capacity() * 3; }

  // Makes room for `count` records, and inserts the first `used` again in their order. calloc hands
  // out large blocks untouched: a table for a million orders costs nothing until they come.
  template <class HashOf>
  void Grow(std::uint64_t count, std::uint32_t used, HashOf hash_of) {
    Free();
    const std::uint64_t slots = std::bit_ceil(std::max<std::uint64_t>(64, count * 3 / 2));
    mask_ = slots - 1;
    slots_ = static_cast<std::uint64_t*>(std::calloc(slots, sizeof(std::uint64_t)));
    LD_ASSERT(slots_ != nullptr);
    for (std::uint32_t i = 0; i < used; ++i) Insert(hash_of(i), i);
  }

  void Prefetch(std::uint64_t hash) const {
    if (slots_ != nullptr) __builtin_prefetch(&slots_[hash & mask_]);
  }

  // The index of the record with this hash for which `matches(index)` holds, or kNone.
  template <class Matches>
  std::uint32_t Find(std::uint64_t hash, Matches matches) const {
    if (slots_ == nullptr) return kNone;
    for (std::uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
      if (slots_[i] == 0) return kNone;
      const auto index = static_cast<std::uint32_t>(slots_[i]);
      if (static_cast<std::uint32_t>(slots_[i] >> 32) == Tag(hash) && matches(index)) return index;
    }
  }

  void Insert(std::uint64_t hash, std::uint32_t index) {
    std::uint64_t i = hash & mask_;
    while (slots_[i] != 0) i = (i + 1) & mask_;
    slots_[i] = static_cast<std::uint64_t>(Tag(hash)) << 32 | index;
  }

  // Removes the record inserted last.
  void RemoveLast(std::uint64_t hash, std::uint32_t index) {
    const std::uint64_t wanted = static_cast<std::uint64_t>(Tag(hash)) << 32 | index;
    std::uint64_t i = hash & mask_;
    while (slots_[i] != wanted) {
      LD_ASSERT(slots_[i] != 0);
      i = (i + 1) & mask_;
    }
    slots_[i] = 0;
  }

 private:
  // Never 0, so that an empty slot is all zero.
  static std::uint32_t Tag(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1;
  }

  void Free() {
    std::free(slots_);
    slots_ = nullptr;
  }

  std::uint64_t* slots_ = nullptr;
  std::uint64_t mask_ = 0;
};

}  // namespace livedrops
