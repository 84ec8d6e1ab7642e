#include "replies.h"

#include "module.h"

namespace livedrops::python {
namespace {

// A tuple, which nobody changes while the GIL is given up between two parts of a batch. Arrays of
// NumPy and columns of pandas become lists first: faster than asking them one by one.
py::object AsRows(const char* name, const py::object& given) {
  py::object rows = given;
  if (py::hasattr(given, "tolist")) rows = given.attr("tolist")();
  if (py::isinstance<py::iterable>(rows)) return py::tuple(rows);
  throw py::type_error(py::str("{} is {!r}: neither one value nor a sequence")
                           .format(name, py::type::of(given).attr("__name__")));
}

py::handle RowAt(const py::object& rows, std::size_t row) {
  return PyTuple_GET_ITEM(rows.ptr(), static_cast<Py_ssize_t>(row));
}

std::size_t SizeOf(const py::object& rows) {
  return static_cast<std::size_t>(PyTuple_GET_SIZE(rows.ptr()));
}

[[noreturn]] void ThrowWrongType(const char* name, std::size_t row, py::handle value,
                                 const char* expected) {
  throw py::type_error(py::str("{}[{}] is {!r}, not {}").format(name, row, value, expected));
}

// All columns of a batch have the same length; one value fits to every length.
class RowCount {
 public:
  template <class Column>
  RowCount& Of(const char* name, const Column& column) {
    if (!column.size()) return *this;
    if (rows_ && *rows_ != *column.size()) {
      Throw(StatusCode::kInvalidArgument, std::string(name) + " has " +
                                              std::to_string(*column.size()) + " rows, " + name_ +
                                              " has " + std::to_string(*rows_));
    }
    if (!rows_) name_ = name;
    rows_ = column.size();
    return *this;
  }
  std::size_t rows() const { return rows_.value_or(1); }

 private:
  std::string name_;
  std::optional<std::size_t> rows_;
};

}  // namespace

TextColumn::TextColumn(const char* name, const py::object& given) : name_(name), rows_(given) {
  if (PyUnicode_Check(given.ptr()) || PyBytes_Check(given.ptr())) return;
  rows_ = AsRows(name, given);
  size_ = SizeOf(rows_);
}

std::string_view TextColumn::At(std::size_t row) const {
  const py::handle value = size_ ? RowAt(rows_, row) : py::handle(rows_);
  if (PyBytes_Check(value.ptr())) {
    return {PyBytes_AS_STRING(value.ptr()),
            static_cast<std::size_t>(PyBytes_GET_SIZE(value.ptr()))};
  }
  if (!PyUnicode_Check(value.ptr())) ThrowWrongType(name_, row, value, "a str");
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (text != nullptr) return {text, static_cast<std::size_t>(size)};
  PyErr_Clear();
  ThrowWrongType(name_, row, value, "a str that UTF-8 can write");
}

IntColumn::IntColumn(const char* name, const py::object& given) : name_(name), rows_(given) {
  if (py::hasattr(given, "tolist")) rows_ = given.attr("tolist")();  // Also of a NumPy number.
  if (PyLong_Check(rows_.ptr())) return;
  rows_ = AsRows(name, rows_);
  size_ = SizeOf(rows_);
}

std::int64_t IntColumn::At(std::size_t row) const {
  const py::handle value = size_ ? RowAt(rows_, row) : py::handle(rows_);
  // A list may hold NumPy's numbers, which are no int but count as one.
  if (PyIndex_Check(value.ptr()) == 0) ThrowWrongType(name_, row, value, "an int");
  const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!whole) throw py::error_already_set();
  const std::int64_t number = PyLong_AsLongLong(whole.ptr());
  if (number != -1 || PyErr_Occurred() == nullptr) return number;
  PyErr_Clear();
  ThrowWrongType(name_, row, value, "an int of 64 bits");
}

void OrderColumns::Fill(std::size_t first, std::vector<PlaceOrder>* orders) const {
  for (PlaceOrder& order : *orders) {
    order = common;
    order.drop = DropId(drops.At(first));
    order.user = UserId(users.At(first));
    order.key = Key(keys.At(first));
    order.quantity = quantities.At(first);
    ++first;
  }
}

void FollowColumns::Fill(std::size_t first, std::vector<FollowCreator>* follows) const {
  for (FollowCreator& follow : *follows) {
    follow = common;
    follow.creator = CreatorId(creators.At(first));
    follow.user = UserId(users.At(first));
    ++first;
  }
}

void Replies::Set(std::size_t at, const Reply& reply) {
  Row& row = rows_[at];
  row.status = static_cast<std::uint8_t>(reply.status.code());
  if (!reply.status.ok()) {
    messages_[at] = reply.status.message();
    return;
  }
  row.outcome = static_cast<std::uint8_t>(reply.outcome);
  row.repeated = reply.repeated;
  row.seq = reply.seq;
  row.remaining = reply.remaining;
  if (reply.retry_at) row.retry_at_ms = ToMs(*reply.retry_at);
  if (reply.since) row.since_ms = ToMs(*reply.since);
  if (reply.order.id.empty()) return;
  row.order_id = reply.order.id.bytes();
  row.quantity = reply.order.quantity;
  row.amount = reply.order.amount.minor_units;
  row.order_status = static_cast<std::uint8_t>(reply.order.status);
  row.created_at_ms = ToMs(reply.order.created_at);
  if (reply.order.expires_at) row.expires_at_ms = ToMs(*reply.order.expires_at);
  row.sale = SaleOf(reply.order);
}

std::uint32_t Replies::SaleOf(const Order& order) {
  const auto next = static_cast<std::uint32_t>(sales_.size());
  const auto [found, added] = sale_by_drop_.try_emplace(order.drop, next);
  if (added) sales_.push_back({order.drop, order.product, order.amount.currency});
  return found->second;
}

Status Replies::StatusAt(std::size_t at) const {
  const Row& row = rows_[at];
  if (row.status == 0) return OkStatus();
  return {static_cast<StatusCode>(row.status), messages_.at(at)};
}

Reply Replies::At(std::size_t at) const {
  ThrowIfBad(StatusAt(at));
  const Row& row = rows_[at];
  const auto given = [](std::int64_t ms) {
    return ms == 0 ? std::nullopt : std::optional(TimeFromMs(ms));
  };
  Reply reply;
  reply.outcome = static_cast<Outcome>(row.outcome);
  reply.repeated = row.repeated;
  reply.seq = row.seq;
  reply.remaining = row.remaining;
  reply.retry_at = given(row.retry_at_ms);
  reply.since = given(row.since_ms);
  const OrderId id(row.order_id);
  if (id.empty()) return reply;
  const Sale& sale = sales_[row.sale];
  reply.order.id = id;
  reply.order.drop = sale.drop;
  reply.order.product = sale.product;
  reply.order.quantity = row.quantity;
  reply.order.amount = {row.amount, sale.currency};
  reply.order.status = static_cast<OrderStatus>(row.order_status);
  reply.order.created_at = TimeFromMs(row.created_at_ms);
  reply.order.expires_at = given(row.expires_at_ms);
  reply.order.seq = row.seq;
  return reply;
}

namespace {

// A column of Replies: what a memoryview looks at. It keeps the batch alive.
struct Column {
  std::shared_ptr<Replies> replies;
  const void* first;
  std::string format;
  py::ssize_t item_size;
};

using RepliesClass = py::class_<Replies, std::shared_ptr<Replies>>;

template <class Member>
void AddColumn(RepliesClass& replies, const char* name, Member Replies::Row::* member,
               const char* doc) {
  replies.def_property_readonly(
      name,
      [member](const std::shared_ptr<Replies>& self) {
        const void* first = self->size() == 0 ? nullptr : &(self->rows()[0].*member);
        py::object column =
            py::cast(Column{self, first, py::format_descriptor<Member>::format(), sizeof(Member)});
        return py::memoryview(column);
      },
      doc);
}

std::size_t Index(const Replies& replies, py::ssize_t row) {
  const auto size = static_cast<py::ssize_t>(replies.size());
  if (row < 0) row += size;
  if (row < 0 || row >= size) throw py::index_error("row " + std::to_string(row));
  return static_cast<std::size_t>(row);
}

std::vector<std::optional<OrderId>> OrderIds(const Replies& replies) {
  std::vector<std::optional<OrderId>> ids;
  ids.reserve(replies.size());
  for (const Replies::Row& row : replies.rows()) {
    const OrderId id(row.order_id);
    ids.push_back(id.empty() ? std::nullopt : std::optional(id));
  }
  return ids;
}

py::typing::Dict<Outcome, int> Count(const Replies& replies) {
  std::map<Outcome, int> counts;
  for (const Replies::Row& row : replies.rows()) {
    if (row.status == 0) ++counts[static_cast<Outcome>(row.outcome)];
  }
  py::typing::Dict<Outcome, int> result;
  for (const auto& [outcome, count] : counts) result[py::cast(outcome)] = count;
  return result;
}

py::typing::Dict<int, py::object> Errors(const Replies& replies) {
  py::typing::Dict<int, py::object> errors;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const Status status = replies.rows()[i].status == 0 ? OkStatus() : replies.StatusAt(i);
    if (!status.ok()) errors[py::int_(i)] = ExceptionOf(status);
  }
  return errors;
}

OrderColumns MakeOrderColumns(const py::object& drops, const py::object& users,
                              const py::object& keys, const py::object& quantities,
                              const std::optional<ProductId>& product, std::optional<Time> deadline,
                              std::optional<bool> hold, std::optional<std::int32_t> ttl_seconds,
                              bool replace_hold, const std::optional<UserId>& actor) {
  OrderColumns columns{.drops = TextColumn("drops", drops),
                       .users = TextColumn("users", users),
                       .keys = TextColumn("keys", keys),
                       .quantities = IntColumn("quantities", quantities),
                       .common = {}};
  columns.common.product = product.value_or(ProductId());
  columns.common.deadline = deadline;
  columns.common.hold = hold;
  columns.common.ttl_seconds = ttl_seconds;
  columns.common.replace_hold = replace_hold;
  columns.common.actor = actor.value_or(UserId());
  columns.rows = RowCount()
                     .Of("drops", columns.drops)
                     .Of("users", columns.users)
                     .Of("keys", columns.keys)
                     .Of("quantities", columns.quantities)
                     .rows();
  return columns;
}

FollowColumns MakeFollowColumns(const py::object& creators, const py::object& users, bool follow,
                                const std::optional<UserId>& actor) {
  FollowColumns columns{.creators = TextColumn("creators", creators),
                        .users = TextColumn("users", users),
                        .common = {}};
  columns.common.follow = follow;
  columns.common.actor = actor.value_or(UserId());
  columns.rows = RowCount().Of("creators", columns.creators).Of("users", columns.users).rows();
  return columns;
}

void RegisterColumns(py::module_& module) {
  py::class_<OrderColumns>(module, "OrderColumns", "Orders to place, by column.")
      .def(py::init(&MakeOrderColumns), py::arg("drops"), py::arg("users"), py::arg("keys"),
           py::arg("quantities") = 1, py::kw_only(), py::arg("product") = py::none(),
           py::arg("deadline") = py::none(), py::arg("hold") = py::none(),
           py::arg("ttl_seconds") = py::none(), py::arg("replace_hold") = false,
           py::arg("actor") = py::none())
      .def("__len__", [](const OrderColumns& columns) { return columns.rows; });
  py::class_<FollowColumns>(module, "FollowColumns", "Follows to set, by column.")
      .def(py::init(&MakeFollowColumns), py::arg("creators"), py::arg("users"),
           py::arg("follow") = true, py::kw_only(), py::arg("actor") = py::none())
      .def("__len__", [](const FollowColumns& columns) { return columns.rows; });
  py::class_<Column>(module, "_Column", py::buffer_protocol()).def_buffer([](const Column& column) {
    const auto rows = static_cast<py::ssize_t>(column.replies->size());
    return py::buffer_info(const_cast<void*>(column.first), column.item_size, column.format, 1,
                           {rows}, {static_cast<py::ssize_t>(sizeof(Replies::Row))}, true);
  });
}

}  // namespace

void RegisterReplies(py::module_& module) {
  RegisterColumns(module);
  RepliesClass replies(module, "Replies",
                       "The answers to a batch, in its order.\n\n"
                       "replies[i] is a Reply, or raises the error of that row. A column is a\n"
                       "memoryview without a copy: numpy.asarray(replies.outcome).");
  replies.def(py::init<std::size_t>(), py::arg("rows"))
      .def("__len__", &Replies::size)
      .def(
          "__getitem__",
          [](const Replies& self, py::ssize_t row) { return self.At(Index(self, row)); },
          py::arg("row"))
      .def_property_readonly("order_ids", &OrderIds, "str, or None where nothing was granted.")
      .def_property_readonly("errors", &Errors, "The rows that failed: {row: livedrops.Error}.")
      .def("count", &Count, "How many rows had each outcome: {Outcome: number}.");
  using Row = Replies::Row;
  AddColumn(replies, "status", &Row::status, "StatusCode; not 0: see errors.");
  AddColumn(replies, "outcome", &Row::outcome, "Outcome, where status is 0.");
  AddColumn(replies, "repeated", &Row::repeated, "Whether an earlier answer was given again.");
  AddColumn(replies, "seq", &Row::seq, "Log position; 0 when nothing changed.");
  AddColumn(replies, "quantity", &Row::quantity, "Units of the order; 0 when there is none.");
  AddColumn(replies, "amount", &Row::amount, "Minor units.");
  AddColumn(replies, "remaining", &Row::remaining, "SOLD_OUT, HELD_OUT: units in stock.");
  AddColumn(replies, "created_at_ms", &Row::created_at_ms, "Milliseconds since 1970.");
  AddColumn(replies, "expires_at_ms", &Row::expires_at_ms, "Of a hold, else 0.");
}

}  // namespace livedrops::python
