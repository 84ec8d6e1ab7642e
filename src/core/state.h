// State: everything that decisions need, in memory. It changes by one way only: Apply takes a log
// row.
//
// What this process decides, what another process wrote and what `verify` reads again go through
// the same Apply, so they cannot disagree.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/sha256.h"
#include "base/siphash.h"
#include "core/drop_state.h"
#include "core/undo_log.h"
#include "livedrops/spi/storage.h"

namespace livedrops {

struct Hash128Hasher {
  std::size_t operator()(const Hash128& hash) const { return hash.low; }
};

struct CreatorState {
  std::int64_t followers = 0;
  std::uint64_t aggregate_seq = 0;
};
struct UserState {
  std::int64_t following = 0;
  std::uint64_t aggregate_seq = 0;
  std::uint64_t read_up_to = 0;
};

// A command that carried a key.
struct KeyRecord {
  std::uint64_t seq = 0;
  std::uint64_t fingerprint = 0;
  std::string subject;
  Time at;
  std::int64_t price = 0;  // Of a drop as it was scheduled.
};

// What a batch has changed besides the log rows: which rows of the tables must be written.
struct Touched {
  std::vector<DropState*> drops;
  std::vector<std::string> creators;
  std::vector<std::string> users;
  std::vector<OrderChange> orders;  // May name an order twice; the last one counts.
  std::vector<FollowRow> follows;   // Likewise.

  void Clear() {
    drops.clear();
    creators.clear();
    users.clear();
    orders.clear();
    follows.clear();
  }
};

class State {
 public:
  explicit State(const ShopInfo& info);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // --- log rows ---------------------------------------------------------------------------------

  // The hash of the row that follows the present head.
  Hash ChainHash(const OrderRow& row, std::string_view drop_id, EventType type) {
    return ChainHash(row, drop_id, type, head_);
  }
  Hash ChainHash(const EventRow& row) { return ChainHash(row, head_); }
  // The hash of the row that follows another head.
  Hash ChainHash(const OrderRow& row, std::string_view drop_id, EventType type, const Head& after);
  Hash ChainHash(const EventRow& row, const Head& after);

  // Changes the state by a row that follows the head. `undo` and `touched` may be null (loading).
  // Errors: corrupt, when the row cannot follow the state.
  Status Apply(const OrderRow& row, DropState* drop, const OrderHashes& hashes);
  Status Apply(const EventRow& row);
  // A row of another process: its hash is checked too.
  Status ApplyForeign(const OrderRow& row);
  Status ApplyForeign(const EventRow& row);

  // Where the changes of the following Applies are recorded; null: nowhere.
  void Record(std::uint64_t batch, UndoLog* undo, Touched* touched);

  // --- loading ----------------------------------------------------------------------------------

  void Restore(const DropRow& row);
  // An order on its way from the storage into its drop. Reading asks the processor for the memory
  // that restoring needs: with some orders read ahead, loading a million takes a third less time.
  struct LoadedOrder {
    DropState* drop = nullptr;
    OrderHashes hashes;
    OrderRecord record;
  };
  LoadedOrder Read(const OrderRow& row, const OrderChange& present) const;
  // Ascending by seq. `late`: a drop that was not resident is loaded now, behind others' orders;
  // FindDropOfOrder will not find it.
  void Restore(const LoadedOrder& order, bool late);
  void Restore(const CreatorRow& row) {
    creators_[row.id.str()] = {row.followers, row.aggregate_seq};
  }
  void Restore(const UserRow& row) {
    users_[row.id.str()] = {row.following, row.aggregate_seq, row.read_up_to};
  }
  void Restore(const FollowRow& row) {
    follows_.insert(FollowHash(row.creator.view(), row.user.view()));
  }
  void RestoreKey(const EventRow& row);
  void RestoreHead(const Head& head, Time time);

  // --- reading ----------------------------------------------------------------------------------

  const Head& head() const { return head_; }
  // Engine time of the newest row.
  Time time() const { return time_; }
  void MoveTime(Time time);

  DropState* FindDrop(std::string_view id) const;
  DropState* FindDropNo(std::uint64_t drop_no) const;
  // The drop of the order with this seq, or null when no resident drop has it.
  DropState* FindDropOfOrder(std::uint64_t seq) const;
  bool SellsProduct(std::string_view product) const;
  bool IsFollowing(std::string_view creator, std::string_view user) const {
    return follows_.contains(FollowHash(creator, user));
  }
  const CreatorState& Creator(const std::string& id) const;
  const UserState& User(const std::string& id) const;
  const KeyRecord* FindKey(const std::string& scoped_key) const;
  int LiveHolds(const Hash128& user) const;
  std::uint64_t AggregateSeq(std::string_view aggregate) const;

  OrderHashes HashesOf(std::string_view user, std::string_view key) const;

  // Drops with something due until `now`, the earliest first; and when the next is due.
  DropState* NextDueDrop(Time now) const;
  std::optional<Time> NextDue() const;
  // Looks at the drop's plans again, after it changed.
  void Replan(DropState* drop);

  const std::vector<std::unique_ptr<DropState>>& drops() const { return drops_; }

 private:
  Hash128 FollowHash(std::string_view creator, std::string_view user) const;
  void Advance(std::uint64_t seq, const Hash& hash, Time at);
  void Touch(DropState* drop);
  CreatorState& TouchCreator(const std::string& id);
  UserState& TouchUser(const std::string& id);
  template <class Undo>
  void OnUndo(Undo undo) {
    if (undo_ != nullptr) undo_->Add(std::move(undo));
  }

  void ScheduleDrop(const EventRow& row);
  void ApplyToDrop(DropState* drop, const EventRow& row);
  void UpdateDrop(DropState* drop, const EventRow& row);
  void ApplyToOrder(DropState* drop, const EventRow& row);
  void ChangeOrder(DropState* drop, std::uint32_t index, OrderStatus status, std::int32_t quantity);
  void ExtendOrder(DropState* drop, std::uint32_t index, Time expires_at);
  void CountHold(const Hash128& user, int difference);
  void ApplyFollow(const EventRow& row);
  void RememberKey(const EventRow& row);
  void AddSegment(std::uint64_t seq, DropState* drop);
  Status CheckNext(std::uint64_t seq, std::uint64_t aggregate_seq, std::uint64_t expected) const;

  // Orders from `first_seq` on, until the next segment, are of this drop.
  struct Segment {
    std::uint64_t first_seq;
    DropState* drop;
  };
  struct Due {
    Time at;
    DropState* drop;
    bool operator<(const Due& other) const {
      return at != other.at ? at < other.at : drop->row.drop_no < other.drop->row.drop_no;
    }
  };

  SipKey sip_key_;
  Sha256 sha256_;
  std::string text_;  // Reused by ChainHash.
  Head head_;
  Time time_{};

  std::vector<std::unique_ptr<DropState>> drops_;
  std::unordered_map<std::string_view, DropState*> drops_by_id_;  // Views into the rows.
  std::unordered_map<std::uint64_t, DropState*> drops_by_no_;
  std::vector<Segment> segments_;
  std::set<Due> due_;
  std::unordered_map<std::string, CreatorState> creators_;
  std::unordered_map<std::string, UserState> users_;
  std::unordered_set<Hash128, Hash128Hasher> follows_;
  std::unordered_map<Hash128, int, Hash128Hasher> live_holds_;
  std::unordered_map<std::string, KeyRecord> keys_;

  std::uint64_t batch_ = 0;
  UndoLog* undo_ = nullptr;
  Touched* touched_ = nullptr;
};

}  // namespace livedrops
