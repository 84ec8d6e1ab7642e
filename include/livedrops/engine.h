// Engine: the single-threaded heart. It moves only when called, at the time its Clock tells and
// with ids from its IdSource: the same calls give the same results in a notebook, a test and the
// simulator. Hosts with threads use Service (service.h), which has the same engines by name.
#pragma once

#include <memory>

#include "livedrops/accounts.h"
#include "livedrops/audit.h"
#include "livedrops/drops.h"
#include "livedrops/follows.h"
#include "livedrops/notifications.h"
#include "livedrops/orders.h"
#include "livedrops/products.h"
#include "livedrops/spi/clock.h"
#include "livedrops/spi/id_source.h"
#include "livedrops/spi/order_port.h"
#include "livedrops/spi/storage.h"

namespace livedrops {

// What a confirmation that comes after its hold expired does.
enum class LateConfirm : std::uint8_t {
  refuse,  // order_state.
  rehold,  // Confirmed after all if the drop goes on and has stock left, else order_state.
  refund,  // As rehold; else writes refundDue once: the host owes money back.
};

// What happens to live holds when a drop ends.
enum class HoldsAtEnd : std::uint8_t { confirm, cancel };

struct EngineOptions {
  Clock* clock = nullptr;   // Null: SystemClock(). Must outlive the engine.
  IdSource* ids = nullptr;  // Null: SystemIdSource(). Must outlive the engine.
  LateConfirm late_confirm = LateConfirm::refuse;
  HoldsAtEnd holds_at_end = HoldsAtEnd::confirm;
  int live_holds_per_user_max = 100;  // Over all drops; more: user_limit_exceeded.
};

// Threading: one thread at a time, reads included.
class Engine {
 public:
  // Loads the shop. Errors: those of the storage; corrupt when the log's chain does not verify.
  static Result<std::unique_ptr<Engine>> Open(std::unique_ptr<Storage> storage,
                                              const EngineOptions& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Products products();
  Drops drops();
  Orders orders();
  Follows follows();
  Notifications notifications();
  Audit audit();
  Accounts accounts();

  // Applies and commits what is due by the clock: starts, ends, expiries.
  Status Advance();
  // When Advance has work to do next; nothing when no transition is planned.
  std::optional<Time> NextDue() const;

  // Requests of any kind in one call, decided in their order (spi/order_port.h).
  RequestPort& requests();
  // For a Relay, or to read what no engine offers; never to commit. Lives as long as the engine.
  Storage& storage();
  // Closes the storage; later calls answer `closed`. Errors: closed when called twice; those of the
  // storage.
  Status Close();

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace livedrops
