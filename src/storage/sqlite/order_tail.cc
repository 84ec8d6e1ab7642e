#include "storage/sqlite/order_tail.h"

#include <algorithm>

namespace livedrops::sqlite {
namespace {

using Chunk = OrderTail::Chunk;

// Whether one of 64 keys is the one: without a branch inside, so that the compiler can compare many at
// once.
bool HasKey(const std::uint32_t* keys, std::uint32_t key) {
  std::uint32_t found = 0;
  for (int i = 0; i < 64; ++i) found |= keys[i] == key ? 1U : 0U;
  return found != 0;
}

std::size_t CountIn(std::size_t chunk, std::size_t count) {
  return std::min(Chunk::kSize, count - chunk * Chunk::kSize);
}

}  // namespace

std::vector<std::uint64_t> OrderTail::View::Find(
    std::array<std::uint32_t, Chunk::kSize> Chunk::*keys, std::uint32_t key, std::uint64_t first,
    std::uint64_t last) const {
  std::vector<std::uint64_t> found;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    const Chunk& chunk = *chunks[c];
    const std::size_t end = CountIn(c, count);
    if (end == 0 || chunk.seqs[end - 1] < first || chunk.seqs[0] > last) continue;
    const auto& column = chunk.*keys;
    for (std::size_t i = 0; i < end; ++i) {
      if (i % 64 == 0 && i + 64 <= end && !HasKey(&column[i], key)) {
        i += 63;
        continue;
      }
      const std::uint64_t seq = chunk.seqs[i];
      if (column[i] == key && seq >= first && seq <= last) found.push_back(seq);
    }
  }
  return found;
}

std::vector<TailEntry> OrderTail::View::Take(std::uint64_t after_seq, std::size_t max) const {
  std::vector<TailEntry> taken;
  taken.reserve(std::min(max, count));
  for (std::size_t i = 0; i < count && taken.size() < max; ++i) {
    const Chunk& chunk = *chunks[i / Chunk::kSize];
    const std::size_t at = i % Chunk::kSize;
    if (chunk.seqs[at] <= after_seq) continue;
    taken.push_back({chunk.seqs[at], chunk.user_keys[at], chunk.drop_keys[at]});
  }
  return taken;
}

OrderTail::View OrderTail::Look() const {
  const std::lock_guard guard(mutex_);
  return {after_, covered_, {chunks_.begin(), chunks_.end()}, count_};
}

std::uint64_t OrderTail::covered() const {
  const std::lock_guard guard(mutex_);
  return covered_;
}

bool OrderTail::Append(std::uint64_t from, std::uint64_t to, std::span<const TailEntry> orders) {
  const std::lock_guard guard(mutex_);
  if (covered_ != from) return false;
  for (const TailEntry& order : orders) {
    const std::size_t at = count_ % Chunk::kSize;
    if (count_ / Chunk::kSize == chunks_.size()) {
      chunks_.push_back(std::make_shared_for_overwrite<Chunk>());
    }
    Chunk& chunk = *chunks_.back();
    chunk.user_keys[at] = order.user_key;
    chunk.drop_keys[at] = order.drop_key;
    chunk.seqs[at] = order.seq;
    ++count_;
  }
  covered_ = to;
  return true;
}

// Whole chunks only. The views that others took keep them alive.
void OrderTail::Trim(std::uint64_t through) {
  const std::lock_guard guard(mutex_);
  std::size_t old = 0;
  while ((old + 1) * Chunk::kSize <= count_ && chunks_[old]->seqs.back() <= through) ++old;
  if (old == 0) return;
  after_ = chunks_[old - 1]->seqs.back();
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(old));
  count_ -= old * Chunk::kSize;
}

void OrderTail::Restart(std::uint64_t at) {
  const std::lock_guard guard(mutex_);
  after_ = covered_ = at;
  chunks_.clear();
  count_ = 0;
}

}  // namespace livedrops::sqlite
