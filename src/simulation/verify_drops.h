// What the log says about drops and their orders, added up by arithmetic that shares nothing with
// the engine's State.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/siphash.h"
#include "simulation/verify_findings.h"

namespace livedrops {

// About 100 bytes each, with its key below.
struct FoldedOrder {
  std::uint64_t seq = 0;
  std::int64_t at_ms = 0;
  std::int64_t expires_ms = 0;  // Of a hold.
  std::int64_t ledger = 0;      // Sum of its ledger entries.
  std::uint64_t user = 0;       // Keyed hash.
  std::array<std::uint8_t, 16> id{};
  std::int32_t quantity = 0;
  std::uint32_t drop = 0;      // Index.
  std::uint32_t previous = 0;  // The drop's order before it: index + 1, or 0.
  OrderStatus status = OrderStatus::confirmed;

  OrderChange Present() const;
};

struct FoldedDrop {
  // As the table should show it, but for the stock, which is only put there by Expected.
  DropRow row;
  std::int64_t current = 0;
  std::int64_t held = 0;
  std::int64_t confirmed = 0;
  std::int64_t adjust = 0;
  std::int64_t last_at_ms = INT64_MIN;  // Of its newest order.
  std::int64_t first_at_ms = INT64_MAX;
  std::uint32_t last_order = 0;  // Index + 1.
  std::uint64_t reported = 0;    // A bit for each invariant that is told once for a drop.
  // Crossings that the next row of the drop must tell.
  bool low_stock_due = false;
  bool sold_out_due = false;
  std::uint64_t crossed_seq = 0;
  // Units held and confirmed of each user, while the drop limits them.
  std::optional<std::unordered_map<std::uint64_t, std::int64_t>> units;

  std::int64_t total() const { return row.drop.init_stock + adjust; }
  DropRow Expected() const;
};

class DropFold {
 public:
  DropFold(const SipKey& key, VerifyFindings* findings) : sip_key_(key), findings_(*findings) {}

  void OnOrder(const OrderRow& row);
  // Events of the aggregate "drop:ID".
  void OnEvent(const EventRow& row, std::string_view drop_id);
  // What can be said only at the end of the log.
  void Finish();

  FoldedDrop* FindDrop(std::string_view id);
  FoldedDrop* FindDropNo(std::uint64_t drop_no);
  const FoldedOrder* FindOrder(std::uint64_t seq) const;
  const std::vector<std::unique_ptr<FoldedDrop>>& drops() const { return drops_; }
  const std::vector<FoldedOrder>& orders() const { return orders_; }

 private:
  struct Level {
    std::int64_t current;
    std::int64_t left;
  };
  static Level LevelOf(const FoldedDrop& drop) { return {drop.current, drop.current + drop.held}; }

  void Schedule(const EventRow& row);
  void CheckGrant(const OrderRow& row, FoldedDrop* drop);
  void CheckCrossingsTold(FoldedDrop* drop, const EventRow* event);
  void MoveStock(FoldedDrop* drop, std::uint64_t seq, std::int64_t delta, std::int64_t balance);
  void CheckStock(FoldedDrop* drop, std::uint64_t seq, const Level& before, std::int64_t delta);
  void CheckColumns(const EventRow& row, const FoldedDrop& drop) const;
  std::int64_t ExpectedDelta(const EventRow& row) const;
  void ChangeDrop(FoldedDrop* drop, const EventRow& row);
  void UpdateDrop(FoldedDrop* drop, const EventRow& row);
  void ChangeOrder(FoldedDrop* drop, const EventRow& row);
  void ConfirmOrder(FoldedDrop* drop, FoldedOrder* order, const EventRow& row);
  void CancelOrder(FoldedDrop* drop, FoldedOrder* order, const EventRow& row);
  void SetOrder(FoldedDrop* drop, FoldedOrder* order, OrderStatus status, std::int64_t quantity);
  void CountUnits(FoldedDrop* drop);
  void CheckDuplicates();
  void Once(Invariant invariant, FoldedDrop* drop, std::uint64_t seq, const std::string& detail);
  void Unexpected(const FoldedOrder& order, const EventRow& row, const std::string& detail);

  // (user, drop, key) of each order, for the search for duplicates at the end.
  struct KeyOfOrder {
    Hash128 hash;
    std::uint64_t seq;
  };

  SipKey sip_key_;
  VerifyFindings& findings_;
  std::vector<std::unique_ptr<FoldedDrop>> drops_;
  std::unordered_map<std::string, FoldedDrop*> by_id_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_no_;
  std::vector<FoldedOrder> orders_;
  std::vector<KeyOfOrder> keys_;
  std::int64_t newest_order_ms_ = INT64_MIN;
};

// "order 01890a5d-…"
std::string OrderSubject(const std::array<std::uint8_t, 16>& id);

}  // namespace livedrops
