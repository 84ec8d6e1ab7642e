// Simulate: many seeds, one after the other or on several threads, until one fails.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulation/verify.h"
#include "simulation/world.h"

namespace livedrops::simulation {

struct SimulateOptions {
  std::int64_t seeds = 1'000;
  std::uint64_t seed_base = 1;
  StorageKind storage = StorageKind::memory;
  std::string url;  // Of the PostgreSQL server; each seed makes a schema there and drops it.
  int jobs = 1;
  // Go on after a seed failed. A broken invariant ends the run all the same: it stops every engine.
  bool keep_going = false;
  // One seed in so many is run twice: what happens must be the same.
  int repeat_every = 64;
  Trace trace;
  // Called now and then, by one thread at a time.
  std::function<void(std::int64_t seeds_done, double seconds)> progress;
};

struct SimulateReport {
  std::int64_t seeds = 0;
  double seconds = 0;
  std::int64_t requests = 0;
  std::int64_t violations = 0;
  std::optional<std::uint64_t> first_failing_seed;
  std::vector<Violation> first_violations;  // Of that seed, the first ones.
};

SimulateReport Simulate(const SimulateOptions& options);

// The planted bugs that this program has: none but in livedrops-mutants.
struct MutantName {
  std::string name;
  std::string text;
};
std::vector<MutantName> Mutants();
// False when there is no such planted bug in this program. "none" is one.
bool ActivateMutant(const std::string& name);

// An assertion that aborts tells the seed first: the line is written to standard error, and the
// program ends with exit code 1.
void TellSeedOnAbort();
// "simulate --seeds 1 --seed-base 17 --storage memory". A URL may hold a password: it is not told.
std::string HowToReproduce(std::uint64_t seed, StorageKind storage);

}  // namespace livedrops::simulation
