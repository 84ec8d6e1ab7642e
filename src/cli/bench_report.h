// The page that `livedrops bench --report` writes: one file, without scripts and without a network.
#pragma once

#include <string>

#include "cli/bench_run.h"

namespace livedrops::cli {

std::string BenchReport(const BenchOptions& options, const BenchResult& result);

}  // namespace livedrops::cli
