#include "simulation/verify_drops.h"

#include <algorithm>

#include "base/form.h"

namespace livedrops {
namespace {

std::string Number(std::int64_t value) { return std::to_string(value); }
std::string AtRow(std::uint64_t seq) { return "log row " + std::to_string(seq) + ": "; }

bool IsProduct(std::int64_t amount, std::int64_t price, std::int64_t quantity) {
  if (price == 0) return amount == 0;
  return amount % price == 0 && amount / price == quantity;
}

// Far enough from the ends that a damaged time cannot overflow what is added to it.
std::int64_t Tame(Time time) { return std::clamp(ToMs(time), -kMoneyMax, kMoneyMax); }

std::int32_t Narrow(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, INT32_MIN, INT32_MAX));
}

// The events of a drop that its creator's followers are told (CONTRACT §5).
bool IsToldToFollowers(EventType type) {
  return type == EventType::dropScheduled || type == EventType::dropStart ||
         type == EventType::soldOut || type == EventType::dropEnd ||
         type == EventType::dropCancelled;
}

bool Lives(OrderStatus status) {
  return status == OrderStatus::held || status == OrderStatus::confirmed;
}

}  // namespace

std::string OrderSubject(const std::array<std::uint8_t, 16>& id) {
  return "order " + OrderId(id).str();
}

OrderChange FoldedOrder::Present() const {
  const Time expires = status == OrderStatus::held ? TimeFromMs(expires_ms) : Time();
  return {seq, status, quantity, expires};
}

DropRow FoldedDrop::Expected() const {
  DropRow expected = row;
  expected.drop.current_stock = Narrow(current);
  expected.drop.held = Narrow(held);
  expected.drop.adjust = Narrow(adjust);
  return expected;
}

void DropFold::Once(Invariant invariant, FoldedDrop* drop, std::uint64_t seq,
                    const std::string& detail) {
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(invariant);
  if ((drop->reported & bit) != 0) return;
  drop->reported |= bit;
  findings_.Add(invariant, "drop " + drop->row.drop.id.str(), AtRow(seq) + detail);
}

FoldedDrop* DropFold::FindDrop(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : found->second;
}

FoldedDrop* DropFold::FindDropNo(std::uint64_t drop_no) {
  const auto found = by_no_.find(drop_no);
  return found == by_no_.end() ? nullptr : drops_[found->second].get();
}

const FoldedOrder* DropFold::FindOrder(std::uint64_t seq) const {
  const auto found = std::ranges::lower_bound(orders_, seq, {}, &FoldedOrder::seq);
  return found != orders_.end() && found->seq == seq ? &*found : nullptr;
}

// --- rows ----------------------------------------------------------------------------------------

void DropFold::OnOrder(const OrderRow& row) {
  const auto known = by_no_.find(row.drop_no);
  if (known == by_no_.end()) {
    findings_.Add(Invariant::known_drop, "seq " + Number(static_cast<std::int64_t>(row.seq)),
                  "an order of drop number " + std::to_string(row.drop_no) +
                      ", which no row before has scheduled");
    return;
  }
  FoldedDrop* drop = drops_[known->second].get();
  CheckCrossingsTold(drop, nullptr);
  CheckGrant(row, drop);
  const Hash128 user = SipHash(sip_key_, row.user);
  const Hash128 scope{user.low ^ row.drop_no, user.high};
  keys_.push_back({SipHash(sip_key_, scope, row.key), row.seq});

  const Level before = LevelOf(*drop);
  const std::int64_t at = Tame(row.at);
  FoldedOrder order;
  order.seq = row.seq;
  order.at_ms = at;
  order.expires_ms = at + std::int64_t{row.ttl_seconds} * 1000;
  order.ledger = -std::int64_t{row.quantity};
  order.user = user.low;
  order.id = row.order_id;
  order.quantity = row.quantity;
  order.drop = known->second;
  order.previous = drop->last_order;
  order.status = row.ttl_seconds == 0 ? OrderStatus::confirmed : OrderStatus::held;
  orders_.push_back(order);
  drop->last_order = static_cast<std::uint32_t>(orders_.size());
  (order.status == OrderStatus::held ? drop->held : drop->confirmed) += row.quantity;
  if (drop->units) (*drop->units)[order.user] += row.quantity;
  drop->first_at_ms = std::min(drop->first_at_ms, at);
  drop->last_at_ms = std::max(drop->last_at_ms, at);
  MoveStock(drop, row.seq, -std::int64_t{row.quantity}, row.balance);
  CheckStock(drop, row.seq, before, -std::int64_t{row.quantity});
}

void DropFold::CheckGrant(const OrderRow& row, FoldedDrop* drop) {
  const Drop& facts = drop->row.drop;
  const std::string subject = OrderSubject(row.order_id);
  const auto add = [&](Invariant invariant, const std::string& detail) {
    findings_.Add(invariant, subject, AtRow(row.seq) + detail);
  };
  if (!drop->row.started || row.at < facts.start_time || row.at >= facts.end_time) {
    add(Invariant::window, "created at " + Number(ToMs(row.at)) + ", the window is " +
                               Number(ToMs(facts.start_time)) + " to " +
                               Number(ToMs(facts.end_time)) +
                               (drop->row.started ? "" : " and the drop had not started"));
  }
  if (drop->row.paused || drop->row.ended || drop->row.cancelled) {
    add(Invariant::drop_state,
        std::string("sold while the drop was ") + (drop->row.cancelled ? "cancelled"
                                                   : drop->row.ended   ? "ended"
                                                                       : "paused"));
  }
  if (!IsProduct(row.amount, facts.price.minor_units, row.quantity)) {
    add(Invariant::amount, Number(row.amount) + " is not " + Number(row.quantity) + " x " +
                               Number(facts.price.minor_units));
  }
  if (facts.max_per_order != 0 && row.quantity > facts.max_per_order) {
    add(Invariant::per_order_limit,
        Number(row.quantity) + " units, the limit is " + Number(facts.max_per_order));
  }
  if (facts.max_per_user != 0) {
    if (!drop->units) CountUnits(drop);
    const std::int64_t units = (*drop->units)[SipHash(sip_key_, row.user).low] + row.quantity;
    if (units > facts.max_per_user) {
      add(Invariant::per_user_limit, "user " + std::string(row.user) + " has " + Number(units) +
                                         " units, the limit is " + Number(facts.max_per_user));
    }
  }
  if (Tame(row.at) < newest_order_ms_) {
    add(Invariant::time_order,
        "created at " + Number(ToMs(row.at)) + ", before the order before it");
  }
  newest_order_ms_ = std::max(newest_order_ms_, Tame(row.at));
}

// Counted when a limit is first met; most drops have none.
void DropFold::CountUnits(FoldedDrop* drop) {
  drop->units.emplace();
  for (std::uint32_t next = drop->last_order; next != 0; next = orders_[next - 1].previous) {
    const FoldedOrder& order = orders_[next - 1];
    if (Lives(order.status)) (*drop->units)[order.user] += order.quantity;
  }
}

void DropFold::OnEvent(const EventRow& row, std::string_view drop_id) {
  if (row.type == EventType::dropScheduled) return Schedule(row);
  FoldedDrop* drop = FindDrop(drop_id);
  if (drop == nullptr || drop->row.drop_no != row.drop_no) {
    findings_.Add(Invariant::known_drop, "seq " + std::to_string(row.seq),
                  "an event of drop \"" + std::string(drop_id) + "\" number " +
                      std::to_string(row.drop_no) + ", which no row before has scheduled");
    return;
  }
  CheckCrossingsTold(drop, &row);
  CheckColumns(row, *drop);
  const Level before = LevelOf(*drop);
  if (row.order_seq != 0) {
    ChangeOrder(drop, row);
  } else {
    ChangeDrop(drop, row);
  }
  if (row.delta != 0) MoveStock(drop, row.seq, row.delta, row.balance);
  CheckStock(drop, row.seq, before, row.delta);
}

void DropFold::Schedule(const EventRow& row) {
  const FormReader body(row.body);
  if (row.drop_no != row.seq || row.aggregate != "drop:" + row.subject) {
    findings_.Add(Invariant::one_creating_event, "drop " + row.subject,
                  AtRow(row.seq) + "schedules drop number " + std::to_string(row.drop_no) + " of " +
                      row.aggregate);
  }
  if (by_id_.contains(row.subject) || by_no_.contains(row.drop_no)) {
    findings_.Add(Invariant::one_creating_event, "drop " + row.subject,
                  AtRow(row.seq) + "scheduled a second time");
    return;
  }
  auto made = std::make_unique<FoldedDrop>();
  Drop& drop = made->row.drop;
  made->row.drop_no = row.drop_no;
  made->row.fingerprint = static_cast<std::uint64_t>(body.NumberOr("fingerprint", 0));
  drop.id = DropId(row.subject);
  drop.creator = CreatorId(row.creator);
  drop.product = ProductId(body.Text("product").value_or(""));
  drop.price.minor_units = body.NumberOr("price", 0);
  drop.price.currency = Currency::Parse(body.Text("currency").value_or("")).value_or(Currency());
  drop.init_stock = Narrow(body.NumberOr("stock", 0));
  drop.low_stock = Narrow(body.NumberOr("lowStock", 0));
  drop.max_per_order = Narrow(body.NumberOr("maxPerOrder", 0));
  drop.max_per_user = Narrow(body.NumberOr("maxPerUser", 0));
  drop.confirmation = body.NumberOr("hold", 0) != 0 ? Confirmation::hold : Confirmation::direct;
  drop.hold_seconds = Narrow(body.NumberOr("holdSeconds", 600));
  drop.start_time = TimeFromMs(body.NumberOr("start", 0));
  drop.end_time = TimeFromMs(body.NumberOr("end", 0));
  drop.version = row.aggregate_seq;
  drop.created_at = row.at;
  made->current = drop.init_stock;
  made->row.changed_at = row.at;
  ColumnCheck(row, &findings_).Number("order_seq", row.order_seq, std::uint64_t{0});
  CheckColumns(row, *made);
  by_id_[row.subject] = made.get();
  by_no_[row.drop_no] = static_cast<std::uint32_t>(drops_.size());
  drops_.push_back(std::move(made));
}

// --- columns -------------------------------------------------------------------------------------

// What the chain does not hash of a drop's event, but follows from what it does.
void DropFold::CheckColumns(const EventRow& row, const FoldedDrop& drop) const {
  const ColumnCheck check(row, &findings_);
  const bool told = IsToldToFollowers(row.type);
  check.Text("creator_id", row.creator, told ? drop.row.drop.creator.view() : "");
  const std::int64_t delta = ExpectedDelta(row);
  check.Number("delta", std::int64_t{row.delta}, delta);
  // A balance with an entry is held against the sum of the entries.
  if (delta == 0) check.Number("balance", row.balance, 0);
}

// The change of the stock, from the hashed body and the order's state before.
std::int64_t DropFold::ExpectedDelta(const EventRow& row) const {
  const std::int64_t units = FormReader(row.body).NumberOr("quantity", 0);
  switch (row.type) {
    case EventType::restocked:
    case EventType::orderCancelled:
    case EventType::orderExpired:
      return units;
    case EventType::orderConfirmed: {
      const FoldedOrder* order = FindOrder(row.order_seq);
      const bool held = order != nullptr && order->status == OrderStatus::held;
      return held ? order->quantity - units : -units;
    }
    default:
      return 0;
  }
}

// --- stock ---------------------------------------------------------------------------------------

void DropFold::MoveStock(FoldedDrop* drop, std::uint64_t seq, std::int64_t delta,
                         std::int64_t balance) {
  drop->current += delta;
  if (drop->current == balance) return;
  Once(Invariant::ledger_balance, drop, seq,
       "the balance says " + Number(balance) + ", the entries add up to " + Number(drop->current));
}

void DropFold::CheckStock(FoldedDrop* drop, std::uint64_t seq, const Level& before,
                          std::int64_t delta) {
  const std::int64_t total = drop->total();
  const Level after = LevelOf(*drop);
  if (after.current < 0 || after.current > total) {
    Once(Invariant::stock_range, drop, seq,
         "stock " + Number(after.current) + " is not between 0 and " + Number(total));
  }
  if (drop->confirmed > total) {
    Once(Invariant::no_oversell, drop, seq,
         Number(drop->confirmed) + " units confirmed of " + Number(total));
  }
  if (after.current + drop->held + drop->confirmed != total) {
    Once(Invariant::conservation, drop, seq,
         "current " + Number(after.current) + " + held " + Number(drop->held) + " + confirmed " +
             Number(drop->confirmed) + " is not " + Number(total));
  }
  const std::int64_t low = drop->row.drop.low_stock;
  const bool crossed_low = delta != 0 && before.current > low && after.current <= low;
  const bool crossed_zero = before.left > 0 && after.left == 0;
  if (!crossed_low && !crossed_zero) return;
  drop->low_stock_due = crossed_low;
  drop->sold_out_due = crossed_zero;
  drop->crossed_seq = seq;
}

// Crossings are told by the very next rows of the drop: lowStock, then soldOut. `event` is null for
// an order and for the end of the log.
void DropFold::CheckCrossingsTold(FoldedDrop* drop, const EventRow* event) {
  const bool tells_low = event != nullptr && event->type == EventType::lowStock;
  const bool tells_sold = event != nullptr && event->type == EventType::soldOut;
  const auto subject = [&] { return "drop " + drop->row.drop.id.str(); };
  if (tells_low != drop->low_stock_due) {
    findings_.Add(Invariant::low_stock_once_per_crossing, subject(),
                  tells_low ? AtRow(event->seq) + "lowStock without a crossing"
                            : AtRow(drop->crossed_seq) + "crossed, but no lowStock follows");
  }
  drop->low_stock_due = false;
  if (tells_low) return;  // The soldOut of the same crossing may still come.
  if (tells_sold != drop->sold_out_due) {
    findings_.Add(Invariant::sold_out_once_per_crossing, subject(),
                  tells_sold ? AtRow(event->seq) + "soldOut without a crossing"
                             : AtRow(drop->crossed_seq) + "crossed, but no soldOut follows");
  }
  drop->sold_out_due = false;
}

// --- drops ---------------------------------------------------------------------------------------

void DropFold::ChangeDrop(FoldedDrop* drop, const EventRow& row) {
  DropRow& facts = drop->row;
  const bool final = facts.ended || facts.cancelled;
  bool follows = !final;
  switch (row.type) {
    case EventType::dropStart:
      follows = follows && !facts.started;
      facts.started = true;
      facts.drop.start_time = std::min(facts.drop.start_time, row.at);
      break;
    case EventType::dropPaused:
      follows = follows && facts.started && !facts.paused;
      facts.paused = true;
      break;
    case EventType::dropResumed:
      follows = follows && facts.started && facts.paused;
      facts.paused = false;
      break;
    case EventType::dropEnd:
      facts.ended = true;
      facts.drop.end_time =
          TimeFromMs(FormReader(row.body).NumberOr("end", ToMs(facts.drop.end_time)));
      break;
    case EventType::dropCancelled:
      facts.cancelled = true;
      break;
    case EventType::dropUpdated:
      UpdateDrop(drop, row);
      break;
    case EventType::restocked:
      drop->adjust += row.delta;
      follows = follows && row.delta != 0;
      break;
    case EventType::lowStock:
    case EventType::soldOut:
      follows = true;
      break;  // Checked as crossings.
    default:
      follows = false;
  }
  if (follows) return;
  findings_.Add(
      Invariant::one_event_per_change, "drop " + facts.drop.id.str(),
      AtRow(row.seq) + std::string(ToString(row.type)) + " changes nothing or cannot follow");
}

void DropFold::UpdateDrop(FoldedDrop* drop, const EventRow& row) {
  Drop& facts = drop->row.drop;
  const FormReader body(row.body);
  const auto number = [&](const char* name, std::int32_t* field) {
    *field = Narrow(body.NumberOr(name, *field));
  };
  number("lowStock", &facts.low_stock);
  number("maxPerOrder", &facts.max_per_order);
  number("maxPerUser", &facts.max_per_user);
  facts.price.minor_units = body.NumberOr("price", facts.price.minor_units);
  facts.start_time = TimeFromMs(body.NumberOr("start", ToMs(facts.start_time)));
  facts.end_time = TimeFromMs(body.NumberOr("end", ToMs(facts.end_time)));
}

// --- orders --------------------------------------------------------------------------------------

void DropFold::Unexpected(const FoldedOrder& order, const EventRow& row,
                          const std::string& detail) {
  findings_.Add(Invariant::one_event_per_change, OrderSubject(order.id),
                AtRow(row.seq) + std::string(ToString(row.type)) + " " + detail);
}

void DropFold::ChangeOrder(FoldedDrop* drop, const EventRow& row) {
  auto* order = const_cast<FoldedOrder*>(FindOrder(row.order_seq));
  if (order == nullptr || drops_[order->drop].get() != drop ||
      OrderId(order->id).str() != row.subject) {
    findings_.Add(Invariant::one_creating_event, "order " + row.subject,
                  AtRow(row.seq) + std::string(ToString(row.type)) + " of log row " +
                      std::to_string(row.order_seq) + ", which did not create it");
    return;
  }
  order->ledger += row.delta;
  const bool held = order->status == OrderStatus::held;
  const std::int64_t at = Tame(row.at);
  const bool over = held && at >= order->expires_ms;
  const auto expiry = [&](const char* what) {
    findings_.Add(Invariant::hold_expiry, OrderSubject(order->id),
                  AtRow(row.seq) + what + " at " + Number(at) + ", it expires at " +
                      Number(order->expires_ms));
  };
  switch (row.type) {
    case EventType::orderConfirmed:
      if (over) expiry("confirmed");
      return ConfirmOrder(drop, order, row);
    case EventType::orderCancelled:
      return CancelOrder(drop, order, row);
    case EventType::orderExpired:
      if (held && !over) expiry("expired");
      if (!held) return Unexpected(*order, row, "of an order that is not held");
      return SetOrder(drop, order, OrderStatus::expired, order->quantity);
    case EventType::orderExtended:
      if (over) expiry("extended");
      if (!held) return Unexpected(*order, row, "of an order that is not held");
      order->expires_ms = Tame(TimeFromMs(FormReader(row.body).NumberOr("expires", 0)));
      return;
    case EventType::refundDue:
      if (order->status != OrderStatus::expired) Unexpected(*order, row, "of an order not expired");
      return;
    default:
      Unexpected(*order, row, "is no change of an order");
  }
}

void DropFold::ConfirmOrder(FoldedDrop* drop, FoldedOrder* order, const EventRow& row) {
  const FormReader body(row.body);
  const std::int64_t quantity = body.NumberOr("quantity", order->quantity);
  const bool may = order->status == OrderStatus::held || order->status == OrderStatus::expired;
  if (!may) return Unexpected(*order, row, "of an order that is neither held nor expired");
  if (quantity < 1 || quantity > order->quantity) {
    return Unexpected(*order, row, "of " + Number(quantity) + " of " + Number(order->quantity));
  }
  if (!IsProduct(body.NumberOr("amount", 0), drop->row.drop.price.minor_units, quantity)) {
    findings_.Add(Invariant::amount, OrderSubject(order->id),
                  AtRow(row.seq) + "amount is not " + Number(quantity) + " x " +
                      Number(drop->row.drop.price.minor_units));
  }
  SetOrder(drop, order, OrderStatus::confirmed, quantity);
}

void DropFold::CancelOrder(FoldedDrop* drop, FoldedOrder* order, const EventRow& row) {
  const FormReader body(row.body);
  const std::int64_t left = body.NumberOr("left", 0);
  const std::int64_t units = body.NumberOr("quantity", 0);
  if (!Lives(order->status)) return Unexpected(*order, row, "of an order that is over");
  if (left < 0 || units < 1 || left + units != order->quantity) {
    return Unexpected(
        *order, row,
        "of " + Number(units) + " leaving " + Number(left) + " of " + Number(order->quantity));
  }
  if (left == 0) return SetOrder(drop, order, OrderStatus::cancelled, order->quantity);
  SetOrder(drop, order, order->status, left);
}

void DropFold::SetOrder(FoldedDrop* drop, FoldedOrder* order, OrderStatus status,
                        std::int64_t quantity) {
  const auto count = [&](std::int64_t sign) {
    const std::int64_t units = sign * order->quantity;
    if (order->status == OrderStatus::held) drop->held += units;
    if (order->status == OrderStatus::confirmed) drop->confirmed += units;
    if (Lives(order->status) && drop->units) (*drop->units)[order->user] += units;
  };
  count(-1);
  order->status = status;
  order->quantity = Narrow(quantity);
  count(+1);
}

// --- the end -------------------------------------------------------------------------------------

void DropFold::Finish() {
  for (const auto& drop : drops_) {
    CheckCrossingsTold(drop.get(), nullptr);
    const Drop& facts = drop->row.drop;
    if (drop->last_order != 0 &&
        (drop->first_at_ms < Tame(facts.start_time) || drop->last_at_ms >= Tame(facts.end_time))) {
      findings_.Add(Invariant::window, "drop " + facts.id.str(),
                    "orders from " + Number(drop->first_at_ms) + " to " + Number(drop->last_at_ms) +
                        ", the window ended as " + Number(ToMs(facts.start_time)) + " to " +
                        Number(ToMs(facts.end_time)));
    }
  }
  for (const FoldedOrder& order : orders_) {
    const std::int64_t expected = Lives(order.status) ? -std::int64_t{order.quantity} : 0;
    if (order.ledger == expected) continue;
    findings_.Add(Invariant::ledger_sum_of_order, OrderSubject(order.id),
                  "log row " + std::to_string(order.seq) + ": its entries add up to " +
                      Number(order.ledger) + ", not to " + Number(expected));
  }
  CheckDuplicates();
}

void DropFold::CheckDuplicates() {
  std::ranges::sort(keys_, [](const KeyOfOrder& a, const KeyOfOrder& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.seq < b.seq;
  });
  const auto rows = [](std::uint64_t first, std::uint64_t second) {
    return "log rows " + std::to_string(first) + " and " + std::to_string(second);
  };
  for (std::size_t i = 1; i < keys_.size(); ++i) {
    if (keys_[i].hash != keys_[i - 1].hash) continue;
    const FoldedOrder* order = FindOrder(keys_[i].seq);
    findings_.Add(Invariant::one_order_per_key, OrderSubject(order->id),
                  rows(keys_[i - 1].seq, keys_[i].seq) + " have the same user, drop and key");
  }
  std::vector<std::pair<std::array<std::uint8_t, 16>, std::uint64_t>> ids;
  ids.reserve(orders_.size());
  for (const FoldedOrder& order : orders_) ids.emplace_back(order.id, order.seq);
  std::ranges::sort(ids);
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i].first != ids[i - 1].first) continue;
    findings_.Add(Invariant::unique_order_id, OrderSubject(ids[i].first),
                  rows(ids[i - 1].second, ids[i].second) + " have the same id");
  }
}

}  // namespace livedrops
