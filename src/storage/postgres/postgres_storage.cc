#include "storage/postgres/postgres_storage.h"

#include <atomic>

#include "storage/postgres/identity.h"
#include "storage/postgres/list_reader.h"
#include "storage/postgres/postgres_catalog.h"
#include "storage/postgres/reader_pool.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/state_reader.h"
#include "storage/postgres/writer.h"

namespace livedrops {
namespace postgres {
namespace {

Status Closed() { return {StatusCode::kClosed, "the storage is closed"}; }

ConnectionOptions ReaderOptions(const std::string& url, const PostgresOptions& postgres) {
  ConnectionOptions options;
  options.url = url;
  options.connect_deadline = postgres.connect_deadline;
  options.answer_deadline = postgres.read_deadline;
  options.statement_timeout = postgres.read_deadline;
  options.lock_timeout = postgres.lock_deadline;
  return options;
}

WriterOptions OptionsOfWriter(const std::string& url, const PostgresOptions& postgres) {
  WriterOptions options;
  options.connection = ReaderOptions(url, postgres);
  options.connection.writes = true;
  // The first statement may wait for the lock.
  options.connection.answer_deadline = postgres.commit_deadline + postgres.lock_deadline;
  options.connection.statement_timeout = postgres.commit_deadline;
  options.connection.idle_timeout = postgres.idle_deadline;
  options.lock_deadline = postgres.lock_deadline;
  options.schema_version = Migrations().size();
  return options;
}

class PostgresStorage : public Storage {
 public:
  PostgresStorage(const std::string& url, const PostgresOptions& postgres, bool read_only,
                  std::unique_ptr<Identity> identity)
      : identity_(std::move(identity)),
        read_only_(read_only),
        readers_(ReaderOptions(url, postgres), identity_.get()),
        catalog_(&readers_),
        writer_(OptionsOfWriter(url, postgres), identity_.get()) {}

  const ShopInfo& info() const override { return identity_->info(); }
  Result<Head> ReadHead() override {
    return Read([&](Connection& reader) { return postgres::ReadHead(reader); });
  }
  Status Commit(const CommitBatch& batch, const Head& expected) override {
    Status status = CheckWritable();
    return status.ok() ? writer_.Commit(batch, expected) : status;
  }
  Status Lock(Duration deadline) override {
    Status status = CheckWritable();
    return status.ok() ? writer_.Lock(deadline) : status;
  }
  void Unlock() override { writer_.Unlock(); }
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) override {
    if (Status status = CheckWritable(); !status.ok()) return status;
    return writer_.Resolve(chain);
  }
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override {
    return Read(
        [&](Connection& reader) { return postgres::ReadLog(reader, after_seq, limit, sink); });
  }
  Result<Head> LoadState(StateSink& sink) override {
    const BetweenPages keep = KeepingTheLock();
    return Read([&](Connection& reader) { return postgres::LoadState(reader, sink, keep); });
  }
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override {
    const BetweenPages keep = KeepingTheLock();
    return Read([&](Connection& reader) {
      return postgres::LoadOrders(reader, drop_nos, until_seq, sink, keep);
    });
  }
  Result<Order> GetOrder(std::uint64_t seq) override {
    return Read([&](Connection& reader) { return postgres::GetOrder(reader, seq); });
  }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    out->clear();
    return Read([&](Connection& reader) { return postgres::ListOrders(reader, query, out); });
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    out->clear();
    return Read([&](Connection& reader) { return postgres::ListEvents(reader, query, out); });
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    out->clear();
    return Read([&](Connection& reader) { return postgres::ReadChannel(reader, query, out); });
  }
  Catalog& catalog() override { return catalog_; }
  Status Close() override;

 private:
  Status CheckWritable() const {
    if (closed_) return Closed();
    if (read_only_) return {StatusCode::kUnavailable, "the storage was opened for reading only"};
    return OkStatus();
  }
  template <class Use>
  auto Read(Use use) -> decltype(use(std::declval<Connection&>())) {
    auto reader = readers_.Take();
    if (!reader.ok()) return reader.status();
    return use(**reader);
  }
  // Rows that are read under the write lock belong together only as long as it is ours.
  BetweenPages KeepingTheLock() {
    return [this, number = writer_.LockNumber()]() -> Status {
      if (writer_.KeepLock(number)) return OkStatus();
      return {StatusCode::kUnavailable, "the write lock was lost while the shop was read"};
    };
  }

  const std::unique_ptr<Identity> identity_;
  const bool read_only_;
  std::atomic<bool> closed_{false};
  ReaderPool readers_;
  PostgresCatalog catalog_;
  Writer writer_;
};

Status PostgresStorage::Close() {
  if (closed_.exchange(true)) return Closed();
  readers_.Close();
  writer_.Close();
  return OkStatus();
}

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<Storage>> OpenPostgresStorage(const std::string& url,
                                                     const StorageOptions& options,
                                                     const PostgresOptions& postgres) {
  if (Status status = postgres::CheckUrl(url); !status.ok()) return status;
  auto connection = postgres::Connection::Open(postgres::ReaderOptions(url, postgres));
  if (!connection.ok()) return connection.status();
  const postgres::SchemaTask task{options.create, !options.read_only, options};
  Status status = postgres::PrepareSchema(**connection, postgres::Migrations(), task);
  if (status.ok() && options.rebuild_lists) status = postgres::CheckAlone(**connection);
  if (!status.ok()) return status;
  auto identity = std::make_unique<postgres::Identity>(options);
  if (Status admitted = identity->Admit(**connection); !admitted.ok()) return admitted;
  return std::unique_ptr<Storage>(std::make_unique<postgres::PostgresStorage>(
      url, postgres, options.read_only, std::move(identity)));
}

}  // namespace livedrops
