// Bugs of storages, one line of harm each, for suite_finds_bugs_test.cc.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/tampered_storage.h"

namespace livedrops {

struct PlantedBug {
  std::string name;
  Hooks hooks;
  // Run on this case only; empty: on all. For bugs that would read freed memory elsewhere.
  std::string only_case = {};
};

std::vector<PlantedBug> CommitBugs();
std::vector<PlantedBug> ColumnBugs();
std::vector<PlantedBug> StateBugs();
std::vector<PlantedBug> LockBugs();
std::vector<PlantedBug> ListBugs();
std::vector<PlantedBug> CatalogBugs();

}  // namespace livedrops
