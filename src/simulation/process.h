// Process: one server of the simulation: a Sequencer on a storage that fails, driven step by step
// as the Service's threads would, in an order that the seed draws.
#pragma once

#include <memory>
#include <vector>

#include "livedrops/testing/faulty_storage.h"
#include "livedrops/testing/sim_clock.h"
#include "service/sequencer.h"
#include "simulation/database.h"
#include "simulation/history.h"
#include "simulation/watched_storage.h"

namespace livedrops::simulation {

class Process;

// What a process tells the world that it lives in.
class ProcessHost : public StorageWatcher {
 public:
  virtual Result<OpenedDatabase> OpenDatabase(Clock* clock) = 0;
  virtual void OnAnswer(Attempt* attempt) = 0;
  // The process died without an answer.
  virtual void OnLost(Attempt* attempt) = 0;
  // Somebody it can reach has a commit under way that may still land.
  virtual void OnLeftUnderWay(std::shared_ptr<FaultInjector> faults) = 0;
  virtual void OnAction(const Process& process, const char* action, const Status& status) = 0;
};

class Process {
 public:
  Process(int number, const Swarm* swarm, Random random, ProcessHost* host);
  ~Process();

  int number() const { return number_; }
  Clock& clock() { return clock_; }
  bool up() const { return sequencer_ != nullptr; }
  bool acting() const { return acting_; }
  // Below the faults.
  Storage* storage() { return watched_; }
  const Sequencer* sequencer() const { return sequencer_.get(); }

  // Opens the database and loads the shop. Not ok: it stays down; try again.
  Status Start();
  // Everything undecided and in flight is lost; what was sent to the storage may still land.
  void Crash();
  // The storage is good, or as bad as the seed says, from now on.
  void Heal() { healed_ = true; }
  void Harm() { healed_ = false; }
  // `latest` is what any clock of the world has ever shown: no engine's time is later.
  void SetTime(Time now, Time latest);

  // A commit of its own that is still under way becomes durable, if it still can.
  void Land();

  void Offer(Attempt* attempt);
  // One action of the Service's loop, or one half of a commit.
  void Act();
  // Acts without a choice until nothing is left to do, or nothing can be done now.
  void Drain();
  // Nothing waits, nothing is in flight, nothing is due.
  bool idle() const;

 private:
  Fault NextFault(StorageCall call);
  Fault NextCommitFault(const FaultRates& rates);
  void ActInFlight();
  void Recover();
  void ActFreely();
  void CommitTaken();
  void Hear();
  // Tells released answers, unless the process died while it acted.
  void Tell(const char* action, const Status& status = OkStatus());
  void MayDieSoon();
  bool has_due() const;

  const int number_;
  const Swarm& swarm_;
  Random random_;
  ProcessHost* host_;
  SimClock clock_;
  Time now_;  // What it shows.
  Time latest_;
  SequentialIds ids_;
  bool healed_ = false;
  bool acting_ = false;

  std::unique_ptr<FaultVfs> vfs_;
  Storage* watched_ = nullptr;  // Inside of faulty_.
  std::shared_ptr<FaultInjector> faults_;
  bool in_trouble_ = false;      // The last commit failed.
  std::optional<Fault> forced_;  // The next commit's.
  std::unique_ptr<Storage> faulty_;
  std::unique_ptr<Sequencer> sequencer_;
  std::optional<Status> committed_;  // Of the batch in flight.
  std::vector<Attempt*> waiting_;
};

}  // namespace livedrops::simulation
