// What `livedrops bench` measures: a flash crowd on one drop, and what becomes of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench_crowd.h"
#include "livedrops/open.h"

namespace livedrops::cli {

struct BenchOptions {
  std::string url;
  int in_flight = 1000;
  double seconds = 5;
  std::uint32_t users = 1'000'000;
  int duplicate_percent = 2;
  int hold_percent = 2;
  bool bare = false;
  bool cold = false;
  std::string report;
};

// A moment of the run, for the progress bar and the report. `second` counts the crowd's time only.
struct BenchSample {
  double second = 0;
  double granted_per_second = 0;
  std::uint64_t refused = 0;
  std::int64_t stock = 0;
};

// One line of the table of what must hold whatever happened.
struct BenchCheck {
  std::string what;
  std::string found;
  bool ok = false;
};

struct BenchBare {
  double orders_per_second = 0;
  double ratio = 0;  // Of the engine's rate to it.
  Histogram commits;
};

struct BenchCold {
  double orders_per_second = 0;
  Histogram latencies;
};

struct BenchResult {
  double seconds = 0;
  CrowdCounts crowd;  // Of the measured time.
  double accepted_per_second = 0;
  double refused_per_second = 0;
  double orders_per_commit = 0;
  Histogram latencies;
  std::int64_t stock = 0;
  std::int64_t units = 0;  // Sold and held.
  std::optional<BenchBare> bare;
  std::optional<BenchCold> cold;
  std::vector<BenchSample> samples;
  std::vector<BenchCheck> checks;

  bool ok() const;
};

// `progress` is called about ten times a second with what part of the run is done.
using BenchProgress = std::function<void(const BenchSample& now, double part)>;

// Errors: invalid_argument for options that do not fit together; those of the storage.
Result<BenchResult> RunBench(const BenchOptions& options, const BenchProgress& progress);

// Reads the log rows of the drop again and compares them with what the crowd was told.
Result<std::vector<BenchCheck>> CheckBench(Storage& storage, const DropId& drop,
                                           std::uint64_t after_seq, const CrowdCounts& told);

}  // namespace livedrops::cli
