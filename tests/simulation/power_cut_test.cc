// What survives when the power is cut: of the simulated disk, and of the real SQLite on it.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "livedrops/engine.h"
#include "livedrops/testing/sim_clock.h"
#include "service/sequencer.h"
#include "simulation/database.h"
#include "simulation/fault_vfs.h"

namespace livedrops::simulation {
namespace {

std::vector<std::uint8_t> Bytes(std::size_t count, std::uint8_t value) {
  return std::vector<std::uint8_t>(count, value);
}

std::vector<std::uint8_t> ReadAll(const DiskFile& file) {
  std::vector<std::uint8_t> bytes(file.size());
  file.Read(0, bytes.size(), bytes.data());
  return bytes;
}

TEST(DiskFile, KeepsWhatWasSynced) {
  Random random(1);
  DiskFile file;
  file.Write(0, Bytes(2'000, 7).data(), 2'000, &random);
  file.Sync();
  file.Write(100, Bytes(50, 9).data(), 50, &random);
  EXPECT_EQ(file.LoseUnsynced(&random, 0), 1u);
  EXPECT_EQ(ReadAll(file), Bytes(2'000, 7));
}

TEST(DiskFile, LosesWholeSectorsOfWhatWasNotSynced) {
  Random random(1);
  DiskFile file;
  file.Write(0, Bytes(4'096, 7).data(), 4'096, &random);
  file.Sync();
  file.Write(0, Bytes(4'096, 9).data(), 4'096, &random);
  const std::uint64_t lost = file.LoseUnsynced(&random, 500);
  const std::vector<std::uint8_t> bytes = ReadAll(file);
  EXPECT_GT(lost, 0u);
  EXPECT_LT(lost, 8u);
  EXPECT_EQ(std::ranges::count(bytes, 7), static_cast<std::int64_t>(lost * 512));
}

// As Linux does: the error is told once, then the pages count as clean.
TEST(DiskFile, ForgetsWhatAFailedSyncDidNotWrite) {
  Random random(1);
  DiskFile file;
  file.Write(0, Bytes(8'192, 7).data(), 8'192, &random);
  file.SyncInPart(&random);
  EXPECT_EQ(ReadAll(file), Bytes(8'192, 7));
  file.Sync();
  file.LoseUnsynced(&random, 1000);
  EXPECT_NE(ReadAll(file), Bytes(8'192, 7));
}

// --- SQLite ------------------------------------------------------------------------------------

// A connection of somebody else.
class Neighbour {
 public:
  Neighbour(SimDisk* disk, Clock* clock) : vfs_(disk, clock) {
    EXPECT_EQ(sqlite3_open_v2("shop.db", &db_, SQLITE_OPEN_READWRITE, vfs_.name().c_str()),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "SELECT count(*) FROM meta", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Neighbour() { Close(); }
  void Close() {
    vfs_.Kill();
    sqlite3_close(std::exchange(db_, nullptr));
  }

 private:
  FaultVfs vfs_;
  sqlite3* db_ = nullptr;
};

// A shop with one drop on a disk of its own, and a process that uses it.
class Shop {
 public:
  explicit Shop(std::uint64_t seed) : database_(StorageKind::sqlite, seed) {
    Start();
    CreateProduct product;
    product.id = ProductId("p");
    product.creator = CreatorId("c");
    product.name = "product";
    EXPECT_TRUE(engine_->products().Create(product).status.ok());
    CreateDrop drop;
    drop.id = DropId("d");
    drop.product = product.id;
    drop.end_time = clock_.Now() + Duration(3'600'000);
    drop.stock = 1'000;
    EXPECT_TRUE(engine_->drops().Create(drop).status.ok());
  }
  ~Shop() { Kill(); }

  void Start() {
    auto opened = database_.Open(&clock_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    vfs_ = std::move(opened->vfs);
    auto engine = Engine::Open(std::move(opened->storage), Options());
    ASSERT_TRUE(engine.ok()) << engine.status().ToString();
    engine_ = std::move(*engine);
  }
  void Kill() {
    if (vfs_ != nullptr) vfs_->Kill();
    engine_.reset();
    vfs_.reset();
  }
  void CutPower() {
    Kill();
    database_.disk()->CutPower();
    Start();
  }
  void FailSyncs(bool fail) {
    DiskFaults faults;
    faults.sync_permille = fail ? 1000 : 0;
    database_.disk()->set_faults(faults);
  }

  Reply Place(const std::string& key) { return engine_->orders().Place(Order(key)); }

  // The sync of a commit fails, and the process is gone before it can do anything about it.
  void DieInDoubt(const std::string& key) {
    Kill();
    auto opened = database_.Open(&clock_);
    ASSERT_TRUE(opened.ok());
    {
      Sequencer sequencer(opened->storage.get(), Options());
      ASSERT_TRUE(sequencer.Load().ok());
      // The first commit begins the log, with a sync of its own.
      EXPECT_TRUE(Commit(&sequencer, "before").ok());
      FailSyncs(true);
      EXPECT_EQ(Commit(&sequencer, key).code(), StatusCode::kOutcomeUnknown);
      FailSyncs(false);
      opened->vfs->Kill();
    }
    opened->storage.reset();
  }

  // Somebody else who has the file open: with him, nobody who closes it is the last one, who would
  // copy the log back.
  std::unique_ptr<Neighbour> OpenNeighbour() {
    return std::make_unique<Neighbour>(database_.disk(), &clock_);
  }

  bool Has(const OrderId& id) { return engine_->orders().Get(id).ok(); }

 private:
  static PlaceOrder Order(const std::string& key) {
    PlaceOrder place;
    place.drop = DropId("d");
    place.user = UserId("u");
    place.key = Key(key);
    return place;
  }
  static Status Commit(Sequencer* sequencer, const std::string& key) {
    const PlaceOrder place = Order(key);
    Reply reply;
    Ticket ticket;
    ticket.request.order = &place;
    ticket.reply = &reply;
    sequencer->Offer(&ticket);
    sequencer->Decide();
    sequencer->Take();
    Status committed = sequencer->CommitTaken();
    sequencer->Finish(committed);
    return committed;
  }
  EngineOptions Options() {
    EngineOptions options;
    options.clock = &clock_;
    options.ids = &ids_;
    return options;
  }

  SimDatabase database_;
  SimClock clock_;
  SequentialIds ids_;
  std::unique_ptr<FaultVfs> vfs_;
  std::unique_ptr<Engine> engine_;
};

constexpr std::uint64_t kDisks = 60;

TEST(PowerCut, TakesNoAcknowledgedOrder) {
  for (std::uint64_t seed = 0; seed < kDisks; ++seed) {
    Shop shop(seed);
    std::vector<OrderId> acknowledged;
    for (int i = 0; i < 8; ++i) {
      acknowledged.push_back(shop.Place("k" + std::to_string(i)).order.id);
    }
    shop.CutPower();
    for (const OrderId& id : acknowledged) EXPECT_TRUE(shop.Has(id)) << "disk " << seed;
  }
}

// The barrier and the checkpoint behind it make durable what a failed sync has left in doubt.
TEST(PowerCut, TakesNothingThatWasResolvedAfterAFailedSync) {
  for (std::uint64_t seed = 0; seed < kDisks; ++seed) {
    Shop shop(seed);
    shop.FailSyncs(true);
    EXPECT_EQ(shop.Place("doubted").status.code(), StatusCode::kOutcomeUnknown);
    shop.FailSyncs(false);
    const Reply again = shop.Place("doubted");
    ASSERT_TRUE(again.status.ok()) << again.status.ToString();
    const Reply next = shop.Place("next");
    shop.CutPower();
    EXPECT_TRUE(shop.Has(again.order.id)) << "disk " << seed;
    EXPECT_TRUE(shop.Has(next.order.id)) << "disk " << seed;
  }
}

// The process dies before it can resolve: the next one finds the commit in the system's cache, not
// on the disk, and must not build upon it.
TEST(PowerCut, TakesNothingThatWasAcknowledgedAfterAFailedSyncAndARestart) {
  for (std::uint64_t seed = 0; seed < kDisks; ++seed) {
    Shop shop(seed);
    shop.DieInDoubt("doubted");
    const auto neighbour = shop.OpenNeighbour();
    shop.Start();
    const Reply again = shop.Place("doubted");
    ASSERT_TRUE(again.status.ok()) << again.status.ToString();
    const Reply next = shop.Place("next");
    neighbour->Close();
    shop.CutPower();
    EXPECT_TRUE(shop.Has(again.order.id)) << "disk " << seed;
    EXPECT_TRUE(shop.Has(next.order.id)) << "disk " << seed;
  }
}

}  // namespace
}  // namespace livedrops::simulation
