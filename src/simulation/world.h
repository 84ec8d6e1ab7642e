// World: one seed's clients, processes and database, and what happens to them. First anything may
// go wrong (safety); then everything is healed and everybody must get an answer (liveness).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/history.h"
#include "simulation/process.h"
#include "simulation/verify.h"
#include "simulation/workload.h"

namespace livedrops::simulation {

using Trace = std::function<void(const std::string& line)>;

class World : public ProcessHost {
 public:
  // `url`: of the server, for PostgreSQL.
  World(StorageKind storage, std::uint64_t seed, Trace trace, const std::string& url = "");
  ~World() override;

  // Lives the whole life and checks it.
  void Run();

  const std::vector<Violation>& violations() const { return violations_; }
  // Of everything that happened: the same seed gives the same.
  std::uint64_t hash() const { return hash_; }
  std::int64_t steps() const { return step_; }
  std::size_t attempts() const { return history_.attempts.size(); }

 private:
  Result<OpenedDatabase> OpenDatabase(Clock* clock) override;
  void OnAnswer(Attempt* attempt) override;
  void OnLost(Attempt* attempt) override;
  void OnLeftUnderWay(std::shared_ptr<FaultInjector> faults) override;
  void OnAction(const Process& process, const char* action, const Status& status) override;
  void BeforeCall() override;
  void OnHead(const Head& head) override;
  void OnCommitted(const CommitBatch& batch) override;

  void SetUp();
  void LiveDangerously();
  void Heal();
  void Check();
  void CheckNow(Storage& storage, bool at_the_end);

  void Turn();
  void ClientTurn();
  void ProcessTurn();
  void Nemesis();
  void MoveTime();
  void JumpClock();
  void LandSomething();
  void CutPower();
  void FailOver();
  void LookAtSnapshot();

  Wish* NewWish(int client, Request request);
  void Send(Wish* wish);
  void SendTo(Process* process, Wish* wish);
  bool RepeatSomething(int client);
  bool RetryAll();
  void Hear(Attempt* attempt);
  Process* SomebodyUp();
  void Fail(std::string invariant, std::string subject, std::string detail);
  void Mix(std::uint64_t word);
  void Note(const std::string& line);

  Random random_;
  Swarm swarm_;
  Trace trace_;
  SimDatabase database_;
  Workload workload_;
  History history_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::shared_ptr<FaultInjector>> under_way_;  // Of processes that died.
  std::vector<std::vector<Wish*>> open_;  // By client: neither decided nor given up.
  std::vector<std::vector<Wish*>> all_;   // By client.

  std::int64_t step_ = 0;
  std::int64_t now_ms_ = 0;
  std::int64_t latest_ms_ = 0;         // That any clock has shown.
  std::vector<std::int64_t> skew_ms_;  // By process.
  Head head_;                          // Of the durable log.
  std::vector<Head> heads_;            // Every one that was seen, for the check at the end.
  std::vector<Head> batch_ends_;       // One for each commit, for the standby.
  int wishes_ = 0;
  std::int64_t power_in_danger_until_ = 0;
  bool healed_ = false;
  bool interloping_ = false;
  std::int64_t checked_step_ = 0;  // Answers until then have been checked: a standby took over.
  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::vector<Violation> violations_;
};

}  // namespace livedrops::simulation
