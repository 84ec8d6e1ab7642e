// Decider: turns requests into outcomes and log rows. It reads the state, emits rows, and lets the
// state apply them; it never changes the state in another way.
#pragma once

#include <string>

#include "core/batch.h"
#include "core/pending_tables.h"
#include "livedrops/engine.h"

namespace livedrops {

class Decider {
 public:
  Decider(State* state, const EngineOptions& options) : state_(*state), options_(options) {}

  // The following decisions are taken at `now` and go to `batch`.
  void Begin(Batch* batch, Time now);
  Time now() const { return now_; }

  // Emits what is due of this drop until now: start, end, expiries, each at its due time. Emits at
  // most
  // `*budget` rows and subtracts them; false when more is due.
  bool EmitDue(DropState* drop, int* budget);

  // The drop must be resident and nothing of it due. `drop` is null when there is no such drop.
  void Place(const PlaceOrder& order, const OrderHashes& hashes, DropState* drop, Reply* reply);

  // Commands on an order; `drop` as above, or null when there is no such order.
  void Decide(const ConfirmOrder& confirm, DropState* drop, Reply* reply);
  void Decide(const livedrops::ExtendOrder& extend, DropState* drop, Reply* reply);
  void Decide(const CancelOrder& cancel, DropState* drop, Reply* reply);

  // Commands on a drop.
  void Decide(const livedrops::UpdateDrop& update, DropState* drop, Reply* reply);
  void Decide(const ChangeDrop& change, DropState* drop, Reply* reply);
  void Decide(const Restock& restock, DropState* drop, Reply* reply);

  void Decide(const FollowCreator& follow, Reply* reply);
  void Decide(const MarkRead& mark, Reply* reply);

  // These read the tables: nothing may be in flight, and the batch must be empty.
  void Decide(const CreateDrop& create, const PendingTables& tables, Reply* reply);
  void Decide(const CreateProduct& create, const PendingTables& tables, Reply* reply);
  void Decide(const UpdateProduct& update, const PendingTables& tables, Reply* reply);
  void Decide(const DeleteProduct& del, const PendingTables& tables, Reply* reply);
  void Decide(const CreateAccount& create, const PendingTables& tables, Reply* reply);
  void Decide(const UpdateAccount& update, const PendingTables& tables, Reply* reply);
  void Decide(const ChangeAccount& change, const PendingTables& tables, Reply* reply);
  void Decide(const OpenSession& open, const PendingTables& tables, Reply* reply);
  void Decide(const RotateSession& rotate, const PendingTables& tables, Reply* reply);
  void Decide(const RevokeSession& revoke, const PendingTables& tables, Reply* reply);

  // The row that marks a resolved commit (Storage::Resolve), for the head that was found.
  EventRow BarrierRow(const Head& found, Time now);

 private:
  // What a command's key says: decide, or answer as before.
  enum class KeyCheck { kNew, kRepeated, kDiffers };
  struct Command {
    UserId actor;
    std::string scoped_key;  // Empty: without a key.
    std::uint64_t fingerprint = 0;
    std::optional<Time> due;             // When it happened; nothing: now.
    const KeyRecord* earlier = nullptr;  // The command that this one repeats.
  };
  Command Identify(std::string_view scope, const UserId& actor, const Key& key,
                   const std::string& request_text) const;
  KeyCheck CheckKey(Command* command, Reply* reply) const;
  std::uint64_t Fingerprint(const std::string& text) const;

  struct Grant {
    std::int32_t ttl_seconds = 0;
    std::uint32_t replaced = SlotTable::kNone;  // The hold that the order replaces.
    std::int32_t replaced_units = 0;
  };
  Grant PlanGrant(const PlaceOrder& order, const OrderHashes& hashes, const DropState& drop) const;
  Outcome Rank(const PlaceOrder& order, const OrderHashes& hashes, DropState* drop,
               const Grant& grant) const;
  Outcome RankState(const PlaceOrder& order, const DropState& drop) const;
  Outcome RankStock(const PlaceOrder& order, const OrderHashes& hashes, const DropState& drop,
                    const Grant& grant) const;
  void EmitOrder(const PlaceOrder& order, const OrderHashes& hashes, DropState* drop,
                 std::int32_t ttl_seconds);

  // Emits an event of the drop; fills in what every event has.
  EventRow DropEvent(EventType type, const DropState& drop, std::string_view actor) const;
  EventRow OrderEvent(EventType type, const DropState& drop, std::uint32_t index,
                      std::string_view actor, std::int32_t delta) const;
  void Emit(EventRow row);
  void EmitForCommand(EventRow row, const Command& command, Reply* reply);
  // Emits lowStock and soldOut when the change since `before` crossed them.
  struct Level {
    std::int32_t current;
    std::int32_t left;
  };
  static Level LevelOf(const DropState& drop) {
    return {drop.row.drop.current_stock, drop.row.drop.current_stock + drop.row.drop.held};
  }
  void EmitCrossings(const DropState& drop, const Level& before);
  void EmitStart(DropState* drop, Time at, std::string_view actor, const Command* command,
                 Reply* reply);
  void EmitEnd(DropState* drop, Time at, std::string_view actor, const Command* command,
               Reply* reply);
  void EmitExpiry(DropState* drop, std::uint32_t index, Time at);
  void CancelHolds(DropState* drop, Time at, std::string_view actor);
  void CancelUnits(DropState* drop, std::uint32_t index, std::int32_t units, const Command& command,
                   Reply* reply);
  void ConfirmLate(const ConfirmOrder& confirm, DropState* drop, std::uint32_t index,
                   const Command& command, Reply* reply);
  void ConfirmUnits(DropState* drop, std::uint32_t index, std::int32_t units,
                    const Command& command, Reply* reply);

  // The order that a command names, or kNone.
  static std::uint32_t FindOrder(const OrderId& id, const DropState* drop);

  void AnswerOrder(const DropState& drop, const OrderRecord& order, bool first_answer,
                   Reply* reply) const;
  void AnswerDrop(const DropState& drop, Reply* reply) const;
  // The drop as it was answered when `create` made it.
  static void AnswerScheduled(const CreateDrop& create, const DropState& drop,
                              const KeyRecord& made, Reply* reply);

  EventRow CreatorEvent(EventType type, std::string_view creator, std::string_view subject,
                        std::string_view actor) const;
  EventRow UserEvent(EventType type, std::string_view user, std::string_view subject,
                     std::string_view actor) const;

  State& state_;
  EngineOptions options_;
  Batch* batch_ = nullptr;
  Time now_{};
};

}  // namespace livedrops
