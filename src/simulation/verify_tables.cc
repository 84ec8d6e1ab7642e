#include "simulation/verify_tables.h"

#include <algorithm>

namespace livedrops {
namespace {

class DifferenceList {
 public:
  void Add(const char* field, const std::string& table, const std::string& log) {
    if (table != log) list_.push_back({field, table, log});
  }
  void Add(const char* field, std::string_view table, std::string_view log) {
    Add(field, std::string(table), std::string(log));
  }
  template <class Integer>
    requires std::is_integral_v<Integer>
  void Add(const char* field, Integer table, Integer log) {
    Add(field, std::to_string(table), std::to_string(log));
  }
  void Add(const char* field, Time table, Time log) { Add(field, ToMs(table), ToMs(log)); }
  std::vector<Difference> Take() { return std::move(list_); }

 private:
  std::vector<Difference> list_;
};

std::string Describe(const Difference& difference) {
  return difference.field + " is " + difference.table + ", the log gives " + difference.log;
}

}  // namespace

void TableSnapshot::OnFollow(const FollowRow& row) {
  follows.emplace(FollowName(row.creator.view(), row.user.view()), ToMs(row.since));
}

FollowCounts::FollowCounts(const std::unordered_map<std::string, std::int64_t>& follows) {
  for (const auto& [name, since] : follows) {
    const std::size_t space = name.find(' ');
    ++followers[name.substr(0, space)];
    ++following[name.substr(space + 1)];
  }
}

std::vector<Difference> CompareDrop(const DropRow& table, const FoldedDrop& log) {
  const DropRow expected = log.Expected();
  const Drop& a = table.drop;
  const Drop& b = expected.drop;
  DifferenceList list;
  list.Add("current_stock", a.current_stock, b.current_stock);
  list.Add("held", a.held, b.held);
  list.Add("init_stock", a.init_stock, b.init_stock);
  list.Add("adjust", a.adjust, b.adjust);
  list.Add("low_stock", a.low_stock, b.low_stock);
  list.Add("drop_id", a.id.view(), b.id.view());
  list.Add("creator_id", a.creator.view(), b.creator.view());
  list.Add("prod_id", a.product.view(), b.product.view());
  list.Add("unit_price", a.price.minor_units, b.price.minor_units);
  list.Add("currency", a.price.currency.view(), b.price.currency.view());
  list.Add("max_per_order", a.max_per_order, b.max_per_order);
  list.Add("max_per_user", a.max_per_user, b.max_per_user);
  list.Add("confirmation", ToString(a.confirmation), ToString(b.confirmation));
  list.Add("hold_seconds", a.hold_seconds, b.hold_seconds);
  list.Add("start", a.start_time, b.start_time);
  list.Add("end", a.end_time, b.end_time);
  list.Add("created", a.created_at, b.created_at);
  list.Add("version", a.version, b.version);
  list.Add("started", table.started, expected.started);
  list.Add("paused", table.paused, expected.paused);
  list.Add("ended", table.ended, expected.ended);
  list.Add("cancelled", table.cancelled, expected.cancelled);
  list.Add("fingerprint", table.fingerprint, expected.fingerprint);
  // The status as of the row's last commit.
  list.Add("status", ToString(a.status), ToString(StatusAt(expected, table.changed_at)));
  return list.Take();
}

std::vector<Difference> CompareOrder(const OrderChange& table, const FoldedOrder& log) {
  DifferenceList list;
  list.Add("status", ToString(table.status), ToString(log.status));
  list.Add("quantity", table.quantity, log.quantity);
  if (log.status == OrderStatus::held) {
    list.Add("expires", ToMs(table.expires_at), log.expires_ms);
  }
  return list.Take();
}

std::vector<Difference> CompareProduct(const ProductRow& row, const FoldedProduct& folded) {
  const Product& a = row.product;
  const Product& b = folded.product;
  DifferenceList list;
  list.Add("creator_id", a.creator.view(), b.creator.view());
  list.Add("name", a.name, b.name);
  list.Add("description", a.description, b.description);
  list.Add("price", a.price.minor_units, b.price.minor_units);
  list.Add("currency", a.price.currency.view(), b.price.currency.view());
  list.Add("media_url", a.media_url, b.media_url);
  list.Add("version", a.version, b.version);
  list.Add("created", a.created_at, b.created_at);
  list.Add("updated", a.updated_at, b.updated_at);
  list.Add("deleted", row.deleted, folded.deleted);
  return list.Take();
}

std::vector<Difference> CompareAccount(const Account& row, const FoldedAccount& folded) {
  DifferenceList list;
  list.Add("role", ToString(row.role), std::string_view(folded.role));
  list.Add("disabled", row.disabled, folded.disabled);
  list.Add("erased", row.erased, folded.erased);
  return list.Take();
}

std::vector<Difference> CompareSession(const Session& row, const FoldedSession& folded) {
  DifferenceList list;
  list.Add("user", row.user.view(), std::string_view(folded.user));
  list.Add("revoked", row.revoked, folded.revoked);
  return list.Take();
}

// --- orders --------------------------------------------------------------------------------------

void OrderComparer::OnOrder(const OrderRow& row, const OrderChange& present) {
  ++rows_;
  const std::vector<FoldedOrder>& orders = log_.orders();
  for (; next_ < orders.size() && orders[next_].seq < row.seq; ++next_) {
    findings_.Add(Invariant::orders_equal_log, OrderSubject(orders[next_].id),
                  "log row " + std::to_string(orders[next_].seq) + ": not among its drop's orders");
  }
  if (next_ == orders.size() || orders[next_].seq != row.seq) {
    findings_.Add(Invariant::one_creating_event, OrderSubject(row.order_id),
                  "row " + std::to_string(row.seq) + " is no order of the log");
    return;
  }
  const FoldedOrder& order = orders[next_++];
  if (!CompareOrder(present, order).empty()) different_.push_back(present);
}

void OrderComparer::Finish(const std::unordered_set<std::uint64_t>& changed_since) {
  const std::vector<FoldedOrder>& orders = log_.orders();
  for (; next_ < orders.size(); ++next_) {
    findings_.Add(Invariant::orders_equal_log, OrderSubject(orders[next_].id),
                  "log row " + std::to_string(orders[next_].seq) + ": not among its drop's orders");
  }
  std::erase_if(different_,
                [&](const OrderChange& row) { return changed_since.contains(row.seq); });
  for (const OrderChange& row : different_) {
    const FoldedOrder& order = *log_.FindOrder(row.seq);
    for (const Difference& difference : CompareOrder(row, order)) {
      const bool status = difference.field == "status";
      findings_.Add(status ? Invariant::one_event_per_change : Invariant::orders_equal_log,
                    OrderSubject(order.id),
                    "log row " + std::to_string(row.seq) + ": " + Describe(difference));
    }
  }
}

// --- the other tables ----------------------------------------------------------------------------

namespace {

void CompareDrops(const TableSnapshot& tables, LogFold* log, VerifyFindings* findings) {
  for (const auto& folded : log->drops().drops()) {
    const std::string subject = "drop " + folded->row.drop.id.str();
    const auto row = tables.drops.find(folded->row.drop_no);
    if (row == tables.drops.end()) {
      findings->Add(Invariant::drops_equal_log, subject, "scheduled in the log, but has no row");
      continue;
    }
    for (const Difference& difference : CompareDrop(row->second, *folded)) {
      const bool stock = difference.field == "current_stock";
      findings->Add(stock ? Invariant::ledger_balance : Invariant::drops_equal_log, subject,
                    Describe(difference));
    }
    if (!tables.products.contains(folded->row.drop.product.str())) {
      findings->Add(Invariant::products_equal_log, subject,
                    "its product " + folded->row.drop.product.str() + " has no row");
    }
  }
  for (const auto& [drop_no, row] : tables.drops) {
    if (log->drops().FindDropNo(drop_no) != nullptr) continue;
    findings->Add(Invariant::drops_equal_log, "drop " + row.drop.id.str(),
                  "has a row, but no log row schedules it");
  }
}

void CompareCreators(const TableSnapshot& tables, const LogFold& log, const FollowCounts& counts,
                     VerifyFindings* findings) {
  for (const std::string& id : KeysOf(tables.creators, log.creators)) {
    const CreatorRow row = ValueOr(tables.creators, id);
    const FoldedCreator folded = ValueOr(log.creators, id);
    const std::int64_t rows = ValueOr(counts.followers, id);
    if (row.followers != rows) {
      findings->Add(Invariant::follower_totals, "creator " + id,
                    "the total is " + std::to_string(row.followers) + ", the rows are " +
                        std::to_string(rows));
    }
    DifferenceList list;
    list.Add("followers", row.followers, folded.followers);
    list.Add("aggregate_seq", row.aggregate_seq, folded.aggregate_seq);
    for (const Difference& difference : list.Take()) {
      findings->Add(Invariant::creators_equal_log, "creator " + id, Describe(difference));
    }
  }
}

void CompareUsers(const TableSnapshot& tables, const LogFold& log, const FollowCounts& counts,
                  VerifyFindings* findings) {
  for (const std::string& id : KeysOf(tables.users, log.users)) {
    const UserRow row = ValueOr(tables.users, id);
    const FoldedUser folded = ValueOr(log.users, id);
    const std::int64_t rows = ValueOr(counts.following, id);
    if (row.following != rows) {
      findings->Add(Invariant::following_totals, "user " + id,
                    "the total is " + std::to_string(row.following) + ", the rows are " +
                        std::to_string(rows));
    }
    DifferenceList list;
    list.Add("following", row.following, folded.following);
    list.Add("aggregate_seq", row.aggregate_seq, folded.aggregate_seq);
    list.Add("read_up_to", row.read_up_to, folded.read_up_to);
    for (const Difference& difference : list.Take()) {
      findings->Add(Invariant::users_equal_log, "user " + id, Describe(difference));
    }
  }
}

void CompareFollows(const TableSnapshot& tables, const LogFold& log, VerifyFindings* findings) {
  for (const auto& [name, since] : log.follows) {
    const auto row = tables.follows.find(name);
    if (row == tables.follows.end()) {
      findings->Add(Invariant::follows_equal_log, "follow " + name, "in the log, but has no row");
    } else if (row->second != since) {
      findings->Add(Invariant::follows_equal_log, "follow " + name,
                    Describe({"since", std::to_string(row->second), std::to_string(since)}));
    }
  }
  for (const auto& [name, since] : tables.follows) {
    if (log.follows.contains(name)) continue;
    findings->Add(Invariant::follows_equal_log, "follow " + name,
                  "has a row, but the log has none");
  }
}

// Tables whose rows exist exactly when the log created them: `compare` gives the differences of
// two.
template <class Rows, class Folded, class Compare>
void CompareRows(const char* kind, Invariant invariant, const Rows& rows, const Folded& log,
                 Compare compare, VerifyFindings* findings) {
  for (const std::string& id : KeysOf(rows, log)) {
    const std::string subject = std::string(kind) + " " + id;
    const auto row = rows.find(id);
    const auto folded = log.find(id);
    if (row == rows.end()) {
      findings->Add(invariant, subject, "created in the log, but has no row");
    } else if (folded == log.end()) {
      findings->Add(invariant, subject, "has a row, but no log row creates it");
    } else {
      for (const Difference& difference : compare(row->second, folded->second)) {
        findings->Add(invariant, subject, Describe(difference));
      }
    }
  }
}

}  // namespace

void CompareTables(const TableSnapshot& tables, LogFold* log, VerifyFindings* findings) {
  const FollowCounts counts(tables.follows);
  CompareDrops(tables, log, findings);
  CompareCreators(tables, *log, counts, findings);
  CompareUsers(tables, *log, counts, findings);
  CompareFollows(tables, *log, findings);
  CompareRows("product", Invariant::products_equal_log, tables.products, log->products,
              CompareProduct, findings);
  CompareRows("account", Invariant::accounts_equal_log, tables.accounts, log->accounts,
              CompareAccount, findings);
  CompareRows("session", Invariant::sessions_equal_log, tables.sessions, log->sessions,
              CompareSession, findings);
  if (tables.commands_with_key != log->commands_with_key()) {
    findings->Add(Invariant::keys_equal_log, "keys",
                  std::to_string(tables.commands_with_key) + " are loaded, the log has " +
                      std::to_string(log->commands_with_key()));
  }
}

}  // namespace livedrops
