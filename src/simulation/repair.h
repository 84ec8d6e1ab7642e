// repair: rebuilds the tables of the present state from the log.
//
// The log is what happened and is never changed; drops' stock and status, orders' present state,
// and the totals of creators and users only follow from it and can be written again.
#pragma once

#include <string>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops {

// "drop d1: current_stock 7 -> 9: the ledger ends at 9".
struct Correction {
  std::string subject;  // "drop d1"
  std::string field;    // "current_stock"
  std::string was;
  std::string becomes;
  std::string reason;
};
std::string ToString(const Correction& correction);

struct RepairReport {
  std::vector<Correction> corrections;
  bool applied = false;  // True when they were written; false for a dry run or nothing to do.
};

// Lists every correction; with `apply` writes them in one commit without log rows at the present
// head. Errors: corrupt when the log itself is damaged (its chain does not verify, or a row cannot
// follow the ones before): then nothing can be rebuilt from it and nothing is written; fenced when
// another process wrote meanwhile: nothing was written; those of the storage. Threading: one at a
// time; no engine should be writing, or it goes on with what it had in memory.
Result<RepairReport> Repair(Storage& storage, bool apply);

}  // namespace livedrops
