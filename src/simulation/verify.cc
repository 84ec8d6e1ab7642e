#include "simulation/verify.h"

#include <optional>

#include "simulation/verify_lists.h"
#include "simulation/verify_tables.h"

namespace livedrops {
namespace {

// Rows per read: a few MiB, and a live writer's log may be checkpointed between two reads.
constexpr std::int64_t kPageRows = 16'384;

// Orders that changed after the tables were read.
class ChangedOrders : public LogSink {
 public:
  void OnOrder(const OrderRow& row) override { last_ = row.seq; }
  void OnEvent(const EventRow& row) override {
    last_ = row.seq;
    if (row.order_seq != 0) seqs_.insert(row.order_seq);
  }
  std::uint64_t last() const { return last_; }
  void StartAt(std::uint64_t seq) { last_ = seq; }
  const std::unordered_set<std::uint64_t>& seqs() const { return seqs_; }

 private:
  std::unordered_set<std::uint64_t> seqs_;
  std::uint64_t last_ = 0;
};

class Verifier {
 public:
  Verifier(Storage* storage, const VerifyProgress& progress)
      : storage_(*storage), progress_(progress) {}

  Result<VerifyReport> Run() {
    if (Status read = ReadTables(); !read.ok()) return read;
    if (Status read = ReadLog(); !read.ok()) return read;
    if (!damaged_) log_->Finish(head_);
    if (tables_readable_ && !damaged_) {
      CompareTables(tables_, &*log_, &findings_);
      if (Status read = CompareOrders(); !read.ok()) return read;
      if (Status read = CheckLists(storage_, head_, *log_, &findings_); !read.ok()) {
        return read;
      }
    }
    CountRows();
    return findings_.Take(log_->last());
  }

 private:
  // What cannot be read because it is damaged is a violation; what cannot be read now is an error.
  Status Damage(const std::string& subject, const Status& status) {
    if (status.code() != StatusCode::kCorrupt) return status;
    findings_.Add(Invariant::readable, subject, status.message());
    return OkStatus();
  }

  Status ReadTables() {
    Result<Head> head = storage_.LoadState(tables_);
    tables_readable_ = head.ok();
    if (!head.ok()) {
      if (Status damage = Damage("tables", head.status()); !damage.ok()) return damage;
      head = storage_.ReadHead();
      if (!head.ok()) return head.status();
    }
    head_ = *head;
    log_.emplace(storage_.info(), head_.seq, &findings_);
    return OkStatus();
  }

  Status ReadLog() {
    while (log_->last().seq < head_.seq) {
      const std::uint64_t before = log_->last().seq;
      const Status read = storage_.ReadLog(before, kPageRows, *log_);
      if (!read.ok()) {
        damaged_ = true;
        return Damage("seq " + std::to_string(log_->last().seq + 1), read);
      }
      if (log_->last().seq == before) break;  // Rows are missing at the end: Finish tells.
      if (progress_) progress_(log_->last().seq, head_.seq);
    }
    return OkStatus();
  }

  Status CompareOrders() {
    std::vector<std::uint64_t> drop_nos;
    for (const auto& drop : log_->drops().drops()) drop_nos.push_back(drop->row.drop_no);
    for (const auto& [drop_no, row] : tables_.drops) {
      if (log_->drops().FindDropNo(drop_no) == nullptr) drop_nos.push_back(drop_no);
    }
    OrderComparer comparer(&log_->drops(), &findings_);
    if (!drop_nos.empty()) {
      const Status read = storage_.LoadOrders(drop_nos, head_.seq, comparer);
      if (!read.ok()) return Damage("orders", read);
    }
    ChangedOrders changed;
    changed.StartAt(head_.seq);
    for (std::uint64_t before = 0; before != changed.last();) {
      before = changed.last();
      if (Status read = storage_.ReadLog(before, kPageRows, changed); !read.ok()) {
        return Damage("seq " + std::to_string(changed.last() + 1), read);
      }
    }
    comparer.Finish(changed.seqs());
    return OkStatus();
  }

  void CountRows() {
    findings_.Count("log_rows", log_->rows());
    findings_.Count("drops", std::ssize(log_->drops().drops()));
    findings_.Count("orders", std::ssize(log_->drops().orders()));
    findings_.Count("products", std::ssize(log_->products));
    findings_.Count("creators", std::ssize(log_->creators));
    findings_.Count("users", std::ssize(log_->users));
    findings_.Count("follows", std::ssize(log_->follows));
    findings_.Count("accounts", std::ssize(log_->accounts));
    findings_.Count("sessions", std::ssize(log_->sessions));
    findings_.Count("invariants", std::ssize(InvariantNames()));
  }

  Storage& storage_;
  const VerifyProgress& progress_;
  VerifyFindings findings_;
  TableSnapshot tables_;
  bool tables_readable_ = false;
  bool damaged_ = false;  // The log could not be read to its end.
  Head head_;
  std::optional<LogFold> log_;
};

}  // namespace

Result<VerifyReport> Verify(Storage& storage, const VerifyProgress& progress) {
  return Verifier(&storage, progress).Run();
}

}  // namespace livedrops
