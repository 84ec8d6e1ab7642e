#include "simulation/checks.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "simulation/expectation.h"
#include "simulation/linearizability.h"

namespace livedrops::simulation {
namespace {

using OrderKey = std::tuple<std::string, std::string, std::string>;  // Drop, user, key.

class Checks {
 public:
  Checks(const CheckInput& input, const Model& model, std::vector<Violation>* violations)
      : input_(input), model_(model), violations_(*violations) {}

  void CheckHeads();
  void CheckReplies();
  void CheckRows();
  void CheckIds();
  void CheckExactly();

 private:
  void CheckReply(const Attempt& attempt);
  void CheckPlaced(const Attempt& attempt, const PlaceOrder& place);
  void CheckGrant(const Attempt& attempt, const PlaceOrder& place);
  void CheckRepeated(const Attempt& attempt, const PlaceOrder& place);
  void CheckRefusal(const Attempt& attempt, const PlaceOrder& place);
  void CheckContent(const Attempt& attempt, const OrderModel& order);
  void CheckCommand(const Attempt& attempt);
  void CheckChange(const Attempt& attempt);
  bool Explains(const Attempt& attempt, std::uint64_t seq) const;
  bool CreatedBy(const Attempt& attempt, const OrderModel& order) const;
  bool IsTwin(const Attempt& attempt, std::uint64_t seq,
              const std::vector<const Attempt*>& tries) const;
  std::vector<const Attempt*> TriesLike(const Attempt& attempt) const;
  void IndexAttempts();
  bool IsInTime(const Attempt& attempt, std::uint64_t seq) const {
    return seq > attempt.head_before && seq <= attempt.head_after;
  }
  void Fail(const char* invariant, const Attempt& attempt, const std::string& detail) {
    violations_.push_back({invariant,
                           "#" + std::to_string(attempt.number) + " " + Describe(attempt.request) +
                               " -> " + Describe(attempt.reply),
                           detail});
  }

  const CheckInput& input_;
  const Model& model_;
  std::vector<Violation>& violations_;
  std::map<OrderKey, std::vector<const Attempt*>> attempts_of_order_;
  std::map<std::string, std::vector<const Attempt*>> attempts_of_key_;
};

// What was durable once is durable for ever.
void Checks::CheckHeads() {
  for (const Head& head : input_.heads) {
    const LogRow* row = model_.RowAt(head.seq);
    if (row != nullptr && row->hash() == head.hash) continue;
    violations_.push_back({"durable", "seq " + std::to_string(head.seq),
                           row == nullptr ? "was durable and is gone" : "was another row"});
  }
}

void Checks::CheckReplies() {
  IndexAttempts();
  for (const Attempt& attempt : input_.history->attempts) {
    if (attempt.returned_step > input_.answered_after) CheckReply(attempt);
  }
}

void Checks::CheckReply(const Attempt& attempt) {
  const StatusCode code = attempt.reply.status.code();
  const bool may_be_invalid = std::holds_alternative<UpdateDrop>(attempt.request) ||
                              std::holds_alternative<CreateDrop>(attempt.request);
  if (code == StatusCode::kOk || (code == StatusCode::kInvalidArgument && may_be_invalid)) {
    if (const auto* place = std::get_if<PlaceOrder>(&attempt.request)) {
      CheckPlaced(attempt, *place);
    } else {
      CheckCommand(attempt);
    }
  } else if (!attempt.reply.status.retryable() || code == StatusCode::kFenced) {
    Fail("status", attempt, "no fault leads to this");
  }
}

// --- orders ------------------------------------------------------------------------------------

void Checks::CheckPlaced(const Attempt& attempt, const PlaceOrder& place) {
  const Reply& reply = attempt.reply;
  if (Granted(reply.outcome)) {
    CheckGrant(attempt, place);
  } else if (reply.outcome == Outcome::repeated) {
    CheckRepeated(attempt, place);
  } else {
    CheckRefusal(attempt, place);
  }
}

void Checks::CheckGrant(const Attempt& attempt, const PlaceOrder& place) {
  const OrderModel* order = model_.OrderAt(attempt.reply.seq);
  if (order == nullptr) {
    Fail("acknowledged-is-durable", attempt, "the order is not in the log");
    return;
  }
  CheckContent(attempt, *order);
  const auto& tries = attempts_of_order_[{order->drop->id, order->user, order->key}];
  if (!IsInTime(attempt, order->seq) && !IsTwin(attempt, order->seq, tries)) {
    Fail("decided-in-time", attempt, "not between the call and its answer");
  }
  if (place.deadline && attempt.clock_before >= *place.deadline) {
    Fail("deadline", attempt, "decided too late");
  }
  // A hold that is replaced is cancelled by the row before.
  const Outcome outcome = attempt.reply.outcome;
  const std::uint64_t before = order->seq - 1;
  if (ExpectPlace(model_, place, before, false).outcome != outcome &&
      ExpectPlace(model_, place, before - 1, false).outcome != outcome) {
    Fail("outcome", attempt, "another outcome applies");
  }
}

void Checks::CheckRepeated(const Attempt& attempt, const PlaceOrder& place) {
  const DropModel* drop = model_.FindDrop(place.drop.view());
  const OrderModel* order = nullptr;
  if (drop != nullptr) {
    const auto found = drop->order_of_key.find({place.user.str(), place.key.str()});
    if (found != drop->order_of_key.end()) order = found->second;
  }
  if (order == nullptr) {
    Fail("acknowledged-is-durable", attempt, "the order is not in the log");
    return;
  }
  CheckContent(attempt, *order);
  if (order->seq > attempt.head_after) Fail("decided-in-time", attempt, "not durable yet");
  const Expected expected = ExpectPlace(model_, place, order->seq, false);
  if (expected.outcome != Outcome::repeated) Fail("outcome", attempt, "the request differs");
}

// The answer as it was given first, whatever became of the order since.
void Checks::CheckContent(const Attempt& attempt, const OrderModel& order) {
  const Order& answer = attempt.reply.order;
  const auto& place = std::get<PlaceOrder>(attempt.request);
  const bool held = order.ttl_seconds != 0;
  const Time expires = order.at + std::chrono::seconds(order.ttl_seconds);
  const bool same =
      answer.id == order.id && answer.seq == order.seq && answer.quantity == order.quantity &&
      answer.amount.minor_units == order.amount && answer.created_at == order.at &&
      answer.drop.view() == order.drop->id && answer.product.view() == order.drop->product &&
      answer.status == (held ? OrderStatus::held : OrderStatus::confirmed) &&
      answer.expires_at == (held ? std::optional(expires) : std::nullopt);
  if (!same) Fail("answer-as-stored", attempt, "the order in the log has other content");
  if (place.user.view() != order.user || place.key.view() != order.key ||
      place.quantity != order.quantity) {
    Fail("answer-as-asked", attempt, "the order is of " + order.user + " " + order.key);
  }
}

// Legal in one of the states between the call and its answer.
void Checks::CheckRefusal(const Attempt& attempt, const PlaceOrder& place) {
  const Reply& reply = attempt.reply;
  const bool may_be_early = !place.deadline || attempt.clock_before < *place.deadline;
  for (std::uint64_t seq = attempt.head_after + 1; seq-- > attempt.head_before;) {
    const Time latest = std::max(attempt.clock_after, model_.LatestTime(seq));
    for (const bool expired : {false, true}) {
      if (expired ? !place.deadline || latest < *place.deadline : !may_be_early) continue;
      const Expected expected = ExpectPlace(model_, place, seq, expired);
      const bool same_rest = expected.retry_at == reply.retry_at &&
                             (expected.remaining < 0 || expected.remaining == reply.remaining);
      bool possible = expected.outcome == reply.outcome && same_rest;
      if (reply.outcome == Outcome::drop_not_started && possible) {
        const DropFacts* facts = model_.FindDrop(place.drop.view())->facts.At(seq);
        possible = facts->start > attempt.clock_before;
      }
      if (possible) return;
    }
  }
  const Expected now = ExpectPlace(model_, place, attempt.head_after, false);
  Fail("refusal-legal", attempt,
       "in no state from " + std::to_string(attempt.head_before) + " to " +
           std::to_string(attempt.head_after) + "; now " + std::string(ToString(now.outcome)));
}

// Two processes, or one before and after a crash, decided two tries of one request alike, on the
// same head in the same millisecond: their rows are the same to the last bit. Who lost the race may
// say that it is his.
bool Checks::IsTwin(const Attempt& attempt, std::uint64_t seq,
                    const std::vector<const Attempt*>& tries) const {
  return std::ranges::any_of(tries, [&](const Attempt* other) {
    return other != &attempt && Explains(*other, seq) && other->head_before < seq;
  });
}

std::vector<const Attempt*> Checks::TriesLike(const Attempt& attempt) const {
  std::vector<const Attempt*> tries;
  for (const Attempt& other : input_.history->attempts) {
    if (Describe(other.request) == Describe(attempt.request)) tries.push_back(&other);
  }
  return tries;
}

// --- commands ----------------------------------------------------------------------------------

void Checks::CheckCommand(const Attempt& attempt) {
  const Reply& reply = attempt.reply;
  if (reply.seq != 0 && !reply.repeated) {
    CheckChange(attempt);
    return;
  }
  for (std::uint64_t seq = attempt.head_after + 1; seq-- > attempt.head_before;) {
    const auto expected =
        ExpectOther(model_, attempt.request, seq, attempt.clock_before, attempt.clock_after);
    if (!expected) return;
    const bool same = expected->outcome == reply.outcome && expected->repeated == reply.repeated;
    const bool same_status = expected->status == reply.status.code();
    if (!expected->changes && same_status && (same || !reply.status.ok())) return;
  }
  Fail("refusal-legal", attempt,
       "in no state from " + std::to_string(attempt.head_before) + " to " +
           std::to_string(attempt.head_after));
}

void Checks::CheckChange(const Attempt& attempt) {
  const Reply& reply = attempt.reply;
  const LogRow* row = model_.RowAt(reply.seq);
  if (row == nullptr || row->is_order ||
      (row->event.key != ScopedKey(attempt.request, model_) &&
       reply.outcome != Outcome::refund_due)) {
    Fail("acknowledged-is-durable", attempt, "the change is not in the log");
    return;
  }
  if (!IsInTime(attempt, reply.seq) && !IsTwin(attempt, reply.seq, TriesLike(attempt))) {
    Fail("decided-in-time", attempt, "not between the call and its answer");
  }
  const auto expected = ExpectOther(model_, attempt.request, reply.seq - 1, attempt.clock_before,
                                    attempt.clock_after);
  if (expected && (!expected->changes || expected->outcome != reply.outcome)) {
    Fail("outcome", attempt, "another outcome applies");
  }
  if (reply.drop != nullptr && std::holds_alternative<Restock>(attempt.request)) {
    const DropModel* drop = model_.FindDrop(reply.drop->id.view());
    const bool same =
        drop != nullptr && drop->facts.At(reply.seq)->current == reply.drop->current_stock;
    if (!same) Fail("answer-as-stored", attempt, "another stock");
  }
  const OrderModel* order = model_.OrderAt(row->event.order_seq);
  if (order == nullptr) return;
  const OrderFacts* facts = order->facts.At(reply.seq);
  const bool same = reply.order.id == order->id && reply.order.status == facts->status &&
                    reply.order.quantity == facts->quantity;
  if (!same) Fail("answer-as-stored", attempt, "the order is in another state");
}

// --- rows --------------------------------------------------------------------------------------

void Checks::IndexAttempts() {
  for (const Attempt& attempt : input_.history->attempts) {
    if (const auto* place = std::get_if<PlaceOrder>(&attempt.request)) {
      attempts_of_order_[{place->drop.str(), place->user.str(), place->key.str()}].push_back(
          &attempt);
    } else if (std::string key = ScopedKey(attempt.request, model_); !key.empty()) {
      attempts_of_key_[std::move(key)].push_back(&attempt);
    }
  }
}

// Somebody was told about this row, or nobody was told anything.
bool Checks::Explains(const Attempt& attempt, std::uint64_t seq) const {
  if (attempt.unknown()) return true;
  const Reply& reply = attempt.reply;
  return reply.status.ok() && !reply.repeated && reply.seq == seq;
}

bool Checks::CreatedBy(const Attempt& attempt, const OrderModel& order) const {
  const auto& place = std::get<PlaceOrder>(attempt.request);
  const bool hold = place.hold.value_or(order.drop->hold);
  const std::int32_t ttl = hold ? place.ttl_seconds.value_or(order.drop->hold_seconds) : 0;
  return Explains(attempt, order.seq) && place.quantity == order.quantity &&
         ttl == order.ttl_seconds;
}

// A definite refusal left nothing, and nothing comes from nowhere.
void Checks::CheckRows() {
  for (const auto& [seq, order] : model_.orders()) {
    const auto& attempts = attempts_of_order_[{order->drop->id, order->user, order->key}];
    const bool explained = std::ranges::any_of(
        attempts, [&](const Attempt* attempt) { return CreatedBy(*attempt, *order); });
    if (explained) continue;
    violations_.push_back({"refused-left-nothing", "seq " + std::to_string(seq),
                           order->drop->id + "/" + order->user + "/" + order->key +
                               ": nobody was told of the order"});
  }
  for (std::uint64_t seq = 1; seq <= model_.head(); ++seq) {
    const LogRow* row = model_.RowAt(seq);
    if (row->is_order || row->event.key.empty()) continue;
    const auto found = attempts_of_key_.find(row->event.key);
    if (found == attempts_of_key_.end()) continue;
    const bool explained = std::ranges::any_of(
        found->second, [&](const Attempt* attempt) { return Explains(*attempt, seq); });
    if (explained) continue;
    violations_.push_back({"refused-left-nothing", "seq " + std::to_string(seq),
                           row->event.key + ": nobody was told of the change"});
  }
}

// Compares content: an id alone would be found again after a crash, with another order behind it.
void Checks::CheckIds() {
  std::map<OrderId, const Attempt*> known;
  for (const Attempt& attempt : input_.history->attempts) {
    const auto* place = std::get_if<PlaceOrder>(&attempt.request);
    if (place == nullptr || !attempt.answered() || attempt.reply.order.id.empty()) continue;
    const auto [found, is_new] = known.emplace(attempt.reply.order.id, &attempt);
    if (is_new) continue;
    const auto& other = std::get<PlaceOrder>(found->second->request);
    const Order& a = attempt.reply.order;
    const Order& b = found->second->reply.order;
    if (other.user != place->user || other.drop != place->drop || other.key != place->key ||
        a.quantity != b.quantity || a.amount != b.amount || a.created_at != b.created_at) {
      Fail("order-id-once", attempt,
           "the id was given to #" + std::to_string(found->second->number) + " before");
    }
  }
}

// --- the exact check ---------------------------------------------------------------------------

void Checks::CheckExactly() {
  for (const auto& [id, drop] : model_.drops()) {
    if (!drop->only_sold || drop->hold) continue;
    std::vector<Sale> sales;
    for (const OrderModel* order : drop->orders) {
      Sale sale{INT64_MAX, order->quantity};
      for (const Attempt* attempt : attempts_of_order_[{id, order->user, order->key}]) {
        if (CreatedBy(*attempt, *order))
          sale.invoked = std::min(sale.invoked, attempt->invoked_step);
      }
      sales.push_back(sale);
    }
    std::vector<SoldOutAnswer> refusals;
    for (const Attempt& attempt : input_.history->attempts) {
      const auto* place = std::get_if<PlaceOrder>(&attempt.request);
      if (place != nullptr && attempt.answered() && place->drop.view() == id &&
          attempt.reply.status.ok() && attempt.reply.outcome == Outcome::sold_out) {
        refusals.push_back({attempt.returned_step, place->quantity});
      }
    }
    for (std::string& wrong : CheckLinearizable(drop->init, std::move(sales), refusals)) {
      violations_.push_back({"linearizable", id, std::move(wrong)});
    }
  }
}

}  // namespace

void CheckSnapshot(Storage& storage, const EngineOptions& engine,
                   std::vector<Violation>* violations) {
  std::vector<LogRow> rows;
  if (const Status read = ReadWholeLog(storage, &rows); !read.ok()) {
    violations->push_back({"log", "database", read.ToString()});
    return;
  }
  Model model(engine, violations);
  for (const LogRow& row : rows) model.Fold(row);
  model.End();
  CheckTables(storage, model, violations);
}

void CheckEverything(Storage& storage, const CheckInput& input,
                     std::vector<Violation>* violations) {
  std::vector<LogRow> rows;
  if (const Status read = ReadWholeLog(storage, &rows); !read.ok()) {
    violations->push_back({"log", "database", read.ToString()});
    return;
  }
  Model model(input.engine, violations);
  for (const LogRow& row : rows) model.Fold(row);
  model.End();
  Checks checks(input, model, violations);
  checks.CheckHeads();
  checks.CheckReplies();
  checks.CheckRows();
  if (input.answered_after == 0 && input.at_the_end) checks.CheckExactly();
  checks.CheckIds();
  CheckTables(storage, model, violations);
}

}  // namespace livedrops::simulation
