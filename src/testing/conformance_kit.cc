#include "testing/conformance_kit.h"

#include <algorithm>

#include "livedrops/spi/log_text.h"

namespace livedrops::conformance {
namespace {

constexpr std::int64_t kAllRows = 1'000'000;

std::array<std::uint8_t, 16> MakeOrderId(std::uint64_t seq) {
  std::array<std::uint8_t, 16> id{0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x00, 0x70, 0x00, 0x80};
  for (std::size_t i = 15; i > 8; --i, seq >>= 8) id[i] = static_cast<std::uint8_t>(seq);
  return id;
}

OrderChange FirstState(const OrderRow& row) {
  if (row.ttl_seconds == 0) return {row.seq, OrderStatus::confirmed, row.quantity, Time()};
  return {row.seq, OrderStatus::held, row.quantity, row.at + std::chrono::seconds(row.ttl_seconds)};
}

}  // namespace

// --- checks ------------------------------------------------------------------------------------

Status At(std::string_view expression, const Status& status) {
  return {StatusCode::kBrokenInvariant, std::string(expression) + ": " + status.ToString()};
}

Status HasCode(StatusCode expected, const Status& found) {
  if (found.code() == expected) return OkStatus();
  return {StatusCode::kBrokenInvariant,
          "expected " + std::string(ToString(expected)) + ", found " + found.ToString()};
}

Status IsRefused(const Status& found) {
  if (!found.ok() && !found.retryable()) return OkStatus();
  return {StatusCode::kBrokenInvariant,
          "expected a status that no retry helps (broken_invariant), found " + found.ToString()};
}

std::vector<std::string> StateNotes::Sorted() const {
  std::vector<std::string> sorted = rows_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

Result<std::vector<std::string>> Dump(Storage& storage) {
  const Result<Head> head = storage.ReadHead();
  if (!head.ok()) return head.status();
  LogNotes log;
  if (Status status = storage.ReadLog(0, kAllRows, log); !status.ok()) return status;
  StateNotes state;
  const Result<Head> state_head = storage.LoadState(state);
  if (!state_head.ok()) return state_head.status();
  std::vector<std::uint64_t> drop_nos;
  drop_nos.reserve(state.drops.size());
  for (const auto& [drop_no, row] : state.drops) drop_nos.push_back(drop_no);
  OrderNotes orders;
  Status status = storage.LoadOrders(drop_nos, head->seq, orders);
  if (!status.ok()) return status;
  std::vector<std::string> all{Text(*head), Text(*state_head)};
  for (const auto& rows : {log.rows, state.Sorted(), orders.rows}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

// --- rows --------------------------------------------------------------------------------------

Hash MakeHash(std::uint64_t seq, std::uint8_t salt) {
  Hash hash;
  std::uint64_t value = seq * 0x9e3779b97f4a7c15 + salt + 1;
  for (std::uint8_t& byte : hash) {
    value = (value ^ (value >> 29)) * 0xbf58476d1ce4e5b9;
    byte = static_cast<std::uint8_t>(value >> 56);
  }
  return hash;
}

EventRow& Shop::AddEvent(EventType type, const std::string& aggregate) {
  EventRow row;
  row.seq = NextSeq();
  row.type = type;
  row.aggregate = aggregate;
  row.aggregate_seq = ++aggregate_seqs_[aggregate];
  row.at = TimeOf(row.seq);
  row.actor = "actor";
  row.subject = aggregate.substr(aggregate.find(':') + 1);
  row.hash = MakeHash(row.seq, salt_);
  batch_.head = {row.seq, row.hash};
  if (aggregate.starts_with("drop:")) {
    DropRow& drop = drops_.at(row.subject);
    row.drop_no = drop.drop_no;
    drop.drop.version = row.aggregate_seq;
    drop.changed_at = row.at;
    Touch(row.subject);
  }
  return batch_.events.emplace_back(row);
}

DropRow& Shop::AddDrop(std::string_view id, std::string_view product, std::string_view creator) {
  DropRow row;
  row.drop_no = NextSeq();
  row.drop.id = DropId(id);
  row.drop.creator = CreatorId(creator);
  row.drop.product = ProductId(product);
  row.drop.price.minor_units = 250;
  row.drop.init_stock = 100'000;
  row.drop.current_stock = 100'000;
  row.drop.start_time = TimeOf(row.drop_no);
  row.drop.end_time = TimeOf(1'000'000);
  row.drop.created_at = TimeOf(row.drop_no);
  drops_[std::string(id)] = row;
  AddEvent(EventType::dropScheduled, "drop:" + std::string(id)).creator = creator;
  return batch_.drops.back();
}

void Shop::Touch(const std::string& drop) {
  const DropRow& row = drops_.at(drop);
  for (DropRow& written : batch_.drops) {
    if (written.drop_no == row.drop_no) {
      written = row;
      return;
    }
  }
  batch_.drops.push_back(row);
}

OwnedOrder& Shop::AddOrder(std::string_view drop_id, std::string_view user, std::int32_t quantity,
                           std::int32_t ttl_seconds) {
  DropRow& drop = drops_.at(std::string(drop_id));
  drop.drop.current_stock -= quantity;
  if (ttl_seconds != 0) drop.drop.held += quantity;
  OwnedOrder order;
  order.row.seq = NextSeq();
  order.row.drop_no = drop.drop_no;
  order.row.aggregate_seq = ++aggregate_seqs_["drop:" + std::string(drop_id)];
  order.row.at = TimeOf(order.row.seq);
  order.row.quantity = quantity;
  order.row.amount = drop.drop.price.minor_units * quantity;
  order.row.balance = drop.drop.current_stock;
  order.row.ttl_seconds = ttl_seconds;
  order.row.order_id = MakeOrderId(order.row.seq);
  order.row.hash = MakeHash(order.row.seq, salt_);
  order.user = user;
  order.key = "key-" + std::to_string(order.row.seq);
  drop.drop.version = order.row.aggregate_seq;
  drop.changed_at = order.row.at;
  Touch(std::string(drop_id));
  batch_.head = {order.row.seq, order.row.hash};
  return batch_.orders.emplace_back(order);
}

Product& Shop::AddProduct(std::string_view id, std::string_view creator) {
  EventRow& event = AddEvent(EventType::productCreated, "creator:" + std::string(creator));
  event.subject = id;
  event.creator = creator;
  ProductRow row;
  row.product.id = ProductId(id);
  row.product.creator = CreatorId(creator);
  row.product.name = "name of " + std::string(id);
  row.product.price.minor_units = 250;
  row.product.version = 1;
  row.product.created_at = event.at;
  row.product.updated_at = event.at;
  return batch_.products.emplace_back(row).product;
}

void Shop::AddFollow(std::string_view creator, std::string_view user, Time since, bool follow) {
  EventRow& event = AddEvent(follow ? EventType::followed : EventType::unfollowed,
                             "creator:" + std::string(creator));
  event.actor = user;
  event.subject = user;
  batch_.follows.push_back({CreatorId(creator), UserId(user), since, follow});
}

Account& Shop::AddAccount(std::string_view id, std::string_view email) {
  const EventRow& event = AddEvent(EventType::accountCreated, "user:" + std::string(id));
  Account account;
  account.id = UserId(id);
  account.name = "name of " + std::string(id);
  account.email = email;
  account.created_at = event.at;
  return batch_.accounts.emplace_back(account);
}

Session& Shop::AddSession(std::string_view id, std::string_view user) {
  const EventRow& event = AddEvent(EventType::sessionOpened, "user:" + std::string(user));
  Session session;
  session.id = id;
  session.user = UserId(user);
  session.token_hash = "hash of " + std::string(id);
  session.rotated_at = event.at;
  session.expires_at = event.at + Duration(60'000);
  return batch_.sessions.emplace_back(session);
}

OrderChange& Shop::AddChange(std::uint64_t seq, OrderStatus status, std::int32_t quantity) {
  const auto known = orders_.find(seq);
  const auto is_it = [&](const OwnedOrder& order) { return order.row.seq == seq; };
  const OwnedOrder& order = known != orders_.end()
                                ? known->second
                                : *std::find_if(batch_.orders.begin(), batch_.orders.end(), is_it);
  const auto drop = std::find_if(drops_.begin(), drops_.end(), [&](const auto& entry) {
    return entry.second.drop_no == order.row.drop_no;
  });
  const EventType type = status == OrderStatus::held        ? EventType::orderExtended
                         : status == OrderStatus::confirmed ? EventType::orderConfirmed
                         : status == OrderStatus::expired   ? EventType::orderExpired
                                                            : EventType::orderCancelled;
  EventRow& event = AddEvent(type, "drop:" + drop->first);
  event.subject = OrderId(order.row.order_id).str();
  event.order_seq = seq;
  OrderChange change = FirstState(order.row);
  change.status = status;
  change.quantity = quantity;
  if (status != OrderStatus::held) change.expires_at = Time();
  return batch_.order_changes.emplace_back(change);
}

// --- committing and remembering ----------------------------------------------------------------

Status Shop::Commit(Storage& storage) { return CommitOn(storage, head_); }

Status Shop::CommitOn(Storage& storage, const Head& expected) {
  std::vector<OrderRow> views;
  Status status = storage.Commit(batch_.View(&views), expected);
  if (status.ok()) TakeNote();
  return status;
}

void Shop::TakeNote() {
  std::map<std::uint64_t, std::string> rows;
  for (const OwnedOrder& order : batch_.orders) {
    orders_[order.row.seq] = order;
    states_[order.row.seq] = FirstState(order.row);
    rows[order.row.seq] = Text(order.View());
  }
  for (const EventRow& event : batch_.events) {
    events_[event.seq] = event;
    rows[event.seq] = Text(event);
  }
  for (const OrderChange& change : batch_.order_changes) states_[change.seq] = change;
  for (const DropRow& row : batch_.drops) drops_[row.drop.id.str()] = row;
  for (const auto& [seq, text] : rows) log_.push_back(text);
  head_ = batch_.head;
  batch_ = OwnedBatch();
  batch_.head = head_;
}

Order Shop::ExpectedOrder(std::uint64_t seq) const {
  const OwnedOrder& owned = orders_.at(seq);
  const OrderChange& state = states_.at(seq);
  Order order;
  for (const auto& [id, row] : drops_) {
    if (row.drop_no != owned.row.drop_no) continue;
    order.drop = row.drop.id;
    order.product = row.drop.product;
    order.amount = {owned.row.amount / owned.row.quantity * state.quantity,
                    row.drop.price.currency};
  }
  order.id = OrderId(owned.row.order_id);
  order.user = UserId(owned.user);
  order.key = Key(owned.key);
  order.quantity = state.quantity;
  order.status = state.status;
  order.created_at = owned.row.at;
  if (state.status == OrderStatus::held) order.expires_at = state.expires_at;
  order.seq = seq;
  return order;
}

Event Shop::ExpectedEvent(std::uint64_t seq) const {
  const auto found = events_.find(seq);
  if (found != events_.end()) {
    Event event = ToEvent(found->second);
    const std::uint64_t order_seq = found->second.order_seq;
    if (order_seq != 0) event.user = UserId(orders_.at(order_seq).user);
    return event;
  }
  return ToEvent(orders_.at(seq).View(), ExpectedOrder(seq).drop.view());
}

std::string Shop::ExpectedLoaded(std::uint64_t seq) const {
  return Text(orders_.at(seq).View()) + " " + Text(states_.at(seq));
}

std::vector<std::string> Shop::ExpectedOrders(const std::vector<std::uint64_t>& seqs) const {
  std::vector<std::string> texts;
  texts.reserve(seqs.size());
  for (const std::uint64_t seq : seqs) texts.push_back(Text(ExpectedOrder(seq)));
  return texts;
}

std::vector<std::string> Shop::ExpectedEvents(const std::vector<std::uint64_t>& seqs) const {
  std::vector<std::string> texts;
  texts.reserve(seqs.size());
  for (const std::uint64_t seq : seqs) texts.push_back(Text(ExpectedEvent(seq)));
  return texts;
}

}  // namespace livedrops::conformance
