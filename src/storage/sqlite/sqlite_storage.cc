#include "storage/sqlite/sqlite_storage.h"

#include <atomic>

#include "storage/sqlite/channel_reader.h"
#include "storage/sqlite/list_reader.h"
#include "storage/sqlite/order_index.h"
#include "storage/sqlite/reader_pool.h"
#include "storage/sqlite/sqlite_catalog.h"
#include "storage/sqlite/sqlite_file.h"
#include "storage/sqlite/state_reader.h"
#include "storage/sqlite/writer.h"

namespace livedrops {
namespace sqlite {
namespace {

Status Closed() { return {StatusCode::kClosed, "the storage is closed"}; }

ConnectionOptions ReaderOptions(ConnectionOptions options) {
  options.create = false;
  return options;
}

std::unique_ptr<OrderIndex> MakeIndex(const SqliteOptions& sqlite, const ShopInfo& info) {
  if (!sqlite.order_index) return nullptr;
  return std::make_unique<OrderIndex>(sqlite.order_run_size, info);
}

class SqliteStorage : public Storage {
 public:
  SqliteStorage(const ConnectionOptions& options, const SqliteOptions& sqlite, ShopInfo info)
      : info_(std::move(info)),
        read_only_(options.read_only),
        readers_(ReaderOptions(options)),
        catalog_(&readers_),
        index_(MakeIndex(sqlite, info_)),
        writer_(ReaderOptions(options), sqlite, index_.get()) {}

  const ShopInfo& info() const override { return info_; }
  Result<Head> ReadHead() override {
    return Read([&](Connection& reader) { return sqlite::ReadHead(reader); });
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
        [&](Connection& reader) { return sqlite::ReadLog(reader, after_seq, limit, sink); });
  }
  Result<Head> LoadState(StateSink& sink) override {
    return Read([&](Connection& reader) { return sqlite::LoadState(reader, sink); });
  }
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override {
    return Read([&](Connection& reader) {
      return sqlite::LoadOrders(reader, index_.get(), drop_nos, until_seq, sink);
    });
  }
  Result<Order> GetOrder(std::uint64_t seq) override {
    return Read([&](Connection& reader) { return sqlite::GetOrder(reader, seq); });
  }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    out->clear();
    return Read(
        [&](Connection& reader) { return sqlite::ListOrders(reader, index_.get(), query, out); });
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    out->clear();
    return Read([&](Connection& reader) { return sqlite::ListEvents(reader, query, out); });
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    out->clear();
    return Read(
        [&](Connection& reader) { return sqlite::ReadChannel(reader, index_.get(), query, out); });
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

  const ShopInfo info_;
  const bool read_only_;
  std::atomic<bool> closed_{false};
  ReaderPool readers_;
  SqliteCatalog catalog_;
  const std::unique_ptr<OrderIndex> index_;
  Writer writer_;
};

// The connection that closes last copies the write-ahead log back into the file.
Status SqliteStorage::Close() {
  if (closed_.exchange(true)) return Closed();
  readers_.Close();
  writer_.Close();
  return OkStatus();
}

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<Storage>> OpenSqliteStorage(const std::string& path,
                                                   const StorageOptions& options,
                                                   const SqliteOptions& sqlite) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Status(StatusCode::kInvalidArgument, "path of the database is empty or not a path");
  }
  sqlite::ConnectionOptions connection;
  connection.path = path;
  connection.vfs = sqlite.vfs;
  connection.create = options.create;
  connection.read_only = options.read_only;
  connection.busy_deadline = sqlite.busy_deadline;
  auto info = sqlite::PrepareFile(connection, options, sqlite);
  if (!info.ok()) return info.status();
  return std::unique_ptr<Storage>(
      std::make_unique<sqlite::SqliteStorage>(connection, sqlite, std::move(*info)));
}

}  // namespace livedrops
