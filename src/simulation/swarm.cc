#include "simulation/swarm.h"

namespace livedrops::simulation {
namespace {

// Off in a share of the seeds, else up to `most`, small values more often.
int Rate(Random* random, int on_permille, int most) {
  if (!random->Chance(on_permille)) return 0;
  return random->Int(1, random->Int(1, most));
}

template <class T>
T OneOf(Random* random, std::initializer_list<T> values) {
  return values.begin()[random->Below(static_cast<std::int64_t>(values.size()))];
}

void DrawWants(Swarm* swarm, Random* random) {
  const auto weigh = [&](Want want, int on_permille, int most) {
    swarm->wants[static_cast<std::size_t>(want)] = Rate(random, on_permille, most);
  };
  // A third of the seeds only sell: the exact check of one drop needs such.
  const int others = random->Chance(330) ? 0 : 700;
  weigh(Want::confirm, swarm->holds ? 900 : others / 4, 40);
  weigh(Want::extend, swarm->holds ? 500 : 0, 15);
  weigh(Want::cancel, others, 30);
  weigh(Want::restock, others, 15);
  weigh(Want::change, others, 10);
  weigh(Want::update, others / 2, 8);
  weigh(Want::follow, others / 2, 15);
  weigh(Want::product, others / 4, 4);
  weigh(Want::drop, others / 4, 4);
  weigh(Want::read, others / 4, 8);
  weigh(Want::account, others / 4, 5);
  swarm->wants[static_cast<std::size_t>(Want::place)] = 60;
}

void DrawShop(Swarm* swarm, Random* random) {
  swarm->processes = random->Chance(500) ? 1 : 2;
  swarm->clients = random->Int(1, 10);
  swarm->users = random->Int(1, swarm->clients);
  swarm->drops = random->Chance(600) ? 1 : random->Int(2, 3);
  swarm->wishes = random->Int(20, 110);
  swarm->stock_max = OneOf(random, {1, 3, 8, 20, 60});
  swarm->quantity_max = random->Int(1, 4);
  if (random->Chance(300)) swarm->max_per_order = random->Int(1, 4);
  if (random->Chance(400)) swarm->max_per_user = random->Int(1, 8);
  if (random->Chance(700)) swarm->low_stock = random->Int(1, swarm->stock_max);
  swarm->holds = random->Chance(500);
  swarm->hold_seconds = OneOf(random, {30, 45, 120, 600});
  swarm->late_start_permille = Rate(random, 300, 600);
  swarm->window = Duration(OneOf<std::int64_t>(random, {30'000, 300'000, 3'600'000, 86'400'000}));
  swarm->hold_asked_permille = Rate(random, 300, 500);
  swarm->replace_permille = swarm->holds ? Rate(random, 400, 400) : 0;
  swarm->deadline_permille = Rate(random, 400, 500);
  swarm->wrong_product_permille = Rate(random, 100, 50);
}

void DrawEngine(Swarm* swarm, Random* random) {
  swarm->client_turns_permille = random->Int(150, 700);
  swarm->idle_permille = Rate(random, 700, 700);
  swarm->abandon_permille = Rate(random, 500, 300);
  swarm->interlope_permille = swarm->processes > 1 ? Rate(random, 500, 300) : 0;
  swarm->orders_per_drop = OneOf(random, {1, 2, 4, 256});
  if (random->Chance(100)) swarm->waiting_per_drop = 2;
  swarm->snapshot_permille = Rate(random, 200, 10);
  swarm->engine.late_confirm =
      OneOf(random, {LateConfirm::refuse, LateConfirm::rehold, LateConfirm::refund});
  swarm->engine.holds_at_end = OneOf(random, {HoldsAtEnd::confirm, HoldsAtEnd::cancel});
  swarm->engine.live_holds_per_user_max = random->Chance(200) ? random->Int(1, 3) : 100;
}

void DrawClients(Swarm* swarm, Random* random) {
  swarm->duplicate_permille = Rate(random, 600, 300);
  swarm->echo_permille = Rate(random, 600, 200);
  swarm->variant_permille = Rate(random, 400, 150);
  swarm->answer_lost_permille = Rate(random, 500, 300);
  swarm->give_up_permille = random->Int(0, 500);
  swarm->tick_ms_max = OneOf(random, {0, 10, 200, 1'000, 5'000});
  swarm->jump_permille = Rate(random, 400, 20);
  swarm->jump_ms_max = OneOf<std::int64_t>(random, {2'000, 60'000, 900'000});
  swarm->skew_ms_max = random->Chance(300) ? 5'000 : 0;
}

void DrawFaults(Swarm* swarm, Random* random) {
  FaultRates& faults = swarm->faults;
  // A fifth of the seeds have no faults at all: what is wrong there is not the storage's doing.
  if (random->Chance(200)) return;
  faults.commit_before_permille = Rate(random, 600, 200);
  faults.commit_after_permille = Rate(random, 500, 150);
  faults.commit_lost_permille = Rate(random, 400, 150);
  faults.commit_late_permille = Rate(random, 500, 200);
  faults.lock_permille = Rate(random, 300, 200);
  faults.resolve_before_permille = Rate(random, 300, 400);
  faults.resolve_after_permille = Rate(random, 300, 300);
  faults.read_head_permille = Rate(random, 300, 200);
  faults.read_log_permille = Rate(random, 300, 200);
  faults.load_permille = Rate(random, 300, 300);
  faults.read_permille = Rate(random, 300, 200);
  faults.landing_permille = OneOf(random, {0, 30, 100, 400});
  swarm->burst_permille = Rate(random, 500, 800);
  swarm->crash_permille = Rate(random, 600, 30);
  swarm->crash_in_doubt_permille = Rate(random, 500, 1000);
  if (swarm->storage == StorageKind::memory) {
    swarm->failover_permille = Rate(random, 100, 15);
    return;
  }
  if (swarm->storage == StorageKind::postgres) {
    swarm->sessions_end_permille = Rate(random, 500, 30);
    return;
  }
  // Nothing of SQLite is under way when its call has returned; what may come back does so when the
  // power is cut or the log is recovered.
  faults.commit_late_permille = 0;
  DiskFaults& disk = swarm->disk;
  disk.sync_permille = Rate(random, 500, 200);
  disk.write_permille = Rate(random, 300, 40);
  disk.full_permille = Rate(random, 300, 40);
  disk.truncate_permille = Rate(random, 200, 100);
  disk.read_permille = Rate(random, 200, 20);
  swarm->kill_in_call_permille = Rate(random, 400, 60);
  swarm->power_cut_permille = Rate(random, 600, 20);
}

}  // namespace

Swarm DrawSwarm(StorageKind storage, Random* random) {
  Swarm swarm;
  swarm.storage = storage;
  DrawShop(&swarm, random);
  DrawWants(&swarm, random);
  DrawEngine(&swarm, random);
  DrawClients(&swarm, random);
  DrawFaults(&swarm, random);
  return swarm;
}

}  // namespace livedrops::simulation
