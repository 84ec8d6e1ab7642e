#include "storage/memory/memory_checks.h"

#include <algorithm>
#include <map>
#include <string>

namespace livedrops::memory {
namespace {

Status Broken(std::string_view what, std::uint64_t number) {
  return {StatusCode::kBrokenInvariant, std::string(what) + ": " + std::to_string(number)};
}
Status Broken(std::string_view what, std::string_view name) {
  return {StatusCode::kBrokenInvariant, std::string(what) + ": " + std::string(name)};
}

// Every seq from the head's on once, and the new head that of the last row.
Status CheckSequence(const CommitBatch& batch, const Head& old_head) {
  Head head = old_head;
  auto order = batch.orders.begin();
  auto event = batch.events.begin();
  while (order != batch.orders.end() || event != batch.events.end()) {
    if (order != batch.orders.end() && order->seq == head.seq + 1) {
      head = {order->seq, order->hash};
      ++order;
    } else if (event != batch.events.end() && event->seq == head.seq + 1) {
      head = {event->seq, event->hash};
      ++event;
    } else {
      return Broken("no row for log position", head.seq + 1);
    }
  }
  if (batch.head != head) return Broken("head is not the last row's", batch.head.seq);
  return OkStatus();
}

bool HasDrop(std::uint64_t drop_no, const CommitBatch& batch, const MemoryTables& tables) {
  if (tables.drops.contains(drop_no)) return true;
  return std::any_of(batch.drops.begin(), batch.drops.end(),
                     [&](const DropRow& row) { return row.drop_no == drop_no; });
}

Status CheckOrders(const CommitBatch& batch, const MemoryTables& tables) {
  std::uint64_t known_drop = 0;
  for (const OrderRow& row : batch.orders) {
    const bool in_range = row.quantity >= 1 && row.amount >= 0 && row.amount <= kMoneyMax &&
                          row.balance >= 0 && row.ttl_seconds >= 0;
    if (!in_range) return Broken("number out of range in order", row.seq);
    if (row.user.empty() || row.key.empty()) return Broken("order without user or key", row.seq);
    if (row.drop_no != known_drop && !HasDrop(row.drop_no, batch, tables)) {
      return Broken("order of an unknown drop", row.drop_no);
    }
    known_drop = row.drop_no;
  }
  return OkStatus();
}

// How many units the order had at its creation; 0 when there is no such order.
std::int32_t FirstQuantity(std::uint64_t seq, const CommitBatch& batch, const MemoryLog& log) {
  if (const StoredOrder* stored = log.FindOrder(seq)) return stored->row.quantity;
  const auto row = std::lower_bound(
      batch.orders.begin(), batch.orders.end(), seq,
      [](const OrderRow& order, std::uint64_t wanted) { return order.seq < wanted; });
  return row != batch.orders.end() && row->seq == seq ? row->quantity : 0;
}

Status CheckEvents(const CommitBatch& batch, const MemoryLog& log, const MemoryTables& tables) {
  for (const EventRow& row : batch.events) {
    if (row.aggregate.empty()) return Broken("event without aggregate", row.seq);
    if (row.balance < 0) return Broken("negative balance in event", row.seq);
    if (row.drop_no != 0 && !HasDrop(row.drop_no, batch, tables)) {
      return Broken("event of an unknown drop", row.drop_no);
    }
    const bool has_order = row.order_seq < row.seq && FirstQuantity(row.order_seq, batch, log) != 0;
    if (row.order_seq != 0 && !has_order) return Broken("event of an unknown order", row.order_seq);
  }
  return OkStatus();
}

Status CheckChanges(const CommitBatch& batch, const MemoryLog& log) {
  for (const OrderChange& change : batch.order_changes) {
    const std::int32_t first_quantity = FirstQuantity(change.seq, batch, log);
    if (first_quantity == 0) return Broken("change of an unknown order", change.seq);
    if (change.quantity < 1 || change.quantity > first_quantity) {
      return Broken("quantity out of range in change of order", change.seq);
    }
  }
  return OkStatus();
}

Status CheckDrop(const DropRow& row, const CommitBatch& batch, const MemoryTables& tables) {
  const Drop& drop = row.drop;
  const std::int64_t total = std::int64_t{drop.init_stock} + drop.adjust;
  if (drop.current_stock < 0 || drop.held < 0 || drop.init_stock < 0 ||
      std::int64_t{drop.current_stock} + drop.held > total) {
    return Broken("stock out of range in drop", drop.id.view());
  }
  if (drop.low_stock < 0 || drop.max_per_order < 0 || drop.max_per_user < 0 ||
      drop.price.minor_units < 0 || drop.price.minor_units > kMoneyMax) {
    return Broken("number out of range in drop", drop.id.view());
  }
  if (!drop.id.valid() || row.drop_no == 0 || row.drop_no > batch.head.seq) {
    return Broken("drop without id or log row", row.drop_no);
  }
  const DropRow* by_id = tables.FindDrop(drop.id);
  const auto by_number = tables.drops.find(row.drop_no);
  const bool is_new = by_id == nullptr && by_number == tables.drops.end();
  const bool is_known = by_number != tables.drops.end() && by_id == &by_number->second;
  if (!is_new && !is_known) return Broken("drop has another number", drop.id.view());
  return OkStatus();
}

Status CheckDrops(const CommitBatch& batch, const MemoryTables& tables) {
  for (const DropRow& row : batch.drops) {
    if (Status status = CheckDrop(row, batch, tables); !status.ok()) return status;
  }
  return OkStatus();
}

// Emails are unique once all accounts of the batch are written.
Status CheckAccounts(const CommitBatch& batch, const MemoryTables& tables) {
  std::map<UserId, const Account*> written;
  for (const Account& account : batch.accounts) written[account.id] = &account;
  std::map<std::string_view, UserId> taken;
  for (const Account& account : batch.accounts) {
    if (!account.id.valid()) return Broken("account without id", account.id.view());
    if (account.email.empty()) continue;
    const auto old = tables.account_of_email.find(account.email);
    const bool kept_by_other = old != tables.account_of_email.end() && old->second != account.id &&
                               !written.contains(old->second);
    if (kept_by_other || !taken.emplace(account.email, account.id).second) {
      return Broken("email of two accounts", account.id.view());
    }
  }
  return OkStatus();
}

Status CheckOthers(const CommitBatch& batch) {
  for (const ProductRow& row : batch.products) {
    const std::int64_t price = row.product.price.minor_units;
    if (!row.product.id.valid() || price < 0 || price > kMoneyMax) {
      return Broken("no id or price out of range in product", row.product.id.view());
    }
  }
  for (const FollowRow& row : batch.follows) {
    if (!row.creator.valid() || !row.user.valid()) {
      return Broken("follow without creator or user", row.user.view());
    }
  }
  for (const CreatorRow& row : batch.creators) {
    if (!row.id.valid() || row.followers < 0) return Broken("creator row", row.id.view());
  }
  for (const UserRow& row : batch.users) {
    if (!row.id.valid() || row.following < 0) return Broken("user row", row.id.view());
  }
  for (const Session& session : batch.sessions) {
    if (session.id.empty()) return Broken("session without id of user", session.user.view());
  }
  return OkStatus();
}

}  // namespace

Status CheckBatch(const CommitBatch& batch, const MemoryLog& log, const MemoryTables& tables) {
  Status status = CheckSequence(batch, log.head());
  if (status.ok()) status = CheckOrders(batch, tables);
  if (status.ok()) status = CheckEvents(batch, log, tables);
  if (status.ok()) status = CheckChanges(batch, log);
  if (status.ok()) status = CheckDrops(batch, tables);
  if (status.ok()) status = CheckAccounts(batch, tables);
  if (status.ok()) status = CheckOthers(batch);
  return status;
}

}  // namespace livedrops::memory
