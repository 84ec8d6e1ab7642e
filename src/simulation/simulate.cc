#include "simulation/simulate.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "base/mutant.h"

namespace livedrops::simulation {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kViolationsKept = 20;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string active_name = "none";  // Of the planted bug.

// For the signal handler: what this thread is doing.
thread_local char reproduce_line[200];

void OnAbort(int) {
  std::size_t length = 0;
  while (length < sizeof reproduce_line && reproduce_line[length] != 0) ++length;
  static_cast<void>(!write(STDERR_FILENO, reproduce_line, length));
  _exit(1);
}

class Run {
 public:
  explicit Run(const SimulateOptions& options) : options_(options) {}

  void Work() {
    for (std::int64_t i = next_++; i < options_.seeds && !stop_; i = next_++) {
      RunSeed(options_.seed_base + static_cast<std::uint64_t>(i), i);
    }
  }

  SimulateReport Take() {
    report_.seconds = SecondsSince(start_);
    return std::move(report_);
  }

 private:
  void RunSeed(std::uint64_t seed, std::int64_t index) {
    std::snprintf(reproduce_line, sizeof reproduce_line, "simulate: aborted: %s\n",
                  HowToReproduce(seed, options_.storage).c_str());
    World world(options_.storage, seed, options_.trace, options_.url);
    world.Run();
    std::vector<Violation> violations = world.violations();
    if (options_.repeat_every > 0 && index % options_.repeat_every == 0 && violations.empty()) {
      World again(options_.storage, seed, {}, options_.url);
      again.Run();
      if (again.hash() != world.hash()) {
        violations.push_back({"deterministic", "seed", "the same seed gave another history"});
      }
    }
    Report(seed, world, violations);
  }

  void Report(std::uint64_t seed, const World& world, const std::vector<Violation>& violations) {
    const std::lock_guard lock(mutex_);
    ++report_.seeds;
    report_.requests += static_cast<std::int64_t>(world.attempts());
    report_.violations += std::ssize(violations);
    if (!violations.empty()) {
      if (!report_.first_failing_seed || seed < *report_.first_failing_seed) {
        report_.first_failing_seed = seed;
        const auto kept = std::min(violations.size(), kViolationsKept);
        report_.first_violations.assign(violations.begin(),
                                        violations.begin() + static_cast<std::ptrdiff_t>(kept));
      }
      if (!options_.keep_going || BrokenInvariant() != nullptr) stop_ = true;
    }
    if (options_.progress) options_.progress(report_.seeds, SecondsSince(start_));
  }

  const SimulateOptions& options_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  SimulateReport report_;
};

}  // namespace

SimulateReport Simulate(const SimulateOptions& options) {
  Run run(options);
  std::vector<std::thread> helpers;
  for (int i = 1; i < options.jobs; ++i) helpers.emplace_back([&] { run.Work(); });
  run.Work();
  for (std::thread& helper : helpers) helper.join();
  return run.Take();
}

std::vector<MutantName> Mutants() {
  std::vector<MutantName> names;
#ifdef LIVEDROPS_MUTANTS
#define X(name, text) names.push_back({#name, text});
  LIVEDROPS_MUTANT_LIST(X)
#undef X
#endif
  return names;
}

bool ActivateMutant(const std::string& name) {
  active_name = name;
  if (name == "none") return true;
#ifdef LIVEDROPS_MUTANTS
#define X(mutant, text)             \
  if (name == #mutant) {            \
    active_mutant = Mutant::mutant; \
    return true;                    \
  }
  LIVEDROPS_MUTANT_LIST(X)
#undef X
#endif
  return false;
}

void TellSeedOnAbort() { std::signal(SIGABRT, OnAbort); }

std::string HowToReproduce(std::uint64_t seed, StorageKind storage) {
  std::string command = "simulate --seeds 1 --seed-base " + std::to_string(seed) + " --storage ";
  constexpr const char* kNames[] = {"memory", "sqlite", "postgresql://..."};
  command += kNames[static_cast<std::size_t>(storage)];
  if (active_name != "none") command += " --mutant " + active_name;
  return command;
}

}  // namespace livedrops::simulation
