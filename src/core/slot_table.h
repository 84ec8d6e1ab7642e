// SlotTable: finds records by hash. A slot is 8 bytes: the record's index and 32 bits of its hash.
//
// Records live elsewhere and are numbered 0..n-1 in the order of insertion. Removing is allowed in
// reverse order of insertion only: then emptying the slot is exact under linear probing.
//
// A full table is not made anew at once: with a million records that would stop the sale for 100
// ms. A bigger one stands beside it; each insertion fetches a page for it, later moves a few
// records over, and lookups use the old one until all are there.
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

  std::uint64_t capacity() const { return now_.capacity(); }

  // False when `count` records would use more than three quarters of the slots: then Grow. True
  // while it grows: that ends long before the last quarter is full.
  bool Fits(std::uint64_t count) const {
    return next_.capacity() != 0 || count * 4 <= now_.capacity() * 3;
  }

  // Begins to make room for `count` records.
  void Grow(std::uint64_t count) {
    Slots& grown = now_.capacity() == 0 ? now_ : next_;
    LD_ASSERT(grown.capacity() == 0);
    grown.Allocate(std::max<std::uint64_t>(64, count * 4 / 3 + 1));
  }

  // Inlined by force: g++ 12 takes a function that only prefetches for one without an effect and
  // drops calls of it.
  [[gnu::always_inline]] void Prefetch(std::uint64_t hash) const {
    if (now_.capacity() != 0) now_.Prefetch(hash);
  }

  // The index of the record with this hash for which `matches(index)` holds, or kNone.
  template <class Matches>
  std::uint32_t Find(std::uint64_t hash, Matches matches) const {
    if (now_.capacity() == 0) return kNone;
    return now_.Find(hash, matches);
  }

  // Inserts the record `index`, the number of those inserted before; `hash_of` tells every record's
  // hash.
  template <class HashOf>
  void Insert(std::uint32_t index, HashOf hash_of) {
    now_.Insert(hash_of(index), index);
    if (next_.capacity() == 0) return;
    if (!next_.FetchPage()) MoveSome(index + 1, hash_of);
  }

  // Removes the record inserted last.
  void RemoveLast(std::uint64_t hash, std::uint32_t index) {
    now_.Remove(hash, index);
    if (index >= moved_) return;
    next_.Remove(hash, index);
    moved_ = index;
  }

 private:
  // Three quarters full at the start, the old table is five sixths full at the end.
  static constexpr std::uint32_t kMovedPerInsertion = 16;

  class Slots {
   public:
    Slots() = default;
    Slots(Slots&& other) noexcept { *this = std::move(other); }
    Slots& operator=(Slots&& other) noexcept {
      std::swap(slots_, other.slots_);
      std::swap(capacity_, other.capacity_);
      std::swap(fetched_, other.fetched_);
      return *this;
    }
    ~Slots() {
      if (slots_ != nullptr) (void)munmap(slots_, Bytes());
    }

    std::uint64_t capacity() const { return capacity_; }

    // The kernel hands out the memory when it is touched, zeroed, and in large pages where it can:
    // lookups are spread over the whole table, and each would miss the TLB as well as the cache.
    void Allocate(std::uint64_t capacity) {
      capacity_ = capacity;
      void* memory =
          mmap(nullptr, Bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      LD_ASSERT(memory != MAP_FAILED);
      if (Bytes() >= kLargePagesFrom) (void)madvise(memory, Bytes(), MADV_HUGEPAGE);
      slots_ = static_cast<std::uint64_t*>(memory);
    }

    // Touches the next page before it is needed: in a virtual machine the first touch of a large
    // one may take 5 ms, and records that are moved would touch all of them at once. False when all
    // are there.
    bool FetchPage() {
      if (fetched_ >= capacity_) return false;
      slots_[fetched_] = 0;
      fetched_ += kSlotsPerPage;
      return true;
    }

    [[gnu::always_inline]] void Prefetch(std::uint64_t hash) const {
      __builtin_prefetch(&slots_[First(hash)]);
    }

    template <class Matches>
    std::uint32_t Find(std::uint64_t hash, Matches matches) const {
      for (std::uint64_t i = First(hash);; i = Next(i)) {
        if (slots_[i] == 0) return kNone;
        const auto index = static_cast<std::uint32_t>(slots_[i]);
        if (static_cast<std::uint32_t>(slots_[i] >> 32) == Tag(hash) && matches(index)) {
          return index;
        }
      }
    }

    void Insert(std::uint64_t hash, std::uint32_t index) {
      std::uint64_t i = First(hash);
      while (slots_[i] != 0) i = Next(i);
      slots_[i] = Slot(hash, index);
    }

    void Remove(std::uint64_t hash, std::uint32_t index) {
      std::uint64_t i = First(hash);
      while (slots_[i] != Slot(hash, index)) {
        LD_ASSERT(slots_[i] != 0);
        i = Next(i);
      }
      slots_[i] = 0;
    }

   private:
    __extension__ typedef unsigned __int128 Wide;

    static constexpr std::uint64_t kSlotsPerPage = 4096 / sizeof(std::uint64_t);
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
    static std::uint64_t Slot(std::uint64_t hash, std::uint32_t index) {
      return static_cast<std::uint64_t>(Tag(hash)) << 32 | index;
    }
    std::uint64_t Bytes() const { return capacity_ * sizeof(std::uint64_t); }

    std::uint64_t* slots_ = nullptr;
    std::uint64_t capacity_ = 0;
    std::uint64_t fetched_ = 0;  // The pages of so many slots were touched.
  };

  // In the order of insertion: so the bigger table, too, can be undone from its end.
  template <class HashOf>
  void MoveSome(std::uint32_t count, HashOf hash_of) {
    const std::uint32_t end = std::min(moved_ + kMovedPerInsertion, count);
    for (std::uint32_t i = moved_; i < end; ++i) next_.Prefetch(hash_of(i));
    for (; moved_ < end; ++moved_) next_.Insert(hash_of(moved_), moved_);
    if (moved_ < count) return;
    now_ = Slots(std::move(next_));
    moved_ = 0;
  }

  Slots now_;
  Slots next_;               // Without slots unless the table grows.
  std::uint32_t moved_ = 0;  // So many records are in `next_`.
};

}  // namespace livedrops
