// Copy: a whole shop from one storage into another, row by row through the Storage SPI.
//
// The log goes over unchanged, in order, with its hashes; with each page of it the present state of
// the orders and drops that it is about. Then the other tables. The target's head says how far an
// earlier run came.
#pragma once

#include "cli/copy_dump.h"

namespace livedrops::cli {

struct CopyReport {
  Head head;                           // Of both, at the end.
  std::uint64_t resumed_at = 0;        // How much of the log an earlier run had written.
  std::vector<TableDump> tables;       // Of the source.
  std::vector<std::string> differing;  // Tables that are not the same in the target.
};

// What is done and how far it is, in log rows.
using CopyProgress = std::function<void(const char* what, std::uint64_t done, std::uint64_t total)>;

// `to` is a copy's target (StorageOptions::copy) and stays unfinished. Memory: 40 bytes for each
// order that was changed after its creation, and what Dump takes. Errors: invalid_argument when
// `to` holds something else than the beginning of `from`; unavailable when `from` is written to
// meanwhile or another copy runs; those of the storages.
Result<CopyReport> Copy(Storage& from, Storage& to, const CopyProgress& progress);

}  // namespace livedrops::cli
