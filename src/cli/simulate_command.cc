// livedrops simulate: seeds of the deterministic simulation, with planted bugs in
// livedrops-mutants.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>

#include "cli/output.h"
#include "simulation/simulate.h"

namespace livedrops::cli {
namespace {

using simulation::SimulateOptions;
using simulation::SimulateReport;
using simulation::StorageKind;

struct SimulateArguments {
  std::int64_t seeds = 1'000;
  std::uint64_t seed_base = 1;
  int jobs = 1;
  std::string storage = "memory";
  std::string mutant;
  bool trace = false;
};

Json ToJson(const SimulateReport& report) {
  Json json;
  json["seeds"] = report.seeds;
  json["seconds"] = report.seconds;
  json["seeds_per_hour"] =
      report.seconds > 0 ? static_cast<double>(report.seeds) / report.seconds * 3600 : 0;
  json["violations"] = report.violations;
  if (report.first_failing_seed) json["first_failing_seed"] = *report.first_failing_seed;
  return json;
}

void PrintForPeople(const SimulateReport& report) {
  const double hours = report.seconds / 3600;
  PrintFacts({{"seeds", Grouped(report.seeds)},
              {"requests", Grouped(report.requests)},
              {"seconds", Fixed(report.seconds, 1)},
              {"seeds per hour", Grouped(static_cast<std::int64_t>(
                                     hours > 0 ? static_cast<double>(report.seeds) / hours : 0))},
              {"violations", Grouped(report.violations)}});
}

void ListMutants(Context* context) {
  for (const auto& mutant : simulation::Mutants()) {
    if (context->json) {
      PrintLine({{"mutant", mutant.name}, {"text", mutant.text}});
    } else {
      PrintFacts({{mutant.name, mutant.text}});
    }
  }
}

// This program contains no planted bug: the other one, which lies beside it, goes on in its place.
void BecomeMutants(Context* context) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string other = (self.parent_path() / "livedrops-mutants").string();
  if (!error) execv(other.c_str(), context->arguments);
  Fail(context, {StatusCode::kUnavailable, "the planted bugs are in a program of their own, " +
                                               other + ": " + std::strerror(errno)});
}

void OnSimulate(const SimulateArguments& arguments, Context* context) {
  if (!arguments.mutant.empty() && simulation::Mutants().empty()) return BecomeMutants(context);
  if (arguments.mutant == "list") return ListMutants(context);
  if (!arguments.mutant.empty() && !simulation::ActivateMutant(arguments.mutant)) {
    Complain("unknown planted bug \"" + arguments.mutant + "\": see --mutant list");
    context->exit_code = kUsage;
    return;
  }
  SimulateOptions options;
  options.seeds = arguments.seeds;
  options.seed_base = arguments.seed_base;
  options.jobs = arguments.jobs;
  if (arguments.storage.starts_with("postgresql:")) {
    options.storage = StorageKind::postgres;
    options.url = arguments.storage;
    // A server that is not there is no violation.
    const auto usable = simulation::PostgresSchema::Make(options.url);
    if (!usable.ok()) return Fail(context, usable.status());
  } else if (arguments.storage == "sqlite") {
    options.storage = StorageKind::sqlite;
  }
  if (arguments.trace) {
    options.trace = [](const std::string& line) { std::cerr << line << '\n'; };
  }
  simulation::TellSeedOnAbort();
  SimulateReport report;
  {
    ProgressBar bar("simulate");
    options.progress = [&](std::int64_t done, double) {
      bar.Show(static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(options.seeds));
    };
    report = simulation::Simulate(options);
  }
  for (const Violation& violation : report.first_violations) {
    Complain(violation.invariant + " " + violation.subject + ": " + violation.detail);
  }
  if (report.first_failing_seed) {
    Complain("reproduce with: " +
             simulation::HowToReproduce(*report.first_failing_seed, options.storage));
  }
  if (report.violations != 0) context->exit_code = kRefused;
  if (context->json) {
    PrintLine(ToJson(report));
  } else {
    PrintForPeople(report);
  }
}

}  // namespace

void AddSimulate(CLI::App& app, Context* context) {
  auto arguments = std::make_shared<SimulateArguments>();
  CLI::App* command = app.add_subcommand(
      "simulate", "run the engine against faults, crashes and a second writer, seed after seed");
  command->add_option("--seeds", arguments->seeds, "how many seeds")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  command->add_option("--seed-base", arguments->seed_base, "the first seed");
  command
      ->add_option("--storage", arguments->storage,
                   "memory, sqlite, or postgresql://HOST/DATABASE: schemas are made and dropped "
                   "there")
      ->check([](const std::string& storage) {
        const bool known =
            storage == "memory" || storage == "sqlite" || storage.starts_with("postgresql:");
        return known ? std::string() : "\"" + storage + "\" is not memory, sqlite or a URL";
      });
  command->add_option("--jobs", arguments->jobs, "threads, each with seeds of its own")
      ->check(CLI::Range(1, 64));
  command->add_option("--mutant", arguments->mutant,
                      "a planted bug of livedrops-mutants by name, or list");
  command->add_flag("--trace", arguments->trace, "print what happens, step by step");
  command->callback([arguments, context] { OnSimulate(*arguments, context); });
}

}  // namespace livedrops::cli
