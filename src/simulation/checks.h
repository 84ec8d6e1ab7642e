// Checks: the whole history against the whole log.
#pragma once

#include <vector>

#include "simulation/history.h"
#include "simulation/model.h"

namespace livedrops::simulation {

struct CheckInput {
  const History* history = nullptr;
  EngineOptions engine;
  std::vector<Head> heads;          // Of the durable log, as they were seen.
  std::int64_t answered_after = 0;  // Earlier answers were checked before a standby took over.
  bool at_the_end = true;           // Everybody has been answered.
};

// Reads the log, folds it, and holds every answer, every row and every table against it.
void CheckEverything(Storage& storage, const CheckInput& input, std::vector<Violation>* violations);

// What is durable now, the log and the tables, without the answers.
void CheckSnapshot(Storage& storage, const EngineOptions& engine,
                   std::vector<Violation>* violations);

// The tables against the model. check_tables.cc
void CheckTables(Storage& storage, const Model& model, std::vector<Violation>* violations);

}  // namespace livedrops::simulation
