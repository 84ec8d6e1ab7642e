// DropState: a drop, its orders and its users in memory, as the decisions need them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "base/siphash.h"
#include "core/chunked.h"
#include "core/slot_table.h"
#include "livedrops/spi/storage.h"

namespace livedrops {

// 64 bytes an order. The texts of user and key are only in the log: here they are keyed hashes of
// 128 bits, which nobody outside can make collide.
struct OrderRecord {
  Hash128 key;  // Of (user, key).
  std::uint64_t seq = 0;
  std::int64_t at_ms = 0;
  std::uint32_t user = 0;      // Index of the UserRecord.
  std::uint32_t previous = 0;  // The user's order before this one, or SlotTable::kNone.
  std::int32_t quantity = 0;   // Present one.
  std::int32_t first_quantity = 0;
  std::uint32_t lives_ms = 0;  // A hold ends at at_ms + lives_ms; extending changes it.
  std::uint32_t id_tag = 0;    // The part of the order id that seq and at_ms do not give.
  std::uint16_t ttl_seconds = 0;
  OrderStatus status = OrderStatus::confirmed;
};
static_assert(sizeof(OrderRecord) <= 64);

struct UserRecord {
  Hash128 user;
  std::uint32_t units = 0;  // Held and confirmed.
  std::uint32_t last_order = SlotTable::kNone;
};

// The UUIDv7 of an order: milliseconds, then 44 bits of seq, then 30 bits that differ between
// histories, so that no id returns with other content after a failover.
OrderId MakeOrderId(std::int64_t at_ms, std::uint64_t seq, std::uint32_t tag);
std::uint64_t SeqOf(const OrderId& id);
std::uint32_t TagOf(const std::array<std::uint8_t, 16>& id);
constexpr std::uint32_t kIdTagMask = (1u << 30) - 1;

// The hashes of one request, computed once.
struct OrderHashes {
  Hash128 user;
  Hash128 key;
};

struct UnitsGiven {
  std::int64_t held = 0;
  std::int64_t confirmed = 0;
  bool operator==(const UnitsGiven&) const = default;
};

class DropState {
 public:
  explicit DropState(const DropRow& drop_row) : row(drop_row) {}

  std::uint32_t FindOrder(const Hash128& key) const;
  std::uint32_t FindUser(const Hash128& user) const;
  // The order with this seq; orders ascend by seq.
  std::uint32_t FindSeq(std::uint64_t seq) const;

  // Appends an order; makes the user's record when it is his first.
  std::uint32_t Append(const OrderHashes& hashes, OrderRecord record);
  // Takes back the last Append.
  void RemoveLast();

  // Brings what a request will be looked up by into the cache. The user's record comes a few
  // requests later: by then his slot, which tells where it is, has arrived.
  [[gnu::always_inline]] void Prefetch(const OrderHashes& hashes) {
    order_slots_.Prefetch(hashes.key.low);
    user_slots_.Prefetch(hashes.user.low);
    std::uint64_t& earlier = prefetched_users_[prefetched_++ % kPrefetchLag];
    const std::uint32_t user = user_slots_.Find(earlier, [](std::uint32_t) { return true; });
    if (user != SlotTable::kNone) __builtin_prefetch(&users[user]);
    earlier = hashes.user.low;
  }

  static Time ExpiresAt(const OrderRecord& order) {
    return TimeFromMs(order.at_ms + order.lives_ms);
  }
  static bool IsLiveHold(const OrderRecord& order) { return order.status == OrderStatus::held; }
  OrderId IdOf(const OrderRecord& order) const {
    return MakeOrderId(order.at_ms, order.seq, order.id_tag);
  }

  // The user's live hold of this drop, or kNone.
  std::uint32_t FindHold(std::uint32_t user) const;

  void PlanExpiry(std::uint32_t order) { expiries_.push({ExpiresAt(orders[order]), order}); }
  // The live hold that ends first. Drops plans that no longer hold.
  std::optional<std::uint32_t> NextExpiring();

  // When something happens without a request: start, end, the first expiry. Nothing when final.
  std::optional<Time> NextDue();

  // As the drop counts them, and as its orders add up.
  UnitsGiven UnitsSaid() const;
  UnitsGiven SumOrders() const;

  bool final() const { return row.ended || row.cancelled; }

  DropRow row;
  Chunked<OrderRecord> orders;
  Chunked<UserRecord> users;
  bool resident = true;          // False: the orders are only in the storage.
  std::uint64_t touched_by = 0;  // The batch that changed it last.
  std::optional<Time> planned;   // Its place in the state's list of what is due.

 private:
  struct Expiry {
    Time at;
    std::uint32_t order;
    bool operator>(const Expiry& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  bool Holds(const Expiry& plan) const {
    return plan.order < orders.size() && IsLiveHold(orders[plan.order]) &&
           ExpiresAt(orders[plan.order]) == plan.at;
  }

  SlotTable order_slots_;
  SlotTable user_slots_;
  static constexpr std::size_t kPrefetchLag = 8;
  std::array<std::uint64_t, kPrefetchLag> prefetched_users_{};
  std::size_t prefetched_ = 0;
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
};

}  // namespace livedrops
