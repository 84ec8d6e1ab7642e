// verify: proves on any database, at rest or live, everything that CONTRACT §8 promises.
//
// It folds the log with arithmetic of its own and compares the tables with what comes out, so that
// neither the engine nor a storage can vouch for itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops {

// One promise that does not hold. `invariant` is a name of InvariantNames(); `subject` the log row
// ("seq 17"), drop, order, creator or user concerned; `detail` what was found and what should be.
struct Violation {
  std::string invariant;
  std::string subject;
  std::string detail;
};

struct VerifyReport {
  bool ok = true;
  Head head;  // The last row that was checked.
  // How many rows of each kind were checked: log_rows, drops, orders, follows, ...
  std::map<std::string, std::int64_t> checked;
  // The first ones of each invariant, in log order; `violations_found` counts all.
  std::vector<Violation> violations;
  std::int64_t violations_found = 0;
};

// Called from time to time with how many of how many log rows are done.
using VerifyProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Checks the log up to the head of one snapshot of the tables. On a live database, where the tables
// of orders go on changing, orders that changed after that head are left to the next run.
// Memory: about 150 bytes for each order. Errors: those of the storage when it cannot be read at
// all; damage that can be read, a bit that flipped or a row that was edited, is a violation.
// Threading: reads only; beside a running engine of any process.
Result<VerifyReport> Verify(Storage& storage, const VerifyProgress& progress = {});

// Every invariant by name, in alphabetical order.
std::vector<std::string> InvariantNames();

}  // namespace livedrops
