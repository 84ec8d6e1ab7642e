// What must hold after a run, read from the log and compared with what the callers were told.
#include <algorithm>

#include "cli/bench_run.h"
#include "cli/output.h"
#include "livedrops/spi/storage.h"

namespace livedrops::cli {
namespace {

// Rows read from the storage at once.
constexpr std::int64_t kPage = 100'000;

// Adds up the rows of one drop.
class DropRows : public LogSink {
 public:
  explicit DropRows(std::uint64_t drop_no, std::uint64_t after_seq)
      : drop_no_(drop_no), last_seq(after_seq) {}

  void OnOrder(const OrderRow& row) override {
    last_seq = row.seq;
    if (row.drop_no != drop_no_) return;
    ++orders;
    units += static_cast<std::uint64_t>(row.quantity);
    seq_sum += row.seq;
    lowest_balance = std::min<std::int64_t>(lowest_balance, row.balance);
    keys_.push_back(std::hash<std::string_view>()(row.user) * 0x9e3779b97f4a7c15ull ^
                    std::hash<std::string_view>()(row.key));
    CountGap(row.aggregate_seq);
  }
  void OnEvent(const EventRow& row) override {
    last_seq = row.seq;
    if (row.drop_no != drop_no_) return;
    if (row.delta != 0) lowest_balance = std::min<std::int64_t>(lowest_balance, row.balance);
    CountGap(row.aggregate_seq);
  }

  std::int64_t Duplicates() {
    std::ranges::sort(keys_);
    const auto rest = std::ranges::unique(keys_);
    return static_cast<std::int64_t>(rest.size());
  }

 private:
  void CountGap(std::uint64_t aggregate_seq) {
    if (aggregate_seq != aggregate_seq_ + 1) ++gaps;
    aggregate_seq_ = aggregate_seq;
  }

  const std::uint64_t drop_no_;
  std::uint64_t aggregate_seq_ = 0;
  std::vector<std::size_t> keys_;  // Hashes of (user, key).

 public:
  std::uint64_t last_seq;
  std::uint64_t orders = 0;
  std::uint64_t units = 0;
  std::uint64_t seq_sum = 0;
  std::int64_t lowest_balance = kQuantityMax;
  std::int64_t gaps = 0;
};

std::string Number(std::uint64_t number) { return Grouped(static_cast<std::int64_t>(number)); }

BenchCheck IsZero(const std::string& what, std::uint64_t count) {
  return {what, Number(count), count == 0};
}

std::vector<BenchCheck> Compare(DropRows* rows, const Drop& drop, const CrowdCounts& told) {
  std::vector<BenchCheck> checks;
  const std::int64_t stock = std::int64_t{drop.init_stock} + drop.adjust;
  const auto units = static_cast<std::int64_t>(rows->units);
  checks.push_back({"units sold and held are never more than the stock",
                    Grouped(units) + " of " + Grouped(drop.init_stock) + ", " +
                        Grouped(-std::int64_t{drop.adjust}) + " taken out unsold",
                    units <= stock});
  checks.push_back({"stock = left + held + sold",
                    Grouped(stock) + " = " + Grouped(drop.current_stock) + " + " +
                        Grouped(drop.held) + " + " + Grouped(units - drop.held),
                    stock == drop.current_stock + units});
  checks.push_back({"the ledger's lowest balance is not negative", Grouped(rows->lowest_balance),
                    rows->lowest_balance >= 0});
  checks.push_back(IsZero("orders stored twice (same user and key)",
                          static_cast<std::uint64_t>(rows->Duplicates())));
  // Without an answer nobody knows: then there may be more orders than were told.
  const bool all_there = told.failed == 0
                             ? rows->orders == told.granted && rows->seq_sum == told.seq_sum
                             : rows->orders >= told.granted;
  checks.push_back({"every acknowledged order is in the log, and no other",
                    Number(rows->orders) + " stored, " + Number(told.granted) + " acknowledged",
                    all_there});
  checks.push_back(IsZero("repeats that were not given the first answer", told.wrong_repeats));
  checks.push_back(IsZero("gaps in the drop's events", static_cast<std::uint64_t>(rows->gaps)));
  return checks;
}

}  // namespace

Result<std::vector<BenchCheck>> CheckBench(Storage& storage, const DropId& drop,
                                           std::uint64_t after_seq, const CrowdCounts& told) {
  const auto row = storage.catalog().GetDrop(drop);
  if (!row.ok()) return row.status();
  DropRows rows(row->drop_no, after_seq);
  for (std::uint64_t before = after_seq;; before = rows.last_seq) {
    if (Status read = storage.ReadLog(before, kPage, rows); !read.ok()) return read;
    if (rows.last_seq == before) break;
  }
  return Compare(&rows, row->drop, told);
}

}  // namespace livedrops::cli
