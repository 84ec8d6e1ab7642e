// Planted bugs, for the program livedrops-mutants only: the simulator must find each of them. Every
// other program compiles LD_MUTANT to `false`.
#pragma once

// X(name, what is broken)
#define LIVEDROPS_MUTANT_LIST(X)                                                        \
  X(no_stock_check, "an order is granted without looking at the stock")                 \
  X(false_sold_out, "the last unit is refused")                                         \
  X(no_key_check, "a retry is decided again")                                           \
  X(key_without_fingerprint, "another request with the same key gets the first answer") \
  X(no_user_limit, "the limit per user is not checked")                                 \
  X(ack_before_commit, "a grant is answered before its commit")                         \
  X(refusal_before_commit, "a refusal is answered before the commit it rests on")       \
  X(stale_refusal, "a refusal rests on a head that was not looked at")                  \
  X(unknown_is_failed, "a commit in doubt is answered as failed")                       \
  X(resolve_by_reading, "a commit in doubt is resolved by reading the head")            \
  X(no_undo, "what was decided on a failed batch stays decided")                        \
  X(hash_not_restored, "the chain goes on from a row that was undone")                  \
  X(ids_reused, "order ids restart after a crash")                                      \
  X(expiry_returns_twice, "an expired hold returns its units twice")                    \
  X(cancel_returns_all, "a partial cancel returns the whole order")                     \
  X(confirm_expired, "a hold is confirmed after its end")                               \
  X(sold_out_missing, "the soldOut event is not written")                               \
  X(low_stock_repeats, "lowStock is written again without a crossing")                  \
  X(stale_now, "the end of the window is compared with an old time")                    \
  X(restock_key_ignored, "a retried restock adds its units again")                      \
  X(pause_ignored, "a paused drop takes orders")                                        \
  X(fenced_forgotten, "whoever waited for a fenced commit is never answered")           \
  X(repeat_tells_present, "a repeat is answered with what became of the order since")   \
  X(deadline_ignored, "a request is decided after its deadline")                        \
  X(due_at_now, "an expiry bears the time when it was noticed")                         \
  X(follow_total_drifts, "an unfollow adds a follower")                                 \
  X(sync_left_out, "SQLite answers before the disk has the commit (--storage sqlite)")

#ifdef LIVEDROPS_MUTANTS

namespace livedrops {
enum class Mutant {
  none,
#define X(name, text) name,
  LIVEDROPS_MUTANT_LIST(X)
#undef X
};
inline Mutant active_mutant = Mutant::none;
}  // namespace livedrops

#define LD_MUTANT(name) (::livedrops::active_mutant == ::livedrops::Mutant::name)

#else

#define LD_MUTANT(name) false

#endif
