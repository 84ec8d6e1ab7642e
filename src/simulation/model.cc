#include "simulation/model.h"

#include <algorithm>

#include "base/form.h"
#include "base/hex.h"

namespace livedrops::simulation {
namespace {

class CopySink : public LogSink {
 public:
  explicit CopySink(std::vector<LogRow>* out) : out_(*out) {}
  void OnOrder(const OrderRow& row) override {
    LogRow& copy = out_.emplace_back();
    copy.is_order = true;
    copy.order = row;
    copy.user = row.user;
    copy.actor = row.actor;
    copy.key = row.key;
  }
  void OnEvent(const EventRow& row) override { out_.emplace_back().event = row; }

 private:
  std::vector<LogRow>& out_;
};

std::string Text(std::int64_t number) { return std::to_string(number); }

bool ByItself(const EventRow& row) {
  const bool by_time = row.type == EventType::dropStart || row.type == EventType::dropEnd;
  return row.type == EventType::orderExpired || (by_time && row.actor == "livedrops");
}

}  // namespace

Status ReadWholeLog(Storage& storage, std::vector<LogRow>* out) {
  constexpr std::int64_t kPage = 1'000;
  CopySink sink(out);
  for (std::size_t before = out->size();; before = out->size()) {
    Status read = storage.ReadLog(out->empty() ? 0 : out->back().seq(), kPage, sink);
    if (!read.ok() || out->size() == before) return read;
  }
}

void Model::Expect(bool good, const char* invariant, std::uint64_t seq, const std::string& detail) {
  if (!good) violations_.push_back({invariant, "seq " + std::to_string(seq), detail});
}

// --- every row ---------------------------------------------------------------------------------

void Model::Fold(const LogRow& row) {
  Expect(row.seq() == rows_.size() + 1, "log-gapless", row.seq(),
         "does not follow " + Text(std::ssize(rows_)));
  CheckChain(row);
  CheckOwed(row);
  rows_.push_back(row);
  latest_.push_back(latest_.empty() ? row.at() : std::max(latest_.back(), row.at()));
  if (row.is_order) {
    FoldOrder(row);
  } else {
    FoldEvent(row.event);
  }
}

void Model::End() {
  Expect(owed_.empty(), "crossing-event", rows_.size(), "lowStock or soldOut is missing");
}

// "prev_hash|seq|ts_ms|actor|action|subject|body", written once more.
void Model::CheckChain(const LogRow& row) {
  std::string text = rows_.empty() ? "0" : ToHex(rows_.back().hash());
  text += "|" + Text(static_cast<std::int64_t>(row.seq())) + "|" + Text(ToMs(row.at())) + "|";
  if (row.is_order) {
    const OrderRow& order = row.order;
    const auto drop = drops_by_number_.find(order.drop_no);
    text += (row.actor.empty() ? row.user : row.actor) + "|";
    text += order.ttl_seconds == 0 ? "orderConfirmed|" : "orderHeld|";
    text += OrderId(order.order_id).str() + "|drop=";
    text += drop == drops_by_number_.end() ? "" : drop->second->id;
    text += "&quantity=" + Text(order.quantity) + "&amount=" + Text(order.amount);
    text += "&balance=" + Text(order.balance) + "&ttl=" + Text(order.ttl_seconds);
    if (!row.actor.empty()) text += "&user=" + row.user;
    text += "&key=" + row.key;
  } else {
    const EventRow& event = row.event;
    text += event.actor + "|" + std::string(ToString(event.type)) + "|" + event.subject + "|";
    text += event.body;
  }
  Expect(sha256_.Of(text) == row.hash(), "chain", row.seq(), "the hash does not follow");
}

// lowStock and soldOut stand right behind the change that crossed, and nowhere else.
void Model::CheckOwed(const LogRow& row) {
  const bool tells = !row.is_order && (row.event.type == EventType::lowStock ||
                                       row.event.type == EventType::soldOut);
  if (owed_.empty()) {
    Expect(!tells, "crossing-event", row.seq(), "without a crossing");
    return;
  }
  const Owed owed = owed_.front();
  owed_.erase(owed_.begin());
  const bool paid = tells && row.event.type == owed.type && row.event.subject == owed.drop;
  Expect(paid, "crossing-event", row.seq(),
         std::string(ToString(owed.type)) + " of " + owed.drop + " should be here");
  if (!paid) owed_.clear();
}

void Model::Owe(const DropModel& drop, const DropFacts& before, const DropFacts& after) {
  if (before.current > after.low && after.current <= after.low && before.current != after.current) {
    owed_.push_back({EventType::lowStock, drop.id});
  }
  if (before.left() > 0 && after.left() == 0) owed_.push_back({EventType::soldOut, drop.id});
}

// --- what is due -------------------------------------------------------------------------------

std::optional<Time> Model::NextDue(const DropModel& drop) const {
  std::optional<Time> due;
  const DropFacts& facts = drop.facts.Last();
  if (!facts.final()) due = facts.started ? facts.end : std::min(facts.start, facts.end);
  if (!drop.live_holds.empty()) {
    const Time first = drop.live_holds.begin()->first;
    due = due ? std::min(*due, first) : first;
  }
  return due;
}

// Before anything happens to a drop, what was due until then has happened.
void Model::CheckDue(const DropModel& drop, Time at, bool due_itself) {
  const auto due = NextDue(drop);
  const bool in_time = !due || (due_itself ? *due >= std::min(at, *due) : *due > at);
  Expect(in_time, "due-first", rows_.size(),
         drop.id + " had something due at " + Text(due ? ToMs(*due) : 0) + ", now is " +
             Text(ToMs(at)));
}

// --- orders ------------------------------------------------------------------------------------

void Model::FoldOrder(const LogRow& row) {
  const OrderRow& order = row.order;
  const auto found = drops_by_number_.find(order.drop_no);
  if (found == drops_by_number_.end()) {
    Expect(false, "order-of-drop", order.seq, "of no drop");
    return;
  }
  DropModel* drop = found->second;
  const DropFacts before = drop->facts.Last();
  const auto legal = [&](bool good, const char* invariant, const std::string& detail) {
    Expect(good, invariant, order.seq, drop->id + "/" + row.user + "/" + row.key + " " + detail);
  };
  CheckDue(*drop, order.at, false);
  legal(before.started && !before.final(), "order-in-window", "in no live drop");
  legal(order.at >= before.start && order.at < before.end, "order-in-window", "out of time");
  legal(!before.paused, "no-order-while-paused", "while paused");
  legal(order.quantity >= 1 && order.quantity <= before.current, "no-oversell",
        "quantity " + Text(order.quantity) + " of " + Text(before.current));
  legal(before.max_per_order == 0 || order.quantity <= before.max_per_order, "limit-per-order",
        Text(order.quantity));
  legal(order.amount == before.price * order.quantity && order.amount <= kMoneyMax, "amount",
        Text(order.amount));
  legal(order.balance == before.current - order.quantity, "ledger", Text(order.balance));
  legal(order.aggregate_seq == before.version + 1, "aggregate-gapless", Text(ToMs(order.at)));
  legal(order.at >= drop->last_at, "time-forward", "goes back");
  legal(!drop->order_of_key.contains({row.user, row.key}), "one-order-per-key", "again");

  auto made = std::make_unique<OrderModel>();
  made->seq = order.seq;
  made->drop = drop;
  made->user = row.user;
  made->key = row.key;
  made->quantity = order.quantity;
  made->amount = order.amount;
  made->ttl_seconds = order.ttl_seconds;
  made->at = order.at;
  made->id = OrderId(order.order_id);
  legal(orders_by_id_.emplace(made->id, made.get()).second, "order-id-once", made->id.str());
  const std::string when = made->id.str().substr(0, 8) + made->id.str().substr(9, 4);
  legal(std::stoll(when, nullptr, 16) == ToMs(order.at) && made->id.str()[14] == '7',
        "order-id-uuidv7", made->id.str());

  DropFacts after = before;
  after.current -= order.quantity;
  after.version = order.aggregate_seq;
  OrderFacts facts{OrderStatus::confirmed, order.quantity, {}, false};
  if (order.ttl_seconds != 0) {
    facts.status = OrderStatus::held;
    facts.expires = order.at + std::chrono::seconds(order.ttl_seconds);
    after.held += order.quantity;
    legal(LiveHolds(row.user, order.seq) < options_.live_holds_per_user_max, "limit-of-holds", "");
  }
  AddUnits(order.seq, made.get(), order.quantity);
  const std::int64_t units = drop->units_of_user[row.user].Last();
  legal(before.max_per_user == 0 || units <= before.max_per_user, "limit-per-user", Text(units));
  SetOrder(order.seq, made.get(), facts);
  drop->last_at = order.at;
  drop->orders.push_back(made.get());
  drop->order_of_key[{row.user, row.key}] = made.get();
  orders_[order.seq] = std::move(made);
  Set(order.seq, drop, after);
  Owe(*drop, before, after);
}

void Model::Set(std::uint64_t seq, DropModel* drop, const DropFacts& facts) {
  Expect(facts.current >= 0 && facts.held >= 0 && facts.left() <= drop->init + facts.adjust,
         "stock-in-range", seq, drop->id + " " + Text(facts.current) + "+" + Text(facts.held));
  drop->facts.Set(seq, facts);
}

void Model::SetOrder(std::uint64_t seq, OrderModel* order, const OrderFacts& facts) {
  const bool was_held = !order->facts.empty() && order->facts.Last().status == OrderStatus::held;
  const bool is_held = facts.status == OrderStatus::held;
  auto& holds = order->drop->live_holds;
  if (was_held) holds.erase({order->facts.Last().expires, order->seq});
  if (is_held) holds.insert({facts.expires, order->seq});
  if (was_held != is_held) AddHold(seq, order->user, is_held ? 1 : -1);
  order->facts.Set(seq, facts);
}

void Model::AddUnits(std::uint64_t seq, OrderModel* order, std::int64_t units) {
  auto& versions = order->drop->units_of_user[order->user];
  versions.Set(seq, (versions.empty() ? 0 : versions.Last()) + units);
}

void Model::AddHold(std::uint64_t seq, const std::string& user, std::int64_t holds) {
  auto& versions = holds_of_user_[user];
  versions.Set(seq, (versions.empty() ? 0 : versions.Last()) + holds);
}

// --- events ------------------------------------------------------------------------------------

void Model::FoldEvent(const EventRow& row) {
  if (!row.key.empty()) {
    const bool is_new =
        keys_.emplace(row.key, KeyedRow{row.seq, row.type, row.body, row.subject}).second;
    Expect(is_new, "one-change-per-key", row.seq, row.key);
  }
  std::uint64_t& aggregate = aggregates_[row.aggregate];
  const DropModel* known = FindDrop(row.aggregate.substr(row.aggregate.find(':') + 1));
  const bool of_drop = row.aggregate.starts_with("drop:");
  const std::uint64_t before = !of_drop           ? aggregate
                               : known == nullptr ? 0
                                                  : known->facts.Last().version;
  Expect(row.aggregate_seq == before + 1, "aggregate-gapless", row.seq, row.aggregate);
  aggregate = row.aggregate_seq;
  if (row.type == EventType::dropScheduled) {
    MakeDrop(row);
  } else if (of_drop) {
    const auto drop = drops_.find(row.aggregate.substr(5));
    Expect(drop != drops_.end(), "event-of-drop", row.seq, row.aggregate);
    if (drop != drops_.end()) FoldDropEvent(row, drop->second.get());
  } else if (row.type == EventType::followed || row.type == EventType::unfollowed) {
    FoldFollow(row);
  } else if (row.type == EventType::productCreated) {
    creators_of_products_[row.subject] = row.creator;
  } else if (row.type == EventType::notificationsRead) {
    const auto mark = static_cast<std::uint64_t>(FormReader(row.body).NumberOr("upTo", 0));
    const bool forward = mark > Mark(row.subject, row.seq) && mark < row.seq;
    Expect(forward, "mark-forward", row.seq, row.subject + " " + row.body);
    marks_[row.subject].Set(row.seq, mark);
  }
}

void Model::FoldFollow(const EventRow& row) {
  const Pair pair{row.aggregate.substr(row.aggregate.find(':') + 1), row.subject};
  const bool follow = row.type == EventType::followed;
  Expect(Follows(pair.first, pair.second, row.seq) != follow, "follow-alternates", row.seq,
         pair.first + "/" + pair.second);
  follows_[pair].Set(row.seq, follow);
}

void Model::MakeDrop(const EventRow& row) {
  const FormReader body(row.body);
  auto drop = std::make_unique<DropModel>();
  drop->number = row.seq;
  drop->id = row.subject;
  drop->creator = row.creator;
  drop->product = body.Text("product").value_or("");
  drop->init = body.NumberOr("stock", 0);
  drop->hold = body.NumberOr("hold", 0) != 0;
  drop->hold_seconds = static_cast<std::int32_t>(body.NumberOr("holdSeconds", 0));
  drop->created = drop->last_at = row.at;
  DropFacts facts;
  facts.current = drop->init;
  facts.low = body.NumberOr("lowStock", 0);
  facts.max_per_order = body.NumberOr("maxPerOrder", 0);
  facts.max_per_user = body.NumberOr("maxPerUser", 0);
  facts.price = body.NumberOr("price", 0);
  facts.start = TimeFromMs(body.NumberOr("start", 0));
  facts.end = TimeFromMs(body.NumberOr("end", 0));
  facts.version = row.aggregate_seq;
  Expect(!drops_.contains(drop->id), "drop-once", row.seq, drop->id);
  Expect(facts.end > facts.start && facts.end > row.at, "drop-window", row.seq, drop->id);
  drops_by_number_[row.seq] = drop.get();
  Set(row.seq, drop.get(), facts);
  drops_[drop->id] = std::move(drop);
}

void Model::FoldDropEvent(const EventRow& row, DropModel* drop) {
  const bool tells = row.type == EventType::lowStock || row.type == EventType::soldOut;
  const DropFacts before = drop->facts.Last();
  const bool holds_fall = row.type == EventType::orderCancelled && before.final();
  if (!tells && !holds_fall) CheckDue(*drop, row.at, ByItself(row));
  if (row.order_seq != 0) {
    FoldOrderEvent(row, drop);
    return;
  }
  DropFacts facts = before;
  facts.version = row.aggregate_seq;
  const auto legal = [&](bool good, const char* detail) {
    Expect(good, "drop-transition", row.seq, drop->id + " " + detail);
  };
  const bool runs = before.started && !before.final();
  switch (row.type) {
    case EventType::dropStart:
      Start(row, drop, &facts);
      break;
    case EventType::dropEnd:
      Finish(row, drop, &facts);
      break;
    case EventType::dropPaused:
      legal(runs && !before.paused, "paused");
      facts.paused = true;
      break;
    case EventType::dropResumed:
      legal(runs && before.paused, "resumed");
      facts.paused = false;
      break;
    case EventType::dropCancelled:
      legal(!before.final(), "cancelled");
      facts.cancelled = true;
      break;
    case EventType::dropUpdated:
      legal(!before.final(), "updated");
      Update(row, &facts);
      break;
    case EventType::restocked:
      legal(!before.final(), "restocked");
      Expect(row.delta == FormReader(row.body).NumberOr("quantity", 0) && row.delta != 0 &&
                 row.balance == before.current + row.delta,
             "ledger", row.seq, drop->id + " restock " + Text(row.delta));
      facts.current += row.delta;
      facts.adjust += row.delta;
      break;
    default:
      break;
  }
  if (!tells && row.type != EventType::dropStart && row.type != EventType::dropEnd) {
    drop->only_sold = false;
  }
  drop->last_at = std::max(drop->last_at, row.at);
  Set(row.seq, drop, facts);
  Owe(*drop, before, facts);
  // Changing lowStock is no crossing.
  if (row.type == EventType::dropUpdated) owed_.clear();
}

void Model::Start(const EventRow& row, DropModel* drop, DropFacts* facts) {
  const bool alone = row.actor == "livedrops";
  Expect(!facts->started && !facts->final(), "drop-transition", row.seq, drop->id + " started");
  Expect(!alone || row.at == std::max(facts->start, drop->created), "due-time", row.seq,
         drop->id + " starts at " + Text(ToMs(row.at)));
  facts->started = true;
  facts->start = std::min(facts->start, row.at);
}

void Model::Finish(const EventRow& row, DropModel* drop, DropFacts* facts) {
  Expect(!facts->final(), "drop-transition", row.seq, drop->id + " ended");
  const Time end = TimeFromMs(FormReader(row.body).NumberOr("end", -1));
  const Time last_order = drop->orders.empty() ? Time() : drop->orders.back()->at;
  const bool alone = row.actor == "livedrops";
  Expect(!alone || row.at == std::max(facts->end, drop->created), "due-time", row.seq,
         drop->id + " ends at " + Text(ToMs(row.at)));
  Expect(end <= facts->end && end > last_order, "drop-window", row.seq, drop->id + " end");
  facts->ended = true;
  facts->end = end;
}

void Model::Update(const EventRow& row, DropFacts* facts) {
  const FormReader body(row.body);
  const bool early_only = body.Number("start") || body.Number("price");
  Expect(!early_only || !facts->started, "drop-transition", row.seq, "start or price changed late");
  facts->low = body.NumberOr("lowStock", facts->low);
  facts->max_per_order = body.NumberOr("maxPerOrder", facts->max_per_order);
  facts->max_per_user = body.NumberOr("maxPerUser", facts->max_per_user);
  facts->price = body.NumberOr("price", facts->price);
  facts->start = TimeFromMs(body.NumberOr("start", ToMs(facts->start)));
  facts->end = TimeFromMs(body.NumberOr("end", ToMs(facts->end)));
  Expect(facts->end > row.at && facts->end > facts->start, "drop-window", row.seq, "updated");
}

void Model::FoldOrderEvent(const EventRow& row, DropModel* drop) {
  const auto found = orders_.find(row.order_seq);
  if (found == orders_.end() || found->second->drop != drop) {
    Expect(false, "event-of-order", row.seq, row.subject);
    return;
  }
  OrderModel* order = found->second.get();
  const DropFacts before = drop->facts.Last();
  DropFacts facts = before;
  facts.version = row.aggregate_seq;
  OrderFacts now = order->facts.Last();
  const auto legal = [&](bool good, const char* invariant, const char* detail) {
    Expect(good, invariant, row.seq, row.subject + " " + detail);
  };
  legal(row.subject == order->id.str(), "event-of-order", "is not the order's id");
  legal(row.delta == 0 || row.balance == before.current + row.delta, "ledger", "balance");
  switch (row.type) {
    case EventType::orderConfirmed:
      ConfirmOrder(row, drop, order, &facts);
      break;
    case EventType::orderCancelled:
      CancelOrder(row, order, &facts);
      break;
    case EventType::orderExpired:
      legal(now.status == OrderStatus::held && row.at == now.expires, "due-time", "expired");
      legal(row.delta == now.quantity, "ledger", "expiry returns other units");
      facts.held -= now.quantity;
      AddUnits(row.seq, order, -now.quantity);
      now.status = OrderStatus::expired;
      SetOrder(row.seq, order, now);
      break;
    case EventType::orderExtended:
      legal(now.status == OrderStatus::held, "order-transition", "extended");
      now.expires = TimeFromMs(FormReader(row.body).NumberOr("expires", 0));
      legal(now.expires <= order->at + std::chrono::seconds(3600), "hold-life", "too long");
      SetOrder(row.seq, order, now);
      break;
    case EventType::refundDue:
      legal(now.status == OrderStatus::expired && !now.refund_due &&
                options_.late_confirm == LateConfirm::refund,
            "order-transition", "refundDue");
      now.refund_due = true;
      SetOrder(row.seq, order, now);
      break;
    default:
      legal(false, "order-transition", "unknown");
  }
  facts.current += row.delta;
  drop->only_sold = false;
  drop->last_at = std::max(drop->last_at, row.at);
  Set(row.seq, drop, facts);
  Owe(*drop, before, facts);
}

void Model::ConfirmOrder(const EventRow& row, DropModel* drop, OrderModel* order,
                         DropFacts* facts) {
  OrderFacts now = order->facts.Last();
  const FormReader body(row.body);
  const std::int64_t units = body.NumberOr("quantity", 0);
  const auto legal = [&](bool good, const char* invariant, const char* detail) {
    Expect(good, invariant, row.seq, row.subject + " " + detail);
  };
  legal(units >= 1 && units <= now.quantity, "order-transition", "confirms more than it has");
  // At the order's price, whatever the drop's is by now.
  legal(body.NumberOr("amount", -1) == order->amount / order->quantity * units, "amount",
        "confirmed");
  if (now.status == OrderStatus::held) {
    legal(row.at < now.expires, "confirmed-in-time", "after its end");
    legal(row.delta == now.quantity - units, "ledger", "confirm returns other units");
    facts->held -= now.quantity;
    AddUnits(row.seq, order, units - now.quantity);
  } else {
    const bool late = now.status == OrderStatus::expired && !now.refund_due &&
                      options_.late_confirm != LateConfirm::refuse;
    legal(late && facts->started && !facts->final() && units <= facts->current, "order-transition",
          "confirmed again");
    legal(row.delta == -units, "ledger", "late confirm takes other units");
    AddUnits(row.seq, order, units);
    drop->only_sold = false;
  }
  now.status = OrderStatus::confirmed;
  now.quantity = static_cast<std::int32_t>(units);
  SetOrder(row.seq, order, now);
}

void Model::CancelOrder(const EventRow& row, OrderModel* order, DropFacts* facts) {
  OrderFacts now = order->facts.Last();
  const FormReader body(row.body);
  const std::int64_t units = body.NumberOr("quantity", 0);
  const std::int64_t left = body.NumberOr("left", -1);
  const auto legal = [&](bool good, const char* invariant, const char* detail) {
    Expect(good, invariant, row.seq, row.subject + " " + detail);
  };
  const bool held = now.status == OrderStatus::held;
  legal(held || now.status == OrderStatus::confirmed, "order-transition", "cancelled again");
  legal(units >= 1 && left == now.quantity - units, "ledger", "cancels other units than it says");
  legal(row.delta == units, "ledger", "cancel returns other units");
  if (held) facts->held -= units;
  AddUnits(row.seq, order, -units);
  if (left == 0) now.status = OrderStatus::cancelled;
  if (left > 0) now.quantity = static_cast<std::int32_t>(left);
  SetOrder(row.seq, order, now);
}

// --- reading -----------------------------------------------------------------------------------

const DropModel* Model::FindDrop(std::string_view id) const {
  const auto found = drops_.find(id);
  return found == drops_.end() ? nullptr : found->second.get();
}

const OrderModel* Model::FindOrder(const OrderId& id) const {
  const auto found = orders_by_id_.find(id);
  return found == orders_by_id_.end() ? nullptr : found->second;
}

const OrderModel* Model::OrderAt(std::uint64_t seq) const {
  const auto found = orders_.find(seq);
  return found == orders_.end() ? nullptr : found->second.get();
}

const KeyedRow* Model::FindKey(const std::string& scoped_key) const {
  const auto found = keys_.find(scoped_key);
  return found == keys_.end() ? nullptr : &found->second;
}

std::string Model::CreatorOf(std::string_view product) const {
  const auto found = creators_of_products_.find(product);
  return found == creators_of_products_.end() ? "" : found->second;
}

const LogRow* Model::RowAt(std::uint64_t seq) const {
  return seq == 0 || seq > rows_.size() ? nullptr : &rows_[seq - 1];
}

std::int64_t Model::LiveHolds(const std::string& user, std::uint64_t seq) const {
  const auto found = holds_of_user_.find(user);
  const std::int64_t* holds = found == holds_of_user_.end() ? nullptr : found->second.At(seq);
  return holds == nullptr ? 0 : *holds;
}

std::uint64_t Model::Mark(const std::string& user, std::uint64_t seq) const {
  const auto found = marks_.find(user);
  const std::uint64_t* mark = found == marks_.end() ? nullptr : found->second.At(seq);
  return mark == nullptr ? 0 : *mark;
}

bool Model::Follows(const std::string& creator, const std::string& user, std::uint64_t seq) const {
  const auto found = follows_.find({creator, user});
  const bool* follow = found == follows_.end() ? nullptr : found->second.At(seq);
  return follow != nullptr && *follow;
}

Time Model::LatestTime(std::uint64_t seq) const {
  return seq == 0 || latest_.empty() ? Time()
                                     : latest_[std::min<std::size_t>(seq, latest_.size()) - 1];
}

}  // namespace livedrops::simulation
