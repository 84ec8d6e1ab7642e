#include "simulation/database.h"

#include "base/assert.h"
#include "base/mutant.h"
#include "livedrops/testing/sim_clock.h"
#include "storage/sqlite/sqlite_storage.h"

namespace livedrops::simulation {
namespace {

constexpr char kPath[] = "shop.db";

SqliteOptions OptionsFor(const FaultVfs& vfs, int checkpoint_pages) {
  SqliteOptions options;
  options.vfs = vfs.name();
  options.checkpoint_pages = checkpoint_pages;
  if (LD_MUTANT(sync_left_out)) options.synchronous = SqliteOptions::Synchronous::normal;
  options.busy_deadline = Duration(0);  // One thread: nobody would ever let go.
  options.order_index = false;          // It sorts on a thread of its own.
  ShopInfo shop;
  shop.epoch = "simulation";
  shop.secret.fill(7);
  options.new_shop = shop;
  return options;
}

// A shop without anything in it. Making the schema costs as much as a whole simulation.
SimDisk::Image MakeEmptyShop() {
  SimDisk disk(1);
  SimClock clock;
  FaultVfs vfs(&disk, &clock);
  auto storage = OpenSqliteStorage(kPath, {}, OptionsFor(vfs, 1000));
  LD_ASSERT(storage.ok());
  if (!storage.ok()) return {};
  LD_ASSERT((*storage)->Close().ok());
  storage->reset();
  return disk.image();
}

}  // namespace

SimDatabase::SimDatabase(StorageKind kind, std::uint64_t seed, const std::string& url)
    : kind_(kind), seed_(seed | 1) {
  if (kind == StorageKind::postgres) {
    postgres_ = PostgresSchema::Make(url);
    return;
  }
  if (kind == StorageKind::memory) {
    memory_ = NewMemoryDatabase({.seed = seed_, .wait_for_lock = false});
    return;
  }
  static const SimDisk::Image kEmptyShop = MakeEmptyShop();
  disk_ = std::make_unique<SimDisk>(seed);
  disk_->Load(kEmptyShop);
  // Sometimes nearly every commit copies the log back, sometimes none does.
  constexpr int kCheckpointPages[] = {4, 12, 40, 250};
  checkpoint_pages_ = kCheckpointPages[seed % 4];
}

SimDatabase::~SimDatabase() = default;

Result<OpenedDatabase> SimDatabase::Open(Clock* clock) {
  OpenedDatabase opened;
  if (kind_ == StorageKind::memory) {
    opened.storage = OpenMemoryStorage(memory_);
    return opened;
  }
  if (kind_ == StorageKind::postgres) {
    if (!postgres_.ok()) return postgres_.status();
    auto storage = (*postgres_)->Open();
    if (!storage.ok()) return storage.status();
    opened.storage = std::move(*storage);
    return opened;
  }
  opened.vfs = std::make_unique<FaultVfs>(disk_.get(), clock);
  auto storage = OpenSqliteStorage(kPath, {}, OptionsFor(*opened.vfs, checkpoint_pages_));
  if (!storage.ok()) return storage.status();
  opened.storage = std::move(*storage);
  return opened;
}

void SimDatabase::FailOver(std::size_t commits_lost) {
  batches_.resize(batches_.size() - std::min(commits_lost, batches_.size()));
  memory_ = NewMemoryDatabase({.seed = seed_, .wait_for_lock = false});
  const auto standby = OpenMemoryStorage(memory_);
  Head head;
  for (const OwnedBatch& batch : batches_) {
    std::vector<OrderRow> views;
    const Status copied = standby->Commit(batch.View(&views), head);
    LD_ASSERT(copied.ok());
    head = batch.head;
  }
}

}  // namespace livedrops::simulation
