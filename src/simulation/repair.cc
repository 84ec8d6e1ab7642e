#include "simulation/repair.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "simulation/verify_lists.h"
#include "simulation/verify_tables.h"

namespace livedrops {
namespace {

constexpr std::int64_t kPageRows = 16'384;

// What makes a log unfit to rebuild anything from.
constexpr Invariant kFatal[] = {
    Invariant::chain,         Invariant::seq_contiguous,     Invariant::aggregate_gapless,
    Invariant::known_drop,    Invariant::one_creating_event, Invariant::columns_equal_body,
    Invariant::ledger_balance};

std::string ReasonFor(const std::string& field, const std::string& value) {
  if (field == "current_stock") return "the ledger ends at " + value;
  if (field == "held") return "its live holds add up to " + value;
  if (field == "adjust") return "its restocks add up to " + value;
  if (field == "version") return "its newest event has the number " + value;
  if (field == "status") return "the log's events leave it " + value;
  if (field == "followers") return "the log's follows leave " + value + " followers";
  if (field == "following") return "the log's follows leave " + value + " followed creators";
  if (field == "aggregate_seq") return "its newest event has the number " + value;
  return "the log says " + value;
}

class Repairer {
 public:
  explicit Repairer(Storage* storage) : storage_(*storage) {}

  Result<RepairReport> Run(bool apply) {
    if (Status read = Read(); !read.ok()) return read;
    PlanDrops();
    if (Status read = PlanOrders(); !read.ok()) return read;
    PlanTotals();
    PlanFollows();
    PlanProducts();
    PlanAccounts();
    if (!apply || report_.corrections.empty()) {
      if (Status listed = ListRemaining(); !listed.ok()) return listed;
      return std::move(report_);
    }
    if (Status written = Write(); !written.ok()) return written;
    report_.applied = true;
    auto verified = Verify(storage_);
    if (!verified.ok()) return verified.status();
    report_.remaining = std::move(verified->violations);
    return std::move(report_);
  }

 private:
  Status Read() {
    const Result<Head> head = storage_.LoadState(tables_);
    if (!head.ok()) return head.status();
    head_ = *head;
    log_.emplace(storage_.info(), head_.seq, &findings_);
    for (std::uint64_t before = 1; before != log_->last().seq && log_->last().seq < head_.seq;) {
      before = log_->last().seq;
      if (Status read = storage_.ReadLog(before, kPageRows, *log_); !read.ok()) return read;
    }
    log_->Finish(head_);
    for (const Invariant invariant : kFatal) {
      if (findings_.Has(invariant)) return Refuse();
    }
    return OkStatus();
  }

  // The first violation in the log's own order says where it is damaged.
  Status Refuse() {
    const VerifyReport report = findings_.Take(head_);
    const Violation& first = report.violations.front();
    return {StatusCode::kCorrupt,
            "the log itself is damaged, nothing can be rebuilt from it: " + first.invariant +
                " at " + first.subject + ": " + first.detail};
  }

  void Correct(const std::string& subject, const Difference& difference) {
    report_.corrections.push_back({subject, difference.field, difference.table, difference.log,
                                   ReasonFor(difference.field, difference.log)});
  }

  void PlanDrops() {
    for (const auto& folded : log_->drops().drops()) {
      const std::string subject = "drop " + folded->row.drop.id.str();
      const auto row = tables_.drops.find(folded->row.drop_no);
      DropRow expected = folded->Expected();
      if (row == tables_.drops.end()) {
        Correct(subject, {"row", "none", "log row " + std::to_string(folded->row.drop_no)});
      } else {
        expected.changed_at = row->second.changed_at;
        const auto differences = CompareDrop(row->second, *folded);
        // A number keeps its id for ever: storages refuse another one.
        if (differences.empty() || row->second.drop.id != expected.drop.id) continue;
        for (const Difference& difference : differences) Correct(subject, difference);
      }
      expected.drop.status = StatusAt(expected, expected.changed_at);
      drops_.push_back(expected);
    }
  }

  Status PlanOrders() {
    std::vector<std::uint64_t> drop_nos;
    for (const auto& drop : log_->drops().drops()) drop_nos.push_back(drop->row.drop_no);
    if (drop_nos.empty()) return OkStatus();
    OrderComparer comparer(&log_->drops(), &table_findings_);
    if (Status read = storage_.LoadOrders(drop_nos, head_.seq, comparer); !read.ok()) return read;
    comparer.Finish({});
    for (const OrderChange& row : comparer.different()) {
      const FoldedOrder& order = *log_->drops().FindOrder(row.seq);
      for (const Difference& difference : CompareOrder(row, order)) {
        Correct(OrderSubject(order.id), difference);
      }
      orders_.push_back(order.Present());
    }
    return OkStatus();
  }

  void PlanTotals() {
    for (const std::string& id : KeysOf(tables_.creators, log_->creators)) {
      const CreatorRow is = ValueOr(tables_.creators, id);
      const FoldedCreator folded = ValueOr(log_->creators, id);
      if (is.followers == folded.followers && is.aggregate_seq == folded.aggregate_seq) continue;
      CorrectNumber("creator " + id, "followers", is.followers, folded.followers);
      CorrectNumber("creator " + id, "aggregate_seq", is.aggregate_seq, folded.aggregate_seq);
      creators_.push_back({CreatorId(id), folded.followers, folded.aggregate_seq});
    }
    for (const std::string& id : KeysOf(tables_.users, log_->users)) {
      const UserRow is = ValueOr(tables_.users, id);
      const FoldedUser folded = ValueOr(log_->users, id);
      if (is.following == folded.following && is.aggregate_seq == folded.aggregate_seq &&
          is.read_up_to == folded.read_up_to) {
        continue;
      }
      CorrectNumber("user " + id, "following", is.following, folded.following);
      CorrectNumber("user " + id, "aggregate_seq", is.aggregate_seq, folded.aggregate_seq);
      CorrectNumber("user " + id, "read_up_to", is.read_up_to, folded.read_up_to);
      users_.push_back({UserId(id), folded.following, folded.aggregate_seq, folded.read_up_to});
    }
  }

  template <class Integer>
  void CorrectNumber(const std::string& subject, const char* field, Integer was, Integer becomes) {
    if (was != becomes) Correct(subject, {field, std::to_string(was), std::to_string(becomes)});
  }

  void PlanFollows() {
    for (const auto& [name, since] : log_->follows) {
      const auto row = tables_.follows.find(name);
      if (row != tables_.follows.end() && row->second == since) continue;
      const std::string was = row == tables_.follows.end() ? "none" : std::to_string(row->second);
      Correct("follow " + name, {"since", was, std::to_string(since)});
      AddFollow(name, since, true);
    }
    for (const auto& [name, since] : tables_.follows) {
      if (log_->follows.contains(name)) continue;
      Correct("follow " + name, {"since", std::to_string(since), "none"});
      AddFollow(name, since, false);
    }
  }

  void AddFollow(const std::string& name, std::int64_t since, bool follow) {
    const std::size_t space = name.find(' ');
    follows_.push_back({CreatorId(name.substr(0, space)), UserId(name.substr(space + 1)),
                        TimeFromMs(since), follow});
  }

  void PlanProducts() {
    for (const auto& [id, folded] : log_->products) {
      const auto row = tables_.products.find(id);
      if (row == tables_.products.end()) {
        Correct("product " + id, {"row", "none", "as the log says"});
      } else {
        const auto differences = CompareProduct(row->second, folded);
        if (differences.empty()) continue;
        for (const Difference& difference : differences) Correct("product " + id, difference);
      }
      products_.push_back({folded.product, folded.deleted});
    }
  }

  // Only what the log knows of them: a row that is gone had more.
  void PlanAccounts() {
    for (const auto& [id, row] : tables_.accounts) {
      const auto folded = log_->accounts.find(id);
      if (folded == log_->accounts.end()) continue;
      const auto differences = CompareAccount(row, folded->second);
      if (differences.empty()) continue;
      for (const Difference& difference : differences) Correct("account " + id, difference);
      Account& account = accounts_.emplace_back(row);
      account.role = ParseRole(folded->second.role).value_or(row.role);
      account.disabled = folded->second.disabled;
      account.erased = folded->second.erased;
    }
    for (const auto& [id, row] : tables_.sessions) {
      const auto folded = log_->sessions.find(id);
      if (folded == log_->sessions.end()) continue;
      const auto differences = CompareSession(row, folded->second);
      if (differences.empty()) continue;
      for (const Difference& difference : differences) Correct("session " + id, difference);
      Session& session = sessions_.emplace_back(row);
      session.user = UserId(folded->second.user);
      session.revoked = folded->second.revoked;
    }
  }

  // What the log itself has against its rows, and differences of tables without a correction.
  Status ListRemaining() {
    CompareTables(tables_, &*log_, &table_findings_);
    Status listed = CheckLists(storage_, head_, *log_, &table_findings_);
    if (!listed.ok()) return listed;
    std::unordered_set<std::string> corrected;
    for (const Correction& correction : report_.corrections) corrected.insert(correction.subject);
    report_.remaining = findings_.Take(head_).violations;
    for (Violation& violation : table_findings_.Take(head_).violations) {
      if (!corrected.contains(violation.subject)) report_.remaining.push_back(std::move(violation));
    }
    return OkStatus();
  }

  Status Write() {
    CommitBatch batch;
    batch.order_changes = orders_;
    batch.drops = drops_;
    batch.creators = creators_;
    batch.users = users_;
    batch.follows = follows_;
    batch.products = products_;
    batch.accounts = accounts_;
    batch.sessions = sessions_;
    batch.head = head_;
    return storage_.Commit(batch, head_);
  }

  Storage& storage_;
  VerifyFindings findings_;        // Of the log.
  VerifyFindings table_findings_;  // Of the tables.
  TableSnapshot tables_;
  Head head_;
  std::optional<LogFold> log_;
  RepairReport report_;
  std::vector<DropRow> drops_;
  std::vector<OrderChange> orders_;
  std::vector<CreatorRow> creators_;
  std::vector<UserRow> users_;
  std::vector<FollowRow> follows_;
  std::vector<ProductRow> products_;
  std::vector<Account> accounts_;
  std::vector<Session> sessions_;
};

}  // namespace

std::string ToString(const Correction& correction) {
  return correction.subject + ": " + correction.field + " " + correction.was + " -> " +
         correction.becomes + ": " + correction.reason;
}

Result<RepairReport> Repair(Storage& storage, bool apply) { return Repairer(&storage).Run(apply); }

}  // namespace livedrops
