// OrderTail: the orders that no finished run holds yet, in memory, ascending by seq.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace livedrops::sqlite {

// What a run knows of an order. The keys are 31 bits of a hash or a number: candidates, not proof.
struct TailEntry {
  std::uint64_t seq = 0;
  std::uint32_t user_key = 0;
  std::uint32_t drop_key = 0;
};

// Threading: any thread; one at a time appends.
class OrderTail {
 public:
  static constexpr std::size_t kChunkSize = 16'384;

  // One key of each order of a chunk.
  struct Keys {
    // Eight bits for each order: says "surely not there" for seven of eight chunks.
    static constexpr std::size_t kFilterBits = 8 * kChunkSize;
    std::array<std::uint32_t, kChunkSize> keys;
    std::array<std::uint64_t, kFilterBits / 64> filter{};

    void Set(std::size_t at, std::uint32_t key) {
      keys[at] = key;
      const std::size_t bit = key % kFilterBits;
      filter[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
    bool MayHave(std::uint32_t key) const {
      const std::size_t bit = key % kFilterBits;
      return (filter[bit / 64] >> bit % 64 & 1) != 0;
    }
  };

  // Written once, front to back; the first `count` orders of a View never change.
  struct Chunk {
    Keys users;
    Keys drops;
    std::array<std::uint64_t, kChunkSize> seqs;
  };

  // What to look for: a key, first <= seq <= last.
  struct Search {
    Keys Chunk::* keys = nullptr;
    std::uint32_t key = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool newest_first = false;
  };

  // The tail at one moment: all orders with after < seq <= covered.
  struct View {
    std::uint64_t after = 0;
    std::uint64_t covered = 0;
    std::vector<std::shared_ptr<const Chunk>> chunks;
    std::size_t count = 0;  // Orders in them.

    // Calls `use` with the seqs in order until it answers false, and then answers false.
    bool Visit(const Search& search, const std::function<bool(std::uint64_t seq)>& use) const;
    // How many orders come after a seq.
    std::size_t CountAfter(std::uint64_t seq) const;
    // The first `max` orders after a seq.
    std::vector<TailEntry> Take(std::uint64_t after_seq, std::size_t max) const;
  };

  View Look() const;
  std::uint64_t covered() const;
  // Adds all orders with from < seq <= to. False, and nothing is done, when the tail does not end
  // at `from` any more.
  bool Append(std::uint64_t from, std::uint64_t to, std::span<const TailEntry> orders);
  // Everything up to here is in finished runs. A little more may be kept.
  void Trim(std::uint64_t through);
  // An empty tail that begins here.
  void Restart(std::uint64_t at);

 private:
  mutable std::mutex mutex_;
  std::uint64_t after_ = 0;
  std::uint64_t covered_ = 0;
  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::size_t count_ = 0;
};

}  // namespace livedrops::sqlite
