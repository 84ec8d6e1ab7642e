// repair: rebuilds the tables of the present state from the log.
//
// The log is what happened and is never changed; what only follows from it can be written again:
// stock and status of drops, present state of orders, totals, follows, products, the states of
// accounts and sessions. What it never knew cannot: names and emails, hashes of passwords and
// tokens.
#pragma once

#include <string>
#include <vector>

#include "simulation/verify.h"

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
  // What is wrong and stays wrong: no correction for it follows from the log.
  std::vector<Violation> remaining;
};

// Lists every correction; with `apply` writes them in one commit without log rows at the present
// head. Errors: corrupt when the log itself is damaged (its chain does not verify, a column that
// the chain does not cover contradicts it, or a row cannot follow the ones before): then nothing
// can be rebuilt from it and nothing is written; fenced when another process wrote meanwhile:
// nothing was written; those of the storage. Threading: one at a time; an engine that has the shop
// open would go on with what it has in memory: StorageOptions::rebuild_lists refuses that at open.
Result<RepairReport> Repair(Storage& storage, bool apply);

}  // namespace livedrops
