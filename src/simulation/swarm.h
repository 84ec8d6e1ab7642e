// Swarm: what kind of world a seed makes. Every seed draws its own rates and sizes, zeros included,
// so that rare mixtures come up which one fixed setting would never make. Groce et al., "Swarm
// testing", 2012.
#pragma once

#include <array>

#include "livedrops/engine.h"
#include "livedrops/testing/faulty_storage.h"
#include "simulation/fault_vfs.h"
#include "simulation/random.h"

namespace livedrops::simulation {

enum class StorageKind : std::uint8_t { memory, sqlite, postgres };

// What a client may want.
enum class Want : std::uint8_t {
  place,
  confirm,
  extend,
  cancel,
  restock,
  change,
  update,
  follow,
  product,
  drop,
  read,
  account
};
inline constexpr std::size_t kWants = 12;

struct Swarm {
  StorageKind storage = StorageKind::memory;

  // Who there is.
  int processes = 1;
  int clients = 4;
  int users = 4;  // Clients may share one.
  int drops = 1;
  int wishes = 60;  // Requests, without their retries.
  int steps_max = 2'000;
  std::array<int, kWants> wants{};

  // Drops.
  int stock_max = 10;
  int quantity_max = 3;
  int max_per_order = 0;
  int max_per_user = 0;
  int low_stock = 0;
  bool holds = false;
  int hold_seconds = 60;
  int late_start_permille = 0;
  Duration window{3'600'000};

  // Orders. In 1/1000.
  int hold_asked_permille = 0;
  int replace_permille = 0;
  int deadline_permille = 0;
  int wrong_product_permille = 0;
  int key_permille = 800;  // Commands that carry one.

  // Clients. In 1/1000 of their turns.
  int duplicate_permille = 0;  // The same request beside the one under way.
  int echo_permille = 0;       // The same request long after its answer.
  int variant_permille = 0;    // The same key with another request.
  int answer_lost_permille = 0;
  int give_up_permille = 100;  // After a definite failure, instead of a retry.

  // Processes. In 1/1000 of their turns.
  int client_turns_permille = 400;
  int idle_permille = 100;  // Slow in what it does next.
  int abandon_permille = 0;
  int interlope_permille = 0;  // Another process acts inside a storage call of this one.
  int orders_per_drop = 256;
  std::size_t waiting_per_drop = 1'000;
  EngineOptions engine;

  int snapshot_permille = 0;  // Somebody looks at everything that is durable now.

  // Time.
  int tick_ms_max = 100;
  int jump_permille = 0;
  std::int64_t jump_ms_max = 60'000;
  std::int64_t skew_ms_max = 0;

  // Faults. In 1/1000.
  FaultRates faults;
  DiskFaults disk;
  int burst_permille = 0;  // A commit fails, nothing done, right after another that failed.
  int crash_permille = 0;
  int crash_in_doubt_permille = 0;  // Instead of resolving a commit.
  int kill_in_call_permille = 0;    // SQLite: in the middle of a commit.
  int power_cut_permille = 0;       // SQLite.
  int failover_permille = 0;        // Memory: a standby takes over that lacks the last commits.
  int sessions_end_permille = 0;    // PostgreSQL: the server ends every session.
};

Swarm DrawSwarm(StorageKind storage, Random* random);

}  // namespace livedrops::simulation
