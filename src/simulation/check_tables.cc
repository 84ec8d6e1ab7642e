// The tables, as an engine loads them, against what the log says they must be.
#include "simulation/checks.h"

namespace livedrops::simulation {
namespace {

class TableChecks : public StateSink, public OrderSink {
 public:
  TableChecks(const Model& model, std::vector<Violation>* violations)
      : model_(model), violations_(*violations) {}

  void OnDrop(const DropRow& row) override;
  void OnProduct(const ProductRow&) override {}
  void OnCreator(const CreatorRow& row) override;
  void OnUser(const UserRow& row) override;
  void OnFollow(const FollowRow& row) override;
  void OnAccount(const Account&) override {}
  void OnSession(const Session&) override {}
  void OnKey(const EventRow& row) override;
  void OnOrder(const OrderRow& row, const OrderChange& present) override;

  // After all rows were seen: is one missing?
  void CheckCounts();

 private:
  void Expect(bool good, const char* what, const std::string& subject) {
    if (!good) violations_.push_back({"table-as-log", subject, what});
  }
  std::int64_t CountFollows(const std::string& id, bool of_creator) const;

  const Model& model_;
  std::vector<Violation>& violations_;
  std::size_t drops_ = 0;
  std::size_t orders_ = 0;
  std::int64_t follows_ = 0;
};

void TableChecks::OnDrop(const DropRow& row) {
  ++drops_;
  const DropModel* drop = model_.FindDrop(row.drop.id.view());
  const std::string id = row.drop.id.str();
  Expect(drop != nullptr, "drop without log row", id);
  if (drop == nullptr) return;
  const DropFacts& facts = drop->facts.Last();
  const Drop& table = row.drop;
  Expect(row.drop_no == drop->number, "number", id);
  Expect(table.init_stock == drop->init && table.adjust == facts.adjust, "init_stock, adjust", id);
  Expect(table.current_stock == facts.current, "current_stock", id);
  Expect(table.held == facts.held, "held", id);
  Expect(table.version == facts.version, "version", id);
  Expect(table.start_time == facts.start && table.end_time == facts.end, "window", id);
  Expect(row.started == facts.started && row.paused == facts.paused && row.ended == facts.ended &&
             row.cancelled == facts.cancelled,
         "state", id);
  Expect(table.low_stock == facts.low && table.max_per_order == facts.max_per_order &&
             table.max_per_user == facts.max_per_user && table.price.minor_units == facts.price,
         "limits, price", id);
}

std::int64_t TableChecks::CountFollows(const std::string& id, bool of_creator) const {
  std::int64_t count = 0;
  for (const auto& [pair, follow] : model_.follows()) {
    if (follow.Last() && (of_creator ? pair.first : pair.second) == id) ++count;
  }
  return count;
}

void TableChecks::OnCreator(const CreatorRow& row) {
  const std::string id = row.id.str();
  Expect(row.followers == CountFollows(id, true), "followers", "creator " + id);
  const auto aggregate = model_.aggregates().find("creator:" + id);
  const std::uint64_t events = aggregate == model_.aggregates().end() ? 0 : aggregate->second;
  Expect(row.aggregate_seq == events, "aggregate_seq", "creator " + id);
}

void TableChecks::OnUser(const UserRow& row) {
  const std::string id = row.id.str();
  Expect(row.following == CountFollows(id, false), "following", "user " + id);
  Expect(row.read_up_to == model_.Mark(id, model_.head()), "read_up_to", "user " + id);
}

void TableChecks::OnFollow(const FollowRow& row) {
  ++follows_;
  const bool follows = model_.Follows(row.creator.str(), row.user.str(), model_.head());
  Expect(follows, "follow without log row", row.creator.str() + "/" + row.user.str());
}

void TableChecks::OnKey(const EventRow& row) {
  const KeyedRow* key = model_.FindKey(row.key);
  Expect(key != nullptr && key->seq == row.seq, "key without log row", row.key);
}

void TableChecks::OnOrder(const OrderRow& row, const OrderChange& present) {
  ++orders_;
  const OrderModel* order = model_.OrderAt(row.seq);
  const std::string id = "order " + std::to_string(row.seq);
  Expect(order != nullptr, "order without log row", id);
  if (order == nullptr) return;
  const OrderFacts& facts = order->facts.Last();
  Expect(present.status == facts.status, "status", id);
  Expect(present.quantity == facts.quantity, "quantity", id);
  if (facts.status == OrderStatus::held) Expect(present.expires_at == facts.expires, "expires", id);
}

void TableChecks::CheckCounts() {
  Expect(drops_ == model_.drops().size(), "a drop is missing", "drops");
  Expect(orders_ == model_.orders().size(), "an order is missing", "orders");
  std::int64_t follows = 0;
  for (const auto& [pair, follow] : model_.follows()) follows += follow.Last() ? 1 : 0;
  Expect(follows == follows_, "a follow is missing", "follows");
}

}  // namespace

void CheckTables(Storage& storage, const Model& model, std::vector<Violation>* violations) {
  TableChecks checks(model, violations);
  const Result<Head> head = storage.LoadState(checks);
  std::vector<std::uint64_t> drops;
  for (const auto& [id, drop] : model.drops()) drops.push_back(drop->number);
  Status orders = head.status();
  if (head.ok() && !drops.empty()) orders = storage.LoadOrders(drops, head->seq, checks);
  if (!orders.ok()) {
    violations->push_back({"table-as-log", "database", orders.ToString()});
    return;
  }
  checks.CheckCounts();
}

}  // namespace livedrops::simulation
