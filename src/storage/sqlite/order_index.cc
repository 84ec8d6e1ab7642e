#include "storage/sqlite/order_index.h"

#include <algorithm>
#include <cstring>
#include <system_error>

#include "storage/sqlite/table_writer.h"

namespace livedrops::sqlite {
namespace {

// With each commit as many entries of a run as it has orders, and a few more: the runs keep up at
// any load and are finished soon after it ends.
constexpr std::size_t kEntriesMore = 64;
// A run of another process that did not grow during so many commits of ours: its builder died.
constexpr int kRivalPatience = 256;
constexpr std::uint32_t kKeyMask = 0x7fffffff;  // SQLite's integers are signed.

SipKey ReadKey(const ShopInfo& shop) {
  SipKey key;
  std::memcpy(&key.k0, shop.secret.data(), sizeof key.k0);
  std::memcpy(&key.k1, shop.secret.data() + sizeof key.k0, sizeof key.k1);
  return key;
}

std::int64_t RandomOwner() {
  std::int64_t owner = 0;
  sqlite3_randomness(sizeof owner, &owner);
  return owner;
}

// Appends what a run or a tail would know of the orders with from < seq <= until.
Status ReadEntries(Connection& connection, const OrderIndex& index, std::uint64_t from,
                   std::uint64_t until, std::vector<TailEntry>* orders) {
  Query query(connection,
              "SELECT seq, user_id, drop_no FROM orders WHERE seq > ? AND seq <= ? ORDER BY seq");
  query.Bind(from).Bind(until);
  while (query.Next()) {
    orders->push_back({query.Unsigned(0), index.KeyOfUser(query.Text(1)).key,
                       index.KeyOfDrop(query.Unsigned(2)).key});
  }
  return query.status();
}

Status DeleteRun(Connection& connection, std::int64_t id) {
  Status status = Query(connection, "DELETE FROM order_blocks WHERE run = ?").Bind(id).Run();
  if (!status.ok()) return status;
  return Query(connection, "DELETE FROM order_runs WHERE run = ?").Bind(id).Run();
}

}  // namespace

OrderIndex::OrderIndex(int run_size, const ShopInfo& shop)
    : run_size_(static_cast<std::size_t>(std::max(run_size, 1))),
      hash_key_(ReadKey(shop)),
      owner_(RandomOwner()) {}

OrderKey OrderIndex::KeyOfUser(std::string_view user) const {
  return {kByUser, static_cast<std::uint32_t>(SipHash(hash_key_, user).low) & kKeyMask};
}

OrderKey OrderIndex::KeyOfDrop(std::uint64_t drop_no) const {
  return {kByDrop, static_cast<std::uint32_t>(drop_no) & kKeyMask};
}

// --- the tail
// --------------------------------------------------------------------------------------

Status OrderIndex::CatchUp(Connection& connection, std::uint64_t until) {
  if (tail_.covered() >= until) return OkStatus();
  const std::lock_guard guard(catch_up_);
  bool done = false;
  while (!done) {
    const std::uint64_t from = tail_.covered();
    if (from >= until) break;
    if (Status status = Bring(connection, from, until, &done); !status.ok()) return status;
  }
  return OkStatus();
}

// The first time it begins at the watermark: what is before is in runs.
Status OrderIndex::Bring(Connection& connection, std::uint64_t from, std::uint64_t until,
                         bool* done) {
  if (from == 0) {
    std::vector<StoredRun> runs;
    if (Status status = ReadRuns(connection, &runs); !status.ok()) return status;
    if (!runs.empty()) {
      from = runs.back().last_seq;
      tail_.Restart(from);
    }
  }
  std::vector<TailEntry> orders;
  Status status = ReadEntries(connection, *this, from, until, &orders);
  if (!status.ok()) return status;
  *done = tail_.Append(from, std::max(from, until), orders);
  return OkStatus();
}

void OrderIndex::CommitEnded(const CommitBatch& batch, const Head& expected, bool committed) {
  if (!committed) return;
  std::vector<TailEntry> orders;
  orders.reserve(batch.orders.size());
  for (const OrderRow& row : batch.orders) {
    orders.push_back({row.seq, KeyOfUser(row.user).key, KeyOfDrop(row.drop_no).key});
  }
  // When other rows came between, the next commit or reader brings them all.
  tail_.Append(expected.seq, batch.head.seq, orders);
  if (!fill_) return;
  fill_->written = fill_->next;
  if (fill_->written < fill_->run.size()) return;
  // Readers whose snapshot is older still find the rows of the run before in the tail.
  tail_.Trim(fill_->run.after_seq);
  watermark_ = fill_->run.last_seq;
  fill_.reset();
}

// --- runs
// ------------------------------------------------------------------------------------------

Status OrderIndex::WriteSlice(Connection& connection, const CommitBatch& batch,
                              const Head& expected) {
  if (Status status = CatchUp(connection, expected.seq); !status.ok()) return status;
  if (!fill_) {
    StartSorting();
    const bool sorted =
        sorting_.valid() && sorting_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (!sorted) return OkStatus();
    Fill fill;
    fill.run = sorting_.get();
    fill_ = std::move(fill);
  }
  fill_->next = fill_->written;
  // Each order has two entries. What small commits leave over is saved until it makes a block.
  fill_->budget = std::min(fill_->budget, kBlockEntries) + 2 * (batch.orders.size() + kEntriesMore);
  return fill_->written == 0 ? BeginFill(connection) : ContinueFill(connection);
}

void OrderIndex::StartSorting() {
  if (sorting_.valid()) return;
  OrderTail::View tail = tail_.Look();
  const std::uint64_t after = std::max(watermark_, tail.after);
  if (tail.count < run_size_ || tail.CountAfter(after) < run_size_) return;
  try {
    sorting_ = std::async(std::launch::async, [after, size = run_size_, tail = std::move(tail)] {
      return SortRun(after, tail.Take(after, size));
    });
  } catch (const std::system_error&) {
    sorting_ = {};  // No thread to be had: a later commit tries again.
  }
}

Status OrderIndex::BeginFill(Connection& connection) {
  bool claimed = false;
  Status status = ClaimRun(connection, &claimed);
  if (!status.ok() || !claimed) return status;
  fill_->next = BlockBorder(fill_->run, std::min(fill_->budget, fill_->run.by_user.size()));
  Query insert(connection,
               "INSERT INTO order_runs(after_seq, last_seq, entries, written, owner)"
               " VALUES(?, ?, ?, ?, ?)");
  insert.Bind(fill_->run.after_seq).Bind(fill_->run.last_seq).Bind(fill_->run.size());
  if (status = insert.Bind(fill_->next).Bind(owner_).Run(); !status.ok()) return status;
  fill_->id = sqlite3_last_insert_rowid(connection.raw());
  fill_->budget = 0;
  return WriteBlocks(connection, fill_->id, fill_->run, 0, fill_->next);
}

// One builder at a time, whose run begins where the last one ended. Without a claim nothing is
// written; the run is kept for the next commit or, when another process was faster, dropped.
Status OrderIndex::ClaimRun(Connection& connection, bool* claimed) {
  const auto watermark = connection.ReadInt(
      "SELECT coalesce(max(last_seq), 0) FROM order_runs WHERE written = entries");
  if (!watermark.ok()) return watermark.status();
  if (static_cast<std::uint64_t>(*watermark) != fill_->run.after_seq) {
    watermark_ = static_cast<std::uint64_t>(*watermark);
    tail_.Trim(fill_->run.after_seq);
    fill_.reset();
    return OkStatus();
  }
  Rival rival;
  std::int64_t owner = 0;
  {
    Query query(connection, "SELECT run, written, owner FROM order_runs WHERE written < entries");
    *claimed = !query.Next();
    if (Status status = query.status(); !status.ok()) return status;
    if (*claimed) return OkStatus();
    rival = {query.Int(0), query.Int(1), 0};
    owner = query.Int(2);
  }
  const bool same = rival.id == rival_.id && rival.written == rival_.written;
  rival.unchanged = same ? rival_.unchanged + 1 : 0;
  rival_ = rival;
  *claimed = owner == owner_ || rival.unchanged > kRivalPatience;
  return *claimed ? DeleteRun(connection, rival.id) : OkStatus();
}

Status OrderIndex::ContinueFill(Connection& connection) {
  Fill& fill = *fill_;
  if (fill.budget < kBlockEntries) return OkStatus();
  const std::size_t half = fill.run.by_user.size();
  const std::size_t end = fill.written < half ? half : fill.run.size();
  fill.next = BlockBorder(fill.run, std::min(end, fill.written + fill.budget));
  fill.budget = 0;
  Query update(connection,
               "UPDATE order_runs SET written = ? WHERE run = ? AND written = ? AND owner = ?");
  update.Bind(fill.next).Bind(fill.id).Bind(fill.written).Bind(owner_);
  if (Status status = update.Run(); !status.ok()) return status;
  if (connection.changes() != 1) {  // Somebody took it for abandoned and deleted it.
    fill_.reset();
    return OkStatus();
  }
  return WriteBlocks(connection, fill.id, fill.run, fill.written, fill.next);
}

void OrderIndex::Forget() { fill_.reset(); }

// --- reading
// ---------------------------------------------------------------------------------------

// The orders that no finished run of this snapshot holds. They begin after the watermark.
Status OrderIndex::VisitRecent(Connection& connection, const Search& search, const Use& use,
                               bool* more) {
  const Result<Head> head = ReadHead(connection);
  if (!head.ok()) return head.status();
  if (Status status = CatchUp(connection, head->seq); !status.ok()) return status;
  const OrderTail::View tail = tail_.Look();
  const bool by_user = search.key.kind == kByUser;
  OrderTail::Search in_tail;
  in_tail.keys = by_user ? &OrderTail::Chunk::users : &OrderTail::Chunk::drops;
  in_tail.key = search.key.key;
  in_tail.first = std::max(search.after, tail.after) + 1;
  in_tail.last = search.until;
  in_tail.newest_first = search.newest_first;
  std::vector<TailEntry> gap;
  if (tail.after > search.after) {
    // The tail was trimmed since this snapshot began: runs that it cannot see were finished.
    const std::uint64_t end = std::min(search.until, tail.after);
    Status status = ReadEntries(connection, *this, search.after, end, &gap);
    if (!status.ok()) return status;
    if (search.newest_first) std::reverse(gap.begin(), gap.end());
  }
  const auto visit_gap = [&] {
    for (const TailEntry& order : gap) {
      const std::uint32_t key = by_user ? order.user_key : order.drop_key;
      if (*more && key == search.key.key) *more = use(order.seq);
    }
  };
  if (!search.newest_first) visit_gap();
  *more = *more && tail.Visit(in_tail, use);
  if (search.newest_first) visit_gap();
  return OkStatus();
}

Status OrderIndex::VisitRuns(Connection& connection, const Search& search,
                             const std::vector<StoredRun>& runs, const Use& use, bool* more) {
  const RunQuery query{search.key.kind, search.key.key, search.after + 1, search.until,
                       search.newest_first};
  for (std::size_t n = 0; n < runs.size() && *more; ++n) {
    const StoredRun& run = runs[search.newest_first ? runs.size() - 1 - n : n];
    if (run.last_seq <= search.after || run.after_seq >= search.until) continue;
    Status status = VisitRun(connection, run, query, use, more);
    if (!status.ok()) return status;
  }
  return OkStatus();
}

Status OrderIndex::Visit(Connection& connection, const Search& search, const Use& use) {
  std::vector<StoredRun> runs;
  if (Status status = ReadRuns(connection, &runs); !status.ok()) return status;
  const std::uint64_t watermark = runs.empty() ? 0 : runs.back().last_seq;
  Search recent = search;
  recent.after = std::max(search.after, watermark);
  const bool has_recent = recent.until > recent.after;
  bool more = true;
  Status status;
  if (has_recent && search.newest_first) status = VisitRecent(connection, recent, use, &more);
  if (status.ok() && more) status = VisitRuns(connection, search, runs, use, &more);
  if (status.ok() && more && has_recent && !search.newest_first) {
    status = VisitRecent(connection, recent, use, &more);
  }
  return status;
}

}  // namespace livedrops::sqlite
