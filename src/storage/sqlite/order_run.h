// A run: a few hundred thousand orders sorted by a key, in blocks of 400 entries. Runs follow each
// other without a gap; the end of the last finished one is the watermark.
#pragma once

#include <span>
#include <vector>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/order_tail.h"

namespace livedrops::sqlite {

// An entry: the key in the upper 32 bits, seq - after_seq in the lower. 400 of them fill a page.
using RunEntry = std::uint64_t;
inline constexpr std::size_t kBlockEntries = 400;

// The two orders of a run, as order_blocks.kind.
inline constexpr std::string_view kByUser = "u";
inline constexpr std::string_view kByDrop = "d";

// A run in memory, to be written in slices.
struct SortedRun {
  std::uint64_t after_seq = 0;
  std::uint64_t last_seq = 0;
  std::vector<RunEntry> by_user;
  std::vector<RunEntry> by_drop;

  std::size_t size() const { return by_user.size() + by_drop.size(); }
};
// `orders` ascend by seq and are all that there are after `after_seq`.
SortedRun SortRun(std::uint64_t after_seq, std::span<const TailEntry> orders);

// A finished run in the file.
struct StoredRun {
  std::int64_t id = 0;
  std::uint64_t after_seq = 0;
  std::uint64_t last_seq = 0;
};
// Ascending.
Status ReadRuns(Connection& connection, std::vector<StoredRun>* runs);

// Where to look in a run: one key, first <= seq <= last.
struct RunQuery {
  std::string_view kind;
  std::uint32_t key = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool newest_first = false;
};
// Calls `use` with the seqs in order until it answers false; `*more` says whether it never did.
template <class Use>
Status VisitRun(Connection& connection, const StoredRun& run, const RunQuery& query, const Use& use,
                bool* more);

// Writes entries [from, to) of a run; both are block borders or the ends of a list.
Status WriteBlocks(Connection& connection, std::int64_t run_id, const SortedRun& run,
                   std::size_t from, std::size_t to);
// The first border at or after `position`.
std::size_t BlockBorder(const SortedRun& run, std::size_t position);

// --- implementation of the template -----------------------------------------------------------

// The blocks that may hold entries from `low` to `high`, in the order asked for.
class BlockQuery {
 public:
  BlockQuery(Connection& connection, const StoredRun& run, const RunQuery& query);
  // The entries of the next block that are in range; empty at the end.
  bool Next(std::vector<RunEntry>* entries);
  Status status() const { return rows_.status(); }

 private:
  RunEntry low_;
  RunEntry high_;
  bool newest_first_;
  Query rows_;
};

template <class Use>
Status VisitRun(Connection& connection, const StoredRun& run, const RunQuery& query, const Use& use,
                bool* more) {
  BlockQuery blocks(connection, run, query);
  std::vector<RunEntry> entries;
  while (*more && blocks.Next(&entries)) {
    for (const RunEntry entry : entries) {
      *more = use(run.after_seq + (entry & UINT32_MAX));
      if (!*more) break;
    }
  }
  return blocks.status();
}

}  // namespace livedrops::sqlite
