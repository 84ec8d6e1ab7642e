#include "storage/sqlite/order_tail.h"

#include <algorithm>

namespace livedrops::sqlite {
namespace {

using Chunk = OrderTail::Chunk;
constexpr std::size_t kSize = OrderTail::kChunkSize;

// Whether one of 64 keys is the one: without a branch inside, so that the compiler can compare many
// at once.
bool HasKey(const std::uint32_t* keys, std::uint32_t key) {
  std::uint32_t found = 0;
  for (int i = 0; i < 64; ++i) found |= keys[i] == key ? 1U : 0U;
  return found != 0;
}

// The orders [begin, end) of a chunk whose seq is in range.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};
Range FindRange(const Chunk& chunk, std::size_t count, const OrderTail::Search& search) {
  const auto first = chunk.seqs.begin();
  const auto last = first + static_cast<std::ptrdiff_t>(count);
  const auto begin = std::lower_bound(first, last, search.first);
  const auto end = std::upper_bound(begin, last, search.last);
  return {static_cast<std::size_t>(begin - first), static_cast<std::size_t>(end - first)};
}

bool VisitUp(const Chunk& chunk, Range range, const OrderTail::Search& search,
             const std::function<bool(std::uint64_t)>& use) {
  const auto& keys = (chunk.*search.keys).keys;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    while (i + 64 <= range.end && !HasKey(&keys[i], search.key)) i += 64;
    if (i < range.end && keys[i] == search.key && !use(chunk.seqs[i])) return false;
  }
  return true;
}

bool VisitDown(const Chunk& chunk, Range range, const OrderTail::Search& search,
               const std::function<bool(std::uint64_t)>& use) {
  const auto& keys = (chunk.*search.keys).keys;
  for (std::size_t end = range.end; end > range.begin; --end) {
    while (end >= range.begin + 64 && !HasKey(&keys[end - 64], search.key)) end -= 64;
    if (end == range.begin) break;
    if (keys[end - 1] == search.key && !use(chunk.seqs[end - 1])) return false;
  }
  return true;
}

}  // namespace

bool OrderTail::View::Visit(const Search& search,
                            const std::function<bool(std::uint64_t)>& use) const {
  for (std::size_t n = 0; n < chunks.size(); ++n) {
    const std::size_t c = search.newest_first ? chunks.size() - 1 - n : n;
    const std::size_t size = std::min(kSize, count - c * kSize);
    // The filter of a chunk that is not full may be written to at this moment.
    if (size == kSize && !((*chunks[c]).*search.keys).MayHave(search.key)) continue;
    const Range range = FindRange(*chunks[c], size, search);
    const bool more = search.newest_first ? VisitDown(*chunks[c], range, search, use)
                                          : VisitUp(*chunks[c], range, search, use);
    if (!more) return false;
  }
  return true;
}

std::size_t OrderTail::View::CountAfter(std::uint64_t seq) const {
  std::size_t first = 0;
  std::size_t last = count;
  while (first < last) {
    const std::size_t middle = (first + last) / 2;
    const bool before = chunks[middle / kSize]->seqs[middle % kSize] <= seq;
    (before ? first : last) = before ? middle + 1 : middle;
  }
  return count - first;
}

std::vector<TailEntry> OrderTail::View::Take(std::uint64_t after_seq, std::size_t max) const {
  const std::size_t first = count - CountAfter(after_seq);
  std::vector<TailEntry> taken(std::min(max, count - first));
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const Chunk& chunk = *chunks[(first + i) / kSize];
    const std::size_t at = (first + i) % kSize;
    taken[i] = {chunk.seqs[at], chunk.users.keys[at], chunk.drops.keys[at]};
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
    const std::size_t at = count_ % kSize;
    if (count_ / kSize == chunks_.size()) chunks_.push_back(std::make_shared<Chunk>());
    Chunk& chunk = *chunks_.back();
    chunk.users.Set(at, order.user_key);
    chunk.drops.Set(at, order.drop_key);
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
  while ((old + 1) * kSize <= count_ && chunks_[old]->seqs.back() <= through) ++old;
  if (old == 0) return;
  after_ = chunks_[old - 1]->seqs.back();
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(old));
  count_ -= old * kSize;
}

void OrderTail::Restart(std::uint64_t at) {
  const std::lock_guard guard(mutex_);
  after_ = covered_ = at;
  chunks_.clear();
  count_ = 0;
}

}  // namespace livedrops::sqlite
