// SlotTable: finds records by hash. A slot is 8 bytes: the record's index and 32 bits of its hash.
//
// Records live elsewhere and are numbered 0..n-1 in the order of insertion. Removing is allowed in
// reverse order of insertion only: then emptying the slot is exact under linear probing.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
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
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~SlotTable() { Free(); }

  std::uint64_t capacity() const { return capacity_; }

  // True when `count` records fit without more than three quarters of the slots in use.
  bool Fits(std::uint64_t count) const { return count * 4 <= capacity_ * 3; }

  // Makes room for `count` records, and inserts the first `used` again in their order. The kernel
  // hands out the memory when it is touched, zeroed, and in large pages where it can: lookups are
  // spread over the whole table, and each would miss the TLB as well as the cache.
  template <class HashOf>
  void Grow(std::uint64_t count, std::uint32_t used, HashOf hash_of) {
    Free();
    capacity_ = std::max<std::uint64_t>(64, count * 4 / 3 + 1);
    void* memory =
        mmap(nullptr, Bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    LD_ASSERT(memory != MAP_FAILED);
    if (Bytes() >= kLargePagesFrom) (void)madvise(memory, Bytes(), MADV_HUGEPAGE);
    slots_ = static_cast<std::uint64_t*>(memory);
    for (std::uint32_t i = 0; i < used; ++i) Insert(hash_of(i), i);
  }

  // Inlined by force: g++ 12 takes a function that only prefetches for one without an effect and
  // drops calls of it.
  [[gnu::always_inline]] void Prefetch(std::uint64_t hash) const {
    if (slots_ != nullptr) __builtin_prefetch(&slots_[First(hash)]);
  }

  // The index of the record with this hash for which `matches(index)` holds, or kNone.
  template <class Matches>
  std::uint32_t Find(std::uint64_t hash, Matches matches) const {
    if (slots_ == nullptr) return kNone;
    for (std::uint64_t i = First(hash);; i = Next(i)) {
      if (slots_[i] == 0) return kNone;
      const auto index = static_cast<std::uint32_t>(slots_[i]);
      if (static_cast<std::uint32_t>(slots_[i] >> 32) == Tag(hash) && matches(index)) return index;
    }
  }

  void Insert(std::uint64_t hash, std::uint32_t index) {
    std::uint64_t i = First(hash);
    while (slots_[i] != 0) i = Next(i);
    slots_[i] = static_cast<std::uint64_t>(Tag(hash)) << 32 | index;
  }

  // Removes the record inserted last.
  void RemoveLast(std::uint64_t hash, std::uint32_t index) {
    const std::uint64_t wanted = static_cast<std::uint64_t>(Tag(hash)) << 32 | index;
    std::uint64_t i = First(hash);
    while (slots_[i] != wanted) {
      LD_ASSERT(slots_[i] != 0);
      i = Next(i);
    }
    slots_[i] = 0;
  }

 private:
  __extension__ typedef unsigned __int128 Wide;

  // Four large pages of 2 MiB: smaller tables fit into the TLB anyhow.
  static constexpr std::uint64_t kLargePagesFrom = std::uint64_t{8} << 20;

  // The upper bits choose the slot, so that the table may have any size; the lower ones are its
  // tag.
  std::uint64_t First(std::uint64_t hash) const {
    return static_cast<std::uint64_t>(Wide{hash} * capacity_ >> 64);
  }
  std::uint64_t Next(std::uint64_t slot) const { return slot + 1 == capacity_ ? 0 : slot + 1; }
  // Never 0, so that an empty slot is all zero.
  static std::uint32_t Tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash) | 1; }

  std::uint64_t Bytes() const { return capacity_ * sizeof(std::uint64_t); }
  void Free() {
    if (slots_ != nullptr) (void)munmap(slots_, Bytes());
    slots_ = nullptr;
  }

  std::uint64_t* slots_ = nullptr;
  std::uint64_t capacity_ = 0;
};

}  // namespace livedrops
