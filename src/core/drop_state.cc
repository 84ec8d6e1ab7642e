#include "core/drop_state.h"

#include <algorithm>

#include "base/mutant.h"

namespace livedrops {
namespace {

void StoreBigEndian(std::uint64_t word, std::uint8_t* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(word >> (56 - 8 * i));
}

std::uint64_t LoadBigEndian(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word = word << 8 | bytes[i];
  return word;
}

// A table is made for this many records, then for sixteen times as many as it has, but not for more
// than the stock: a drop that hardly sells stays small.
constexpr std::uint64_t kFirstRoom = 4'096;
constexpr std::uint64_t kGrowth = 16;
constexpr std::uint64_t kRoomMax = 16'000'000;  // Beyond, tables only double.

// For how many records a full table of `used` is made anew. More than the stock when units came
// back or were added.
std::uint64_t RoomAfter(std::uint64_t used, std::int32_t stock) {
  const std::uint64_t wanted = std::clamp(used * kGrowth, kFirstRoom, kRoomMax);
  return std::max(std::min(wanted, static_cast<std::uint64_t>(stock)), used * 2);
}

}  // namespace

OrderId MakeOrderId(std::int64_t at_ms, std::uint64_t seq, std::uint32_t tag) {
  if (LD_MUTANT(ids_reused)) at_ms = tag = 0;
  std::array<std::uint8_t, 16> bytes;
  StoreBigEndian(static_cast<std::uint64_t>(at_ms) << 16 | 0x7000 | (seq >> 32 & 0xfff),
                 bytes.data());
  StoreBigEndian(std::uint64_t{2} << 62 | (seq & 0xffffffff) << 30 | (tag & kIdTagMask),
                 bytes.data() + 8);
  return OrderId(bytes);
}

std::uint64_t SeqOf(const OrderId& id) {
  const std::uint64_t high = LoadBigEndian(id.bytes().data());
  const std::uint64_t low = LoadBigEndian(id.bytes().data() + 8);
  return (high & 0xfff) << 32 | (low >> 30 & 0xffffffff);
}

std::uint32_t TagOf(const std::array<std::uint8_t, 16>& id) {
  return static_cast<std::uint32_t>(LoadBigEndian(id.data() + 8)) & kIdTagMask;
}

std::uint32_t DropState::FindOrder(const Hash128& key) const {
  return order_slots_.Find(key.low, [&](std::uint32_t i) { return orders[i].key == key; });
}

std::uint32_t DropState::FindUser(const Hash128& user) const {
  return user_slots_.Find(user.low, [&](std::uint32_t i) { return users[i].user == user; });
}

std::uint32_t DropState::FindSeq(std::uint64_t seq) const {
  std::uint32_t low = 0;
  std::uint32_t high = orders.size();
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (orders[middle].seq < seq) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < orders.size() && orders[low].seq == seq ? low : SlotTable::kNone;
}

std::uint32_t DropState::Append(const OrderHashes& hashes, OrderRecord record) {
  LD_ASSERT(orders.size() == 0 || orders.back().seq < record.seq);
  std::uint32_t user = FindUser(hashes.user);
  const std::int32_t stock = row.drop.init_stock;
  if (user == SlotTable::kNone) {
    user = users.size();
    if (!user_slots_.Fits(user + 1)) user_slots_.Grow(RoomAfter(user, stock));
    users.PushBack({hashes.user, 0, SlotTable::kNone});
    user_slots_.Insert(user, [&](std::uint32_t i) { return users[i].user.low; });
  }
  const std::uint32_t index = orders.size();
  if (!order_slots_.Fits(index + 1)) order_slots_.Grow(RoomAfter(index, stock));
  record.key = hashes.key;
  record.user = user;
  record.previous = users[user].last_order;
  orders.PushBack(record);
  order_slots_.Insert(index, [&](std::uint32_t i) { return orders[i].key.low; });
  users[user].last_order = index;
  return index;
}

void DropState::RemoveLast() {
  const std::uint32_t index = orders.size() - 1;
  const OrderRecord& order = orders[index];
  order_slots_.RemoveLast(order.key.low, index);
  UserRecord& user = users[order.user];
  user.last_order = order.previous;
  const bool user_was_new = order.previous == SlotTable::kNone && order.user + 1 == users.size();
  if (user_was_new) {
    user_slots_.RemoveLast(user.user.low, order.user);
    users.PopBack();
  }
  orders.PopBack();
}

std::uint32_t DropState::FindHold(std::uint32_t user) const {
  if (user == SlotTable::kNone) return SlotTable::kNone;
  std::uint32_t order = users[user].last_order;
  while (order != SlotTable::kNone && !IsLiveHold(orders[order])) order = orders[order].previous;
  return order;
}

std::optional<std::uint32_t> DropState::NextExpiring() {
  while (!expiries_.empty() && !Holds(expiries_.top())) expiries_.pop();
  if (expiries_.empty()) return std::nullopt;
  return expiries_.top().order;
}

std::optional<Time> DropState::NextDue() {
  std::optional<Time> due;
  if (!final())
    due = row.started ? row.drop.end_time : std::min(row.drop.start_time, row.drop.end_time);
  if (const auto order = NextExpiring()) {
    const Time at = ExpiresAt(orders[*order]);
    due = due ? std::min(*due, at) : at;
  }
  return due;
}

UnitsGiven DropState::UnitsSaid() const {
  const Drop& drop = row.drop;
  const std::int64_t given = std::int64_t{drop.init_stock} + drop.adjust - drop.current_stock;
  return {drop.held, given - drop.held};
}

UnitsGiven DropState::SumOrders() const {
  UnitsGiven sum;
  for (std::uint32_t i = 0; i < orders.size(); ++i) {
    const OrderRecord& order = orders[i];
    if (order.status == OrderStatus::held) sum.held += order.quantity;
    if (order.status == OrderStatus::confirmed) sum.confirmed += order.quantity;
  }
  return sum;
}

}  // namespace livedrops
