#include "cli/copy.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "base/siphash.h"

namespace livedrops::cli {
namespace {

// Log rows in a commit: large enough that its wait for the disk does not count.
constexpr std::int64_t kPageRows = 4'096;
constexpr std::size_t kTableRows = 4'096;

Status WrittenMeanwhile() {
  return {
      StatusCode::kUnavailable,
      "the source was written to while it was copied: stop what uses it and run the copy again, "
      "it goes on where it is"};
}

// What a commit into the target means for whoever copies.
Status Explained(const Status& status) {
  switch (status.code()) {
    case StatusCode::kFenced:
      return {StatusCode::kUnavailable, "another copy writes into the same target"};
    case StatusCode::kOutcomeUnknown:
      return {StatusCode::kUnavailable,
              "target: " + status.message() + ": run the copy again, it goes on where it is"};
    default:
      return status.ok() ? status : Status(status.code(), "target: " + status.message());
  }
}

// Every drop of the source, by number.
class DropCollector : public StateSink {
 public:
  void OnDrop(const DropRow& row) override { drops_.emplace(row.drop_no, row); }
  void OnProduct(const ProductRow&) override {}
  void OnCreator(const CreatorRow&) override {}
  void OnUser(const UserRow&) override {}
  void OnFollow(const FollowRow&) override {}
  void OnAccount(const Account&) override {}
  void OnSession(const Session&) override {}
  void OnKey(const EventRow&) override {}

  const DropRow* Find(std::uint64_t drop_no) const {
    const auto found = drops_.find(drop_no);
    return found == drops_.end() ? nullptr : &found->second;
  }
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> numbers;
    numbers.reserve(drops_.size());
    for (const auto& [number, row] : drops_) numbers.push_back(number);
    std::ranges::sort(numbers);
    return numbers;
  }

 private:
  std::unordered_map<std::uint64_t, DropRow> drops_;
};

// The present state of the orders that are not as they were created.
class ChangeCollector : public OrderSink {
 public:
  void OnOrder(const OrderRow& row, const OrderChange& present) override {
    const bool held = row.ttl_seconds != 0;
    const Time expires = row.at + std::chrono::seconds(row.ttl_seconds);
    const bool same = present.status == (held ? OrderStatus::held : OrderStatus::confirmed) &&
                      present.quantity == row.quantity && (!held || present.expires_at == expires);
    if (!same) changes_.emplace(row.seq, present);
  }
  const OrderChange* Find(std::uint64_t seq) const {
    const auto found = changes_.find(seq);
    return found == changes_.end() ? nullptr : &found->second;
  }

 private:
  std::unordered_map<std::uint64_t, OrderChange> changes_;
};

// A page of the log that owns its texts.
class LogPage : public LogSink {
 public:
  void OnOrder(const OrderRow& row) override {
    orders_.push_back(row);
    OrderRow& kept = orders_.back();
    kept.user = Keep(row.user);
    kept.actor = Keep(row.actor);
    kept.key = Keep(row.key);
    head_ = {row.seq, row.hash};
  }
  void OnEvent(const EventRow& row) override {
    events_.push_back(row);
    head_ = {row.seq, row.hash};
  }

  const std::vector<OrderRow>& orders() const { return orders_; }
  const std::vector<EventRow>& events() const { return events_; }
  const Head& head() const { return head_; }  // seq 0: no row.

 private:
  std::string_view Keep(std::string_view text) { return texts_.emplace_back(text); }

  std::vector<OrderRow> orders_;
  std::vector<EventRow> events_;
  std::deque<std::string> texts_;
  Head head_;
};

// The rows of the source's other tables, on their way into the target.
class TableCopier : public StateSink {
 public:
  TableCopier(Storage* to, const Head& head) : to_(*to), head_(head) {}

  void OnDrop(const DropRow& row) override { Add(&drops_, row); }
  void OnProduct(const ProductRow& row) override { Add(&products_, row); }
  void OnCreator(const CreatorRow& row) override { Add(&creators_, row); }
  void OnUser(const UserRow& row) override { Add(&users_, row); }
  void OnFollow(const FollowRow& row) override {
    follow_hashes_.insert(HashOf(row));
    Add(&follows_, row);
  }
  void OnAccount(const Account& row) override { Add(&accounts_, row); }
  void OnSession(const Session& row) override { Add(&sessions_, row); }
  void OnKey(const EventRow&) override {}  // They are in the log.

  // A follow of the target that ended in the source.
  void EndIfUnknown(FollowRow row) {
    if (follow_hashes_.contains(HashOf(row))) return;
    row.follow = false;
    Add(&follows_, row);
  }
  Status Flush() {
    if (rows_ == 0 || !status_.ok()) return status_;
    CommitBatch batch;
    batch.drops = drops_;
    batch.products = products_;
    batch.creators = creators_;
    batch.users = users_;
    batch.follows = follows_;
    batch.accounts = accounts_;
    batch.sessions = sessions_;
    batch.head = head_;
    status_ = Explained(to_.Commit(batch, head_));
    Clear();
    return status_;
  }

 private:
  template <class Row>
  void Add(std::vector<Row>* rows, const Row& row) {
    rows->push_back(row);
    if (++rows_ == kTableRows) static_cast<void>(Flush());
  }
  void Clear() {
    drops_.clear();
    products_.clear();
    creators_.clear();
    users_.clear();
    follows_.clear();
    accounts_.clear();
    sessions_.clear();
    rows_ = 0;
  }
  static std::uint64_t HashOf(const FollowRow& row) {
    return SipHash(SipKey{}, row.creator.str() + " " + row.user.str()).low;
  }

  Storage& to_;
  const Head head_;
  std::size_t rows_ = 0;
  Status status_;
  std::vector<DropRow> drops_;
  std::vector<ProductRow> products_;
  std::vector<CreatorRow> creators_;
  std::vector<UserRow> users_;
  std::vector<FollowRow> follows_;
  std::vector<Account> accounts_;
  std::vector<Session> sessions_;
  std::unordered_set<std::uint64_t> follow_hashes_;
};

// The follows of a target that an earlier run had filled.
class FollowCollector : public DropCollector {
 public:
  void OnFollow(const FollowRow& row) override { follows.push_back(row); }
  std::vector<FollowRow> follows;
};

class Copier {
 public:
  Copier(Storage* from, Storage* to, const CopyProgress* progress)
      : from_(*from), to_(*to), progress_(*progress) {}

  Result<CopyReport> Run() {
    Status status = Begin();
    if (status.ok()) status = CheckBeginning();
    report_.resumed_at = done_.seq;
    while (status.ok() && done_.seq < report_.head.seq) status = CopyPage();
    if (status.ok()) status = CopyTables();
    if (status.ok()) status = Compare();
    if (!status.ok()) return status;
    return std::move(report_);
  }

 private:
  Status Begin() {
    const Result<Head> head = from_.LoadState(drops_);
    if (!head.ok()) return head.status();
    report_.head = *head;
    const auto numbers = drops_.numbers();
    if (!numbers.empty()) {
      if (Status loaded = from_.LoadOrders(numbers, head->seq, changes_); !loaded.ok()) {
        return loaded;
      }
    }
    const Result<Head> reached = to_.ReadHead();
    if (!reached.ok()) return reached.status();
    done_ = *reached;
    return OkStatus();
  }

  // What an earlier run wrote must be the beginning of this source's log.
  Status CheckBeginning() {
    if (done_.seq == 0) return OkStatus();
    LogPage last;
    if (done_.seq <= report_.head.seq) {
      if (Status read = from_.ReadLog(done_.seq - 1, 1, last); !read.ok()) return read;
    }
    if (last.head() == done_) return OkStatus();
    return {StatusCode::kInvalidArgument,
            "target: its log is not the beginning of the source's: row " +
                std::to_string(done_.seq) + " differs"};
  }

  Status CopyPage() {
    const auto left = static_cast<std::int64_t>(report_.head.seq - done_.seq);
    LogPage page;
    Status read = from_.ReadLog(done_.seq, std::min(left, kPageRows), page);
    if (!read.ok()) return read;
    if (page.head().seq == 0) {
      return {StatusCode::kCorrupt, "the source's log has no row " + std::to_string(done_.seq + 1)};
    }
    const std::vector<OrderChange> changes = ChangesOf(page);
    const std::vector<DropRow> drops = DropsOf(page);
    CommitBatch batch;
    batch.orders = page.orders();
    batch.events = page.events();
    batch.order_changes = changes;
    batch.drops = drops;
    batch.head = page.head();
    if (Status committed = to_.Commit(batch, done_); !committed.ok()) return Explained(committed);
    done_ = page.head();
    progress_("copy", done_.seq, report_.head.seq);
    return OkStatus();
  }

  // Of the orders that are created or changed by these rows: their state at the end of the log. A
  // page that changes one of them again writes the same once more.
  std::vector<OrderChange> ChangesOf(const LogPage& page) const {
    std::vector<OrderChange> changes;
    std::unordered_set<std::uint64_t> seen;
    const auto add = [&](std::uint64_t seq) {
      const OrderChange* change = changes_.Find(seq);
      if (change != nullptr && seen.insert(seq).second) changes.push_back(*change);
    };
    for (const OrderRow& row : page.orders()) add(row.seq);
    for (const EventRow& row : page.events()) add(row.order_seq);
    return changes;
  }

  // Those that these rows create: a row of the log is not written without its drop.
  std::vector<DropRow> DropsOf(const LogPage& page) const {
    std::vector<DropRow> drops;
    for (const EventRow& row : page.events()) {
      if (const DropRow* drop = drops_.Find(row.seq); drop != nullptr) drops.push_back(*drop);
    }
    return drops;
  }

  Status CopyTables() {
    TableCopier copier(&to_, report_.head);
    const Result<Head> head = from_.LoadState(copier);
    if (!head.ok()) return head.status();
    if (*head != report_.head) return WrittenMeanwhile();
    if (report_.resumed_at != 0) {
      if (Status flushed = copier.Flush(); !flushed.ok()) return flushed;
      FollowCollector old;
      if (const auto read = to_.LoadState(old); !read.ok()) return read.status();
      for (const FollowRow& row : old.follows) copier.EndIfUnknown(row);
    }
    return copier.Flush();
  }

  Status Compare() {
    const auto show = [this](const char* what) {
      return [this, what](std::uint64_t rows) { progress_(what, rows, report_.head.seq); };
    };
    auto source = Dump(from_, show("read source"));
    if (!source.ok()) return source.status();
    const auto target = Dump(to_, show("read target"));
    if (!target.ok()) return target.status();
    for (std::size_t i = 0; i < source->size(); ++i) {
      if ((*source)[i] != (*target)[i]) report_.differing.push_back((*source)[i].name);
    }
    report_.tables = std::move(*source);
    const Result<Head> head = from_.ReadHead();
    if (!head.ok()) return head.status();
    return *head == report_.head ? OkStatus() : WrittenMeanwhile();
  }

  Storage& from_;
  Storage& to_;
  const CopyProgress& progress_;
  DropCollector drops_;
  ChangeCollector changes_;
  Head done_;  // Of the target.
  CopyReport report_;
};

}  // namespace

Result<CopyReport> Copy(Storage& from, Storage& to, const CopyProgress& progress) {
  return Copier(&from, &to, &progress).Run();
}

}  // namespace livedrops::cli
