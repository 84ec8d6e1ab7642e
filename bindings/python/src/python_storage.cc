#include "python_storage.h"

#include "lives.h"
#include "rows.h"

namespace livedrops::python {
namespace {

// A read that raises has read nothing; whether a commit that raises was written, nobody knows.
constexpr StatusCode kReadFailed = StatusCode::kUnavailable;
constexpr StatusCode kCommitFailed = StatusCode::kOutcomeUnknown;

// Calls methods of a Python object; every exception becomes a Status.
class Asker {
 public:
  explicit Asker(PyRef object) : object_(std::move(object)) {}

  template <class Use, class... Arguments>
  Status Call(StatusCode otherwise, const char* method, const Use& use,
              const Arguments&... arguments) const {
    return AskPython(otherwise, [&] {
      const CallbackScope scope;
      use(object_.get().attr(method)(arguments...));
    });
  }

  template <class T, class... Arguments>
  Result<T> Read(const char* method, const Arguments&... arguments) const {
    T value;
    const auto keep = [&](const py::object& answer) { value = answer.cast<T>(); };
    Status status = Call(kReadFailed, method, keep, arguments...);
    if (!status.ok()) return status;
    return value;
  }

  template <class T, class... Arguments>
  Status ReadInto(T* out, const char* method, const Arguments&... arguments) const {
    return Call(
        kReadFailed, method, [&](const py::object& answer) { *out = answer.cast<T>(); },
        arguments...);
  }

  const py::object& object() const { return object_.get(); }

 private:
  PyRef object_;
};

const auto kIgnore = [](const py::object&) {};

class PythonCatalog : public Catalog {
 public:
  explicit PythonCatalog(PyRef catalog) : ask_(std::move(catalog)) {}

  Result<DropRow> GetDrop(const DropId& id) override { return ask_.Read<DropRow>("get_drop", id); }
  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override {
    return ask_.ReadInto(out, "list_drops", query);
  }
  Result<Product> GetProduct(const ProductId& id) override {
    return ask_.Read<Product>("get_product", id);
  }
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override {
    return ask_.Read<ProductPage>("list_products", filter, now);
  }
  Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) override {
    return ask_.Read<FollowEntry>("get_follow", creator, user);
  }
  Status ListFollows(const FollowQuery& query, FollowPage* out) override {
    return ask_.ReadInto(out, "list_follows", query);
  }
  Result<UserRow> GetUser(const UserId& id) override { return ask_.Read<UserRow>("get_user", id); }
  Result<Account> GetAccount(const UserId& id) override {
    return ask_.Read<Account>("get_account", id);
  }
  Result<Account> FindAccount(const std::string& folded_email) override {
    return ask_.Read<Account>("find_account", folded_email);
  }
  Result<Session> GetSession(const std::string& id) override {
    return ask_.Read<Session>("get_session", id);
  }
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override {
    return ask_.ReadInto(out, "list_sessions", query);
  }

 private:
  Asker ask_;
};

// Hands the rows of a Python iterable to a sink, by their class.
void Tell(StateSink& sink, const py::handle& row) {
  if (py::isinstance<DropRow>(row)) return sink.OnDrop(row.cast<const DropRow&>());
  if (py::isinstance<ProductRow>(row)) return sink.OnProduct(row.cast<const ProductRow&>());
  if (py::isinstance<CreatorRow>(row)) return sink.OnCreator(row.cast<const CreatorRow&>());
  if (py::isinstance<UserRow>(row)) return sink.OnUser(row.cast<const UserRow&>());
  if (py::isinstance<FollowRow>(row)) return sink.OnFollow(row.cast<const FollowRow&>());
  if (py::isinstance<Account>(row)) return sink.OnAccount(row.cast<const Account&>());
  if (py::isinstance<Session>(row)) return sink.OnSession(row.cast<const Session&>());
  if (py::isinstance<EventRow>(row)) return sink.OnKey(row.cast<const EventRow&>());
  throw py::type_error(
      py::str("load_state gave {!r}, which is no row of a shop's state").format(row));
}

void Tell(LogSink& sink, const py::handle& row) {
  if (py::isinstance<OwnedOrderRow>(row)) {
    return sink.OnOrder(row.cast<const OwnedOrderRow&>().View());
  }
  if (py::isinstance<EventRow>(row)) return sink.OnEvent(row.cast<const EventRow&>());
  throw py::type_error(py::str("read_log gave {!r}, which is no row of a log").format(row));
}

class PythonStorage : public Storage {
 public:
  PythonStorage(const py::object& storage, const py::object& catalog)
      : ask_(PyRef(storage)),
        catalog_(PyRef(catalog)),
        info_(storage.attr("info")().cast<ShopInfo>()) {}

  const ShopInfo& info() const override { return info_; }
  class Catalog& catalog() override { return catalog_; }

  Result<Head> ReadHead() override { return ask_.Read<Head>("read_head"); }
  Status Commit(const CommitBatch& batch, const Head& expected) override {
    return AskPython(kCommitFailed, [&] {
      const CallbackScope scope;
      ask_.object().attr("commit")(OwnedCommit(batch), expected);
    });
  }
  Status Lock(Duration deadline) override {
    return ask_.Call(kReadFailed, "lock", kIgnore, deadline.count());
  }
  void Unlock() override {
    // Giving up a lock has no answer: an exception is shown and the commit's fence does the rest.
    (void)AskPython(kReadFailed, [&] {
      try {
        ask_.object().attr("unlock")();
      } catch (py::error_already_set& error) {
        ReportUnraisable(error, "livedrops.spi.Storage.unlock");
      }
    });
  }
  Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) override {
    return ask_.Read<Head>("resolve", chain);
  }
  Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) override {
    const auto tell = [&](const py::object& rows) {
      for (const py::handle row : rows) Tell(sink, row);
    };
    return ask_.Call(kReadFailed, "read_log", tell, after_seq, limit);
  }
  Result<Head> LoadState(StateSink& sink) override {
    Head head;
    const auto tell = [&](const py::object& answer) {
      const auto [found, rows] = answer.cast<std::pair<Head, py::object>>();
      for (const py::handle row : rows) Tell(sink, row);
      head = found;
    };
    Status status = ask_.Call(kReadFailed, "load_state", tell);
    if (!status.ok()) return status;
    return head;
  }
  Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                    OrderSink& sink) override {
    const std::vector<std::uint64_t> drops(drop_nos.begin(), drop_nos.end());
    const auto tell = [&](const py::object& rows) {
      for (const py::handle row : rows) {
        const auto pair = row.cast<std::pair<OwnedOrderRow, OrderChange>>();
        sink.OnOrder(pair.first.View(), pair.second);
      }
    };
    return ask_.Call(kReadFailed, "load_orders", tell, drops, until_seq);
  }
  Result<Order> GetOrder(std::uint64_t seq) override { return ask_.Read<Order>("get_order", seq); }
  Status ListOrders(const OrderQuery& query, std::vector<Order>* out) override {
    return ask_.ReadInto(out, "list_orders", query);
  }
  Status ListEvents(const EventQuery& query, std::vector<Event>* out) override {
    return ask_.ReadInto(out, "list_events", query);
  }
  Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) override {
    return ask_.ReadInto(out, "read_channel", query);
  }
  Status Close() override { return ask_.Call(kReadFailed, "close", kIgnore); }

 private:
  Asker ask_;
  PythonCatalog catalog_;
  ShopInfo info_;
};

}  // namespace

std::unique_ptr<Storage> NewPythonStorage(const py::object& storage) {
  if (!py::isinstance(storage, py::module_::import("livedrops.spi").attr("Storage"))) {
    throw py::type_error(
        py::str("storage is {!r}: neither a URL nor a livedrops.spi.Storage").format(storage));
  }
  return std::make_unique<PythonStorage>(storage, storage.attr("catalog")());
}

}  // namespace livedrops::python
