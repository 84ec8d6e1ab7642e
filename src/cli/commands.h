// The commands of the `livedrops` program. Each file adds its own; main.cc lists them.
#pragma once

#include <CLI/CLI.hpp>

namespace livedrops::cli {

// CONTRACT §7: what the program's exit code says.
enum ExitCode { kDone = 0, kRefused = 1, kCouldNotRun = 2, kUsage = 64 };

// What every command shares. `exit_code` is what main returns after the command ran.
struct Context {
  bool json = false;
  int exit_code = kDone;
  char** arguments = nullptr;  // As main got them: the program's name first, null behind the last.
};

void AddReplay(CLI::App& app, Context* context);         // replay
void AddVerify(CLI::App& app, Context* context);         // verify, repair
void AddSimulate(CLI::App& app, Context* context);       // simulate
void AddBench(CLI::App& app, Context* context);          // bench
void AddImportFollows(CLI::App& app, Context* context);  // import-follows
void AddChanges(CLI::App& app, Context* context);        // create-..., follow, order, confirm, ...
void AddReads(CLI::App& app, Context* context);          // drop, drops, order-status, orders, ...
void AddCopy(CLI::App& app, Context* context);           // copy, new-epoch
void AddRelay(CLI::App& app, Context* context);          // relay

}  // namespace livedrops::cli
