// OrderTail: the orders that no finished run holds yet, in memory, ascending by seq.
#pragma once

#include <array>
#include <cstdint>
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
  // 16,384 orders. Written once, front to back; the first `count` of a View never change.
  struct Chunk {
    static constexpr std::size_t kSize = 16'384;
    std::array<std::uint32_t, kSize> user_keys;
    std::array<std::uint32_t, kSize> drop_keys;
    std::array<std::uint64_t, kSize> seqs;
  };

  // The tail at one moment: all orders with after < seq <= covered.
  struct View {
    std::uint64_t after = 0;
    std::uint64_t covered = 0;
    std::vector<std::shared_ptr<const Chunk>> chunks;
    std::size_t count = 0;  // Orders in them.

    // The seqs of the orders with this key and first <= seq <= last, ascending.
    std::vector<std::uint64_t> Find(std::array<std::uint32_t, Chunk::kSize> Chunk::*keys,
                                    std::uint32_t key, std::uint64_t first,
                                    std::uint64_t last) const;
    // The first `max` orders after a seq.
    std::vector<TailEntry> Take(std::uint64_t after_seq, std::size_t max) const;
  };

  View Look() const;
  std::uint64_t covered() const;
  // Adds all orders with from < seq <= to. False, and nothing is done, when the tail does not end at
  // `from` any more.
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
