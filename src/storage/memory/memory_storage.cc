#include "storage/memory/memory_storage.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "livedrops/spi/log_text.h"
#include "storage/memory/memory_catalog.h"
#include "storage/memory/memory_checks.h"
#include "storage/memory/memory_database.h"

namespace livedrops::memory {
namespace {

// How long a commit waits for a process that took the write lock before deciding.
constexpr Duration kCommitWait{2000};

class MemoryStorage : public Storage {
 public:
  explicit MemoryStorage(std::shared_ptr<MemoryDatabase> database)
      : database_(std::move(database)), catalog_(database_.get(), &closed_) {}
  ~MemoryStorage() override { database_->ReleaseWriteLock(this); }

  const ShopInfo& info() const override { return database_->info(); }
  Result<Head> ReadHead() override;
  Status Commit(const CommitBatch& batch, const Head& expected) override;
  Status Lock(Duration deadline) override;
  void Unlock() override { database_->ReleaseWriteLock(this); }
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) override;
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override;
  Result<Head> LoadState(StateSink& sink) override;
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override;
  Result<Order> GetOrder(std::uint64_t seq) override;
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override;
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override;
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override;
  Catalog& catalog() override { return catalog_; }
  Status Close() override;

 private:
  Status Write(const CommitBatch& batch, const Head& expected);
  Order ToOrder(const StoredOrder& stored) const;
  Event ToLogEvent(const LogEntry& entry) const;
  const std::vector<std::uint64_t>& RowsOfChannel(std::string_view channel) const;

  const std::shared_ptr<MemoryDatabase> database_;
  std::atomic<bool> closed_{false};
  MemoryCatalog catalog_;
};

// --- writing -----------------------------------------------------------------------------------

Result<Head> MemoryStorage::ReadHead() {
  if (closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  return database_->log.head();
}

Status MemoryStorage::Commit(const CommitBatch& batch, const Head& expected) {
  if (closed_) return ClosedStatus();
  if (Status status = database_->TakeWriteLock(this, kCommitWait); !status.ok()) return status;
  Status status = Write(batch, expected);
  database_->ReleaseWriteLock(this);
  return status;
}

// Everything is checked before anything is written. `noexcept`: running out of memory between two
// rows ends the process, because half a batch must never be seen.
Status MemoryStorage::Write(const CommitBatch& batch, const Head& expected) {
  const std::lock_guard guard(database_->mutex);
  const Head& head = database_->log.head();
  if (head != expected) {
    return {StatusCode::kFenced, "the log ends at " + std::to_string(head.seq)};
  }
  Status status = CheckBatch(batch, database_->log, database_->tables);
  if (!status.ok()) return status;
  [&]() noexcept {
    database_->log.Append(batch.orders, batch.events);
    for (const OrderChange& change : batch.order_changes) database_->log.Change(change);
    database_->tables.Apply(batch);
  }();
  return OkStatus();
}

Status MemoryStorage::Lock(Duration deadline) {
  return closed_ ? ClosedStatus() : database_->TakeWriteLock(this, deadline);
}

// Nothing of a memory commit is ever under way elsewhere, so the barrier is only one more row.
Result<Head> MemoryStorage::Resolve(const std::function<EventRow(const Head& found)>& chain) {
  if (closed_) return ClosedStatus();
  if (Status status = database_->TakeWriteLock(this, kCommitWait); !status.ok()) return status;
  Result<Head> found = ReadHead();  // It stays: the write lock is ours.
  const EventRow barrier = chain(*found);
  CommitBatch batch;
  batch.events = {&barrier, 1};
  batch.head = {barrier.seq, barrier.hash};
  Status status = Write(batch, *found);
  database_->ReleaseWriteLock(this);
  if (!status.ok()) return status;
  return found;
}

Status MemoryStorage::Close() {
  if (closed_.exchange(true)) return ClosedStatus();
  database_->ReleaseWriteLock(this);
  return OkStatus();
}

// --- loading: rows are found under the mutex and handed out after it, for a sink may take its time
// --

Status MemoryStorage::ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) {
  if (closed_) return ClosedStatus();
  std::vector<LogEntry> found;
  {
    const std::lock_guard guard(database_->mutex);
    const MemoryLog& log = database_->log;
    for (std::uint64_t seq = after_seq + 1; seq <= log.head().seq && limit-- > 0; ++seq) {
      found.push_back(log.At(seq));
    }
  }
  for (const LogEntry& entry : found) {
    if (entry.order != nullptr) {
      sink.OnOrder(entry.order->row);
    } else {
      sink.OnEvent(*entry.event);
    }
  }
  return OkStatus();
}

Result<Head> MemoryStorage::LoadState(StateSink& sink) {
  if (closed_) return ClosedStatus();
  std::unique_lock guard(database_->mutex);
  const Head head = database_->log.head();
  const MemoryTables tables = database_->tables;
  std::vector<const EventRow*> keyed;
  for (const std::uint64_t seq : database_->log.EventsWithKey()) {
    keyed.push_back(database_->log.At(seq).event);
  }
  guard.unlock();
  for (const auto& [drop_no, row] : tables.drops) sink.OnDrop(row);
  for (const auto& [id, row] : tables.products) sink.OnProduct(row);
  for (const auto& [id, row] : tables.creators) sink.OnCreator(row);
  for (const auto& [id, row] : tables.users) sink.OnUser(row);
  for (const auto& [pair, since] : tables.follows) {
    sink.OnFollow({pair.first, pair.second, since, true});
  }
  for (const auto& [id, row] : tables.accounts) sink.OnAccount(row);
  for (const auto& [id, row] : tables.sessions) sink.OnSession(row);
  for (const EventRow* row : keyed) sink.OnKey(*row);
  return head;
}

Status MemoryStorage::LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                                 OrderSink& sink) {
  if (closed_) return ClosedStatus();
  std::vector<std::pair<const OrderRow*, OrderChange>> found;
  {
    const std::lock_guard guard(database_->mutex);
    for (const std::uint64_t drop_no : drop_nos) {
      for (const std::uint64_t seq : database_->log.OrdersOfDrop(drop_no)) {
        if (seq > until_seq) break;
        const StoredOrder* const order = database_->log.FindOrder(seq);
        found.emplace_back(&order->row, order->present);
      }
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first->seq < b.first->seq; });
  for (const auto& [row, present] : found) sink.OnOrder(*row, present);
  return OkStatus();
}

// --- lists -------------------------------------------------------------------------------------

Order MemoryStorage::ToOrder(const StoredOrder& stored) const {
  const OrderRow& row = stored.row;
  const Drop& drop = database_->tables.drops.at(row.drop_no).drop;
  Order order;
  order.id = OrderId(row.order_id);
  order.user = UserId(row.user);
  order.drop = drop.id;
  order.product = drop.product;
  order.key = Key(row.key);
  order.quantity = stored.present.quantity;
  // The row's amount is that of its first quantity.
  order.amount = {row.amount / row.quantity * order.quantity, drop.price.currency};
  order.status = stored.present.status;
  order.created_at = row.at;
  if (order.status == OrderStatus::held) order.expires_at = stored.present.expires_at;
  order.seq = row.seq;
  return order;
}

Event MemoryStorage::ToLogEvent(const LogEntry& entry) const {
  if (entry.event != nullptr) {
    Event event = ToEvent(*entry.event);
    event.user = UserId(database_->log.UserOf(*entry.event));
    return event;
  }
  const OrderRow& row = entry.order->row;
  return ToEvent(row, database_->tables.drops.at(row.drop_no).drop.id.view());
}

Result<Order> MemoryStorage::GetOrder(std::uint64_t seq) {
  if (closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const StoredOrder* const order = database_->log.FindOrder(seq);
  if (order == nullptr) return NotFoundStatus("order at", std::to_string(seq));
  return ToOrder(*order);
}

Status MemoryStorage::ListOrders(const OrderQuery& query, std::vector<Order>* out) {
  out->clear();
  if (closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  MemoryLog& log = database_->log;
  const auto visit = [&](std::uint64_t seq) {
    if (std::ssize(*out) >= query.limit) return false;
    const StoredOrder* const order = log.FindOrder(seq);
    const bool wanted = order && (!query.status || order->present.status == *query.status);
    if (wanted) out->push_back(ToOrder(*order));
    return true;
  };
  if (query.drop.empty()) {
    const std::uint64_t until = query.after_seq == 0 ? log.head().seq : query.after_seq - 1;
    if (until == 0) return OkStatus();
    VisitRange(log.OfUser(query.user.view()), {0, until, true}, visit);
  } else if (const DropRow* drop = database_->tables.FindDrop(query.drop)) {
    VisitRange(log.OrdersOfDrop(drop->drop_no), {query.after_seq, 0, false}, visit);
  }
  return OkStatus();
}

bool Matches(const Event& event, const EventQuery& query) {
  return (query.actor.empty() || event.actor == query.actor) &&
         (!query.action || event.type == *query.action) &&
         (query.subject.empty() || event.subject == query.subject) &&
         (!query.from || event.at >= *query.from) && (!query.to || event.at < *query.to);
}

Status MemoryStorage::ListEvents(const EventQuery& query, std::vector<Event>* out) {
  out->clear();
  if (closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const std::uint64_t end = database_->log.head().seq + 1;
  std::uint64_t seq = query.before_seq == 0 ? end : std::min(query.before_seq, end);
  while (--seq > 0 && std::ssize(*out) < query.limit) {
    Event event = ToLogEvent(database_->log.At(seq));
    if (Matches(event, query)) out->push_back(std::move(event));
  }
  return OkStatus();
}

const std::vector<std::uint64_t>& MemoryStorage::RowsOfChannel(std::string_view channel) const {
  static const std::vector<std::uint64_t> none;
  const std::size_t colon = std::min(channel.find(':'), channel.size() - 1);
  const std::string_view kind = channel.substr(0, colon);
  const std::string_view id = channel.substr(colon + 1);
  if (kind == "user") return database_->log.OfUser(id);
  if (kind == "creator") return database_->log.OfCreator(id);
  const DropRow* const drop = kind == "drop" ? database_->tables.FindDrop(DropId(id)) : nullptr;
  return drop == nullptr ? none : database_->log.EventsOfDrop(drop->drop_no);
}

Status MemoryStorage::ReadChannel(const ChannelQuery& query, std::vector<Event>* out) {
  out->clear();
  if (closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const SeqRange range{query.after_seq, query.until_seq, query.newest_first};
  const auto visit = [&](std::uint64_t seq) {
    if (std::ssize(*out) >= query.limit) return false;
    out->push_back(ToLogEvent(database_->log.At(seq)));
    return true;
  };
  if (query.channel.empty()) {
    VisitRange(database_->log.head().seq, range, visit);
  } else {
    VisitRange(RowsOfChannel(query.channel), range, visit);
  }
  return OkStatus();
}

}  // namespace
}  // namespace livedrops::memory

namespace livedrops {

std::unique_ptr<Storage> OpenMemoryStorage(std::shared_ptr<MemoryDatabase> database) {
  return std::make_unique<memory::MemoryStorage>(std::move(database));
}

std::unique_ptr<Storage> NewMemoryStorage(std::uint64_t seed) {
  return OpenMemoryStorage(NewMemoryDatabase({.seed = seed, .wait_for_lock = true}));
}

}  // namespace livedrops
