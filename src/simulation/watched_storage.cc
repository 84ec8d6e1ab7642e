#include "simulation/watched_storage.h"

namespace livedrops::simulation {
namespace {

// Passes rows on and remembers how far they reach.
class HeadSink : public LogSink {
 public:
  explicit HeadSink(LogSink* inner) : inner_(inner) {}
  void OnOrder(const OrderRow& row) override {
    head = {row.seq, row.hash};
    inner_->OnOrder(row);
  }
  void OnEvent(const EventRow& row) override {
    head = {row.seq, row.hash};
    inner_->OnEvent(row);
  }
  Head head;

 private:
  LogSink* inner_;
};

class WatchedStorage : public Storage {
 public:
  WatchedStorage(std::unique_ptr<Storage> inner, StorageWatcher* watcher)
      : inner_(std::move(inner)), watcher_(watcher) {}

  const ShopInfo& info() const override { return inner_->info(); }
  Result<Head> ReadHead() override {
    watcher_->BeforeCall();
    return Told(inner_->ReadHead());
  }
  Status Commit(const CommitBatch& batch, const Head& expected) override {
    watcher_->BeforeCall();
    Status status = inner_->Commit(batch, expected);
    if (status.ok()) watcher_->OnCommitted(batch);
    return status;
  }
  // The simulation has one thread: waiting for another process would be waiting for itself.
  Status Lock(Duration) override {
    watcher_->BeforeCall();
    return inner_->Lock(Duration(0));
  }
  void Unlock() override { inner_->Unlock(); }
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) override;
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override {
    watcher_->BeforeCall();
    HeadSink heads(&sink);
    Status status = inner_->ReadLog(after_seq, limit, heads);
    if (heads.head.seq != 0) watcher_->OnHead(heads.head);
    return status;
  }
  Result<Head> LoadState(StateSink& sink) override {
    watcher_->BeforeCall();
    return Told(inner_->LoadState(sink));
  }
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override {
    watcher_->BeforeCall();
    return inner_->LoadOrders(drop_nos, until_seq, sink);
  }
  Result<Order> GetOrder(std::uint64_t seq) override {
    watcher_->BeforeCall();
    return inner_->GetOrder(seq);
  }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    return inner_->ListOrders(query, out);
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    return inner_->ListEvents(query, out);
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    return inner_->ReadChannel(query, out);
  }
  Catalog& catalog() override {
    watcher_->BeforeCall();
    return inner_->catalog();
  }
  Status Close() override { return inner_->Close(); }

 private:
  Result<Head> Told(Result<Head> head) {
    if (head.ok()) watcher_->OnHead(*head);
    return head;
  }

  std::unique_ptr<Storage> inner_;
  StorageWatcher* watcher_;
};

Result<Head> WatchedStorage::Resolve(const std::function<EventRow(const Head& found)>& chain) {
  watcher_->BeforeCall();
  std::optional<EventRow> barrier;
  Result<Head> found = inner_->Resolve([&](const Head& head) {
    barrier = chain(head);
    return *barrier;
  });
  if (!found.ok() || !barrier) return found;
  CommitBatch batch;
  batch.events = {&*barrier, 1};
  batch.head = {barrier->seq, barrier->hash};
  watcher_->OnCommitted(batch);
  return found;
}

}  // namespace

std::unique_ptr<Storage> NewWatchedStorage(std::unique_ptr<Storage> inner,
                                           StorageWatcher* watcher) {
  return std::make_unique<WatchedStorage>(std::move(inner), watcher);
}

}  // namespace livedrops::simulation
