// FaultyStorage: a decorator round any Storage that fails as real ones do, before and after a step.
//
//   auto faults = std::make_shared<FaultInjector>(FailFirst(StorageCall::commit, Fault::after, 1));
//   auto engine = Engine::Open(NewFaultyStorage(std::move(storage), faults));
//
// The test keeps the injector: it counts, changes the plan, and outlives a crashed engine.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "livedrops/spi/storage.h"

namespace livedrops {

// The calls that can fail. `load` is LoadState and LoadOrders, `read` everything else that reads.
enum class StorageCall : std::uint8_t { read_head, commit, lock, resolve, read_log, load, read };
inline constexpr std::size_t kStorageCalls = 7;

enum class Fault : std::uint8_t {
  none,
  // Nothing is done: `unavailable`.
  before,
  // It is done and the answer is lost. Commit, Resolve: `outcome_unknown`, though it is durable. A
  // read hands out its rows and then says `unavailable`.
  after,
  // Commit only: `outcome_unknown`, not written and never will be.
  lost,
  // Commit only: `outcome_unknown`, not written yet. It is still under way and becomes durable
  // later, unless another row was written at its place in the log first: a barrier or somebody's
  // commit.
  late,
};
inline constexpr std::size_t kFaults = 5;

// What happens to the `nth` call (from 1) of its kind. `lost` and `late` count as `before` where
// they do not apply.
using FaultPlan = std::function<Fault(StorageCall call, std::uint64_t nth)>;
// Asked before each call while a commit is under way: does it become durable now?
using LandingPlan = std::function<bool(StorageCall call)>;

// The first `count` calls of this kind fail.
FaultPlan FailFirst(StorageCall call, Fault fault, std::uint64_t count);

// How often calls fail, in 1/1000.
struct FaultRates {
  int commit_before_permille = 0;
  int commit_after_permille = 0;
  int commit_lost_permille = 0;
  int commit_late_permille = 0;
  int lock_permille = 0;
  int resolve_before_permille = 0;
  int resolve_after_permille = 0;
  int read_head_permille = 0;
  int read_log_permille = 0;
  int load_permille = 0;
  int read_permille = 0;
  // A commit under way becomes durable before the next call.
  int landing_permille = 250;
};

// Threading: any thread. The plans are called by one thread at a time, not to use the injector.
class FaultInjector {
 public:
  // Never fails until it gets a plan. Without a landing plan a late commit waits for Land.
  explicit FaultInjector(FaultPlan plan = {}, LandingPlan lands = {});
  // The same seed fails the same calls.
  FaultInjector(std::uint64_t seed, const FaultRates& rates);
  ~FaultInjector();

  void SetPlan(FaultPlan plan);

  std::uint64_t calls(StorageCall call) const;
  std::uint64_t faults(Fault fault) const;

  bool HasCommitUnderWay() const;
  // Makes the commit under way durable through `storage`, any one on the same database: also after
  // the process that sent it has died. False when the log went on without it or there is none; it
  // is forgotten then. While the storage is `unavailable` it stays under way. Not to be called
  // while `storage` has the write lock.
  bool Land(Storage& storage);
  // What was under way never comes.
  void Forget();

 private:
  friend class FaultyStorage;
  struct LateCommit;

  void LandIfDue(StorageCall call, Storage& storage);
  Fault Next(StorageCall call);
  void Keep(const CommitBatch& batch, const Head& expected);
  bool LandLocked(Storage& storage);

  mutable std::mutex mutex_;
  FaultPlan plan_;
  LandingPlan lands_;
  std::array<std::uint64_t, kStorageCalls> calls_{};
  std::array<std::uint64_t, kFaults> faults_{};
  std::unique_ptr<LateCommit> late_;
};

// Never `fenced` where `inner` is not, never a wrong row: it only fails.
std::unique_ptr<Storage> NewFaultyStorage(std::unique_ptr<Storage> inner,
                                          std::shared_ptr<FaultInjector> faults);

}  // namespace livedrops
