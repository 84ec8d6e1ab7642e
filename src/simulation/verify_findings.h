// The invariants that verify knows, and the list of what it found.
#pragma once

#include <array>
#include <string>

#include "simulation/verify.h"

namespace livedrops {

// Each promise of CONTRACT §8, and what it rests on. X(name, text)
#define LIVEDROPS_INVARIANTS(X)                                                                 \
  X(accounts_equal_log, "accounts-equal-log") /* state of each account */                       \
  X(aggregate_gapless, "aggregate-gapless")   /* 1..n in each aggregate */                      \
  X(amount, "amount")                         /* quantity x unit price */                       \
  X(chain, "chain")                           /* each hash covers the last */                   \
  X(columns_equal_body, "columns-equal-body") /* what the chain does not hash itself */         \
  X(conservation, "conservation")             /* init + adjust = current + held + confirmed */  \
  X(creators_equal_log, "creators-equal-log")                                                   \
  X(drop_state, "drop-state") /* nothing sold while paused, ended, cancelled */                 \
  X(drops_equal_log, "drops-equal-log")                                                         \
  X(follower_totals, "follower-totals") /* total = rows of follows */                           \
  X(following_totals, "following-totals")                                                       \
  X(follows_equal_log, "follows-equal-log")                                                     \
  X(hold_expiry, "hold-expiry")       /* expired not before, confirmed not after its end */     \
  X(keys_equal_log, "keys-equal-log") /* commands that carried a key */                         \
  X(known_drop, "known-drop")         /* rows name scheduled drops */                           \
  X(ledger_balance, "ledger-balance") /* each balance, and the drop's stock at the end */       \
  X(ledger_sum_of_order, "ledger-sum-of-order") /* -quantity while held or confirmed, else 0 */ \
  X(low_stock_once_per_crossing, "low-stock-once-per-crossing")                                 \
  X(no_oversell, "no-oversell") /* confirmed <= init + adjust */                                \
  X(one_command_per_key, "one-command-per-key")                                                 \
  X(one_creating_event, "one-creating-event")                                                   \
  X(one_event_per_change, "one-event-per-change")                                               \
  X(one_order_per_key, "one-order-per-key") /* (user, drop, key) */                             \
  X(orders_equal_log, "orders-equal-log")                                                       \
  X(orders_listed, "orders-listed") /* each with its drop and its user, once */                 \
  X(per_order_limit, "per-order-limit")                                                         \
  X(per_user_limit, "per-user-limit")                                                           \
  X(products_equal_log, "products-equal-log")                                                   \
  X(readable, "readable")             /* no row is damaged */                                   \
  X(seq_contiguous, "seq-contiguous") /* the log is 1..n */                                     \
  X(sessions_equal_log, "sessions-equal-log")                                                   \
  X(sold_out_once_per_crossing, "sold-out-once-per-crossing")                                   \
  X(stock_range, "stock-range") /* 0 <= current <= init+adjust */                               \
  X(time_order, "time-order")   /* orders never go back */                                      \
  X(unique_order_id, "unique-order-id")                                                         \
  X(users_equal_log, "users-equal-log")                                                         \
  X(window, "window") /* start <= created < end */

enum class Invariant : std::uint8_t {
#define X(name, text) name,
  LIVEDROPS_INVARIANTS(X)
#undef X
};

std::string_view ToString(Invariant invariant);

class VerifyFindings {
 public:
  void Add(Invariant invariant, std::string subject, std::string detail);
  void Count(const std::string& what, std::int64_t rows) { report_.checked[what] = rows; }
  bool Has(Invariant invariant) const { return found_[static_cast<std::size_t>(invariant)] != 0; }
  VerifyReport Take(const Head& head);

 private:
  VerifyReport report_;
  std::array<std::int64_t, 64> found_{};
};

// Holds the columns of a log row that the chain does not hash against what it does hash.
class ColumnCheck {
 public:
  ColumnCheck(const EventRow& row, VerifyFindings* findings) : row_(row), findings_(*findings) {}

  void Text(const char* column, std::string_view is, std::string_view should) const {
    if (is != should) Differs(column, is, should);
  }
  template <class Integer>
  void Number(const char* column, Integer is, Integer should) const {
    if (is != should) Differs(column, std::to_string(is), std::to_string(should));
  }

 private:
  void Differs(const char* column, std::string_view is, std::string_view should) const;
  const EventRow& row_;
  VerifyFindings& findings_;
};

}  // namespace livedrops
