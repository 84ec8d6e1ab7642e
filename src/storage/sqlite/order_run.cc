#include "storage/sqlite/order_run.h"

#include <algorithm>
#include <cstring>

namespace livedrops::sqlite {
namespace {

// Radix sort by the key, a byte at a time. It is stable: entries of a key stay ascending by seq.
void SortByKey(std::vector<RunEntry>* entries) {
  std::vector<RunEntry> other(entries->size());
  for (int shift = 32; shift < 64; shift += 8) {
    std::array<std::size_t, 257> place{};
    for (const RunEntry entry : *entries) ++place[((entry >> shift) & 0xff) + 1];
    const auto first_byte = ((*entries)[0] >> shift) & 0xff;
    if (place[first_byte + 1] == entries->size()) continue;  // All the same: one hot drop.
    for (std::size_t i = 0; i < 256; ++i) place[i + 1] += place[i];
    for (const RunEntry entry : *entries) other[place[(entry >> shift) & 0xff]++] = entry;
    entries->swap(other);
  }
}

RunEntry MakeEntry(std::uint32_t key, std::uint64_t delta) { return RunEntry{key} << 32 | delta; }

#define LD_BLOCKS(order)                                                                          \
  "SELECT entries FROM order_blocks WHERE run = ?1 AND kind = ?2 AND first <= ?4 AND first >="    \
  " coalesce((SELECT max(first) FROM order_blocks WHERE run = ?1 AND kind = ?2 AND first <= ?3)," \
  " ?3) ORDER BY first " order

}  // namespace

SortedRun SortRun(std::uint64_t after_seq, std::span<const TailEntry> orders) {
  SortedRun run;
  run.after_seq = after_seq;
  run.last_seq = orders.back().seq;
  run.by_user.reserve(orders.size());
  run.by_drop.reserve(orders.size());
  for (const TailEntry& order : orders) {
    run.by_user.push_back(MakeEntry(order.user_key, order.seq - after_seq));
    run.by_drop.push_back(MakeEntry(order.drop_key, order.seq - after_seq));
  }
  SortByKey(&run.by_user);
  SortByKey(&run.by_drop);
  return run;
}

Status ReadRuns(Connection& connection, std::vector<StoredRun>* runs) {
  Query query(connection,
              "SELECT run, after_seq, last_seq FROM order_runs WHERE written = entries"
              " ORDER BY last_seq");
  while (query.Next()) runs->push_back({query.Int(0), query.Unsigned(1), query.Unsigned(2)});
  return query.status();
}

BlockQuery::BlockQuery(Connection& connection, const StoredRun& run, const RunQuery& query)
    : low_(MakeEntry(query.key, std::max(query.first, run.after_seq) - run.after_seq)),
      high_(MakeEntry(query.key, std::min(query.last, run.last_seq) - run.after_seq)),
      newest_first_(query.newest_first),
      rows_(connection, query.newest_first ? LD_BLOCKS("DESC") : LD_BLOCKS("ASC")) {
  rows_.Bind(run.id).Bind(query.kind).Bind(low_).Bind(high_);
}

bool BlockQuery::Next(std::vector<RunEntry>* entries) {
  if (!rows_.Next()) return false;
  const auto blob = rows_.Blob(0);
  entries->resize(blob.size() / sizeof(RunEntry));
  if (entries->empty()) return true;
  std::memcpy(entries->data(), blob.data(), entries->size() * sizeof(RunEntry));
  const auto last = std::upper_bound(entries->begin(), entries->end(), high_);
  entries->erase(last, entries->end());
  const auto first = std::lower_bound(entries->begin(), entries->end(), low_);
  entries->erase(entries->begin(), first);
  if (newest_first_) std::reverse(entries->begin(), entries->end());
  return true;
}

std::size_t BlockBorder(const SortedRun& run, std::size_t position) {
  const std::size_t half = run.by_user.size();
  const std::size_t start = position <= half ? 0 : half;
  const std::size_t end = position <= half ? half : run.size();
  const std::size_t blocks = (position - start + kBlockEntries - 1) / kBlockEntries;
  return std::min(end, start + blocks * kBlockEntries);
}

Status WriteBlocks(Connection& connection, std::int64_t run_id, const SortedRun& run,
                   std::size_t from, std::size_t to) {
  const std::size_t half = run.by_user.size();
  while (from < to) {
    const bool by_user = from < half;
    const std::size_t end = std::min(by_user ? half : run.size(), from + kBlockEntries);
    const auto& list = by_user ? run.by_user : run.by_drop;
    const RunEntry* entries = list.data() + (by_user ? from : from - half);
    Query insert(connection, "INSERT OR FAIL INTO order_blocks VALUES(?, ?, ?, ?)");
    insert.Bind(run_id).Bind(by_user ? kByUser : kByDrop).Bind(*entries);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(entries);
    insert.Bind(std::span(bytes, (end - from) * sizeof(RunEntry)));
    if (Status status = insert.Run(); !status.ok()) return status;
    from = end;
  }
  return OkStatus();
}

}  // namespace livedrops::sqlite
