// MemoryLog: the rows of the log and what finds them by user, creator and drop.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops::memory {

// Keeps texts in blocks: one order has three, and a heap allocation for each would cost more than
// the rest of its commit. A text stays where it is as long as the arena lives.
class TextArena {
 public:
  std::string_view Add(std::string_view text);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

struct StoredOrder {
  OrderRow row;  // Never changes; its views point into the arena.
  OrderChange present;
};

// One row of the log: exactly one of both is set.
struct LogEntry {
  StoredOrder* order = nullptr;
  const EventRow* event = nullptr;
};

// Which rows of a list of seqs: (after, until], the newest or the oldest first.
struct SeqRange {
  std::uint64_t after = 0;
  std::uint64_t until = 0;  // 0: no limit.
  bool newest_first = false;
};

// Threading: the caller locks. Rows never move nor change (but StoredOrder::present), so what was
// found under the lock may be read after it.
class MemoryLog {
 public:
  const Head& head() const { return head_; }

  // The rows must follow the head; CheckBatch has seen to it.
  void Append(std::span<const OrderRow> orders, std::span<const EventRow> events);
  void Change(const OrderChange& change);

  // The row at this position, 1 to head().seq.
  const LogEntry& At(std::uint64_t seq) const { return rows_[seq - 1]; }
  // The order created by this row, or null.
  const StoredOrder* FindOrder(std::uint64_t seq) const;
  // Whose channel an event goes to: its order's user, else the one it names, if any.
  std::string_view UserOf(const EventRow& row) const;

  // Seqs, ascending. Of a user: his order rows and all events of his channel. The first to ask pays
  // for the index: with half a million users it would cost more than the rest of a commit.
  const std::vector<std::uint64_t>& OfUser(std::string_view user);
  const std::vector<std::uint64_t>& OfCreator(std::string_view creator) const;
  const std::vector<std::uint64_t>& OrdersOfDrop(std::uint64_t drop_no) const;
  const std::vector<std::uint64_t>& EventsOfDrop(std::uint64_t drop_no) const;
  const std::vector<std::uint64_t>& EventsWithKey() const { return keyed_; }

 private:
  using Seqs = std::vector<std::uint64_t>;

  void AppendOrder(const OrderRow& row);
  void AppendEvent(const EventRow& row);

  Head head_;
  TextArena texts_;
  std::deque<StoredOrder> orders_;
  std::deque<EventRow> events_;
  std::vector<LogEntry> rows_;  // rows_[seq - 1]
  std::unordered_map<std::string_view, Seqs> of_user_;
  std::uint64_t users_indexed_ = 0;  // of_user_ knows the rows up to this one.
  std::unordered_map<std::string_view, Seqs> of_creator_;
  std::unordered_map<std::uint64_t, Seqs> orders_of_drop_;
  std::unordered_map<std::uint64_t, Seqs> events_of_drop_;
  Seqs keyed_;
};

// The state of an order that nothing has changed since its creation.
OrderChange FirstState(const OrderRow& row);

// Calls visit(seq) for the seqs in the range, in its direction, until it answers false.
template <class Visit>
void VisitRange(const std::vector<std::uint64_t>& seqs, const SeqRange& range, Visit visit) {
  const auto past = [&](std::uint64_t seq) {
    return std::upper_bound(seqs.begin(), seqs.end(), seq);
  };
  const auto first = past(range.after);
  const auto last = range.until == 0 ? seqs.end() : past(range.until);
  const std::ptrdiff_t count = last - first;
  for (std::ptrdiff_t step = 0; step < count; ++step) {
    if (!visit(range.newest_first ? *(last - 1 - step) : *(first + step))) return;
  }
}

// The same for the whole log up to `head_seq`.
template <class Visit>
void VisitRange(std::uint64_t head_seq, const SeqRange& range, Visit visit) {
  const std::uint64_t last = range.until == 0 ? head_seq : std::min(range.until, head_seq);
  const std::uint64_t count = last - std::min(range.after, last);
  for (std::uint64_t step = 0; step < count; ++step) {
    if (!visit(range.newest_first ? last - step : range.after + 1 + step)) return;
  }
}

}  // namespace livedrops::memory
