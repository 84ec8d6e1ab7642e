// livedrops: the command line tool. Each command stands in its own file.
#include <cstdio>
#include <exception>

#include "cli/output.h"
#include "livedrops/version.h"

namespace livedrops::cli {
namespace {

// The first word of the command line that is no option, or null.
const char* FirstWord(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] != '-') return argv[i];
  }
  return nullptr;
}

// 0 for --help and --version, 64 for a command line that nobody can understand.
int Explain(const CLI::App& app, const CLI::ParseError& error, const char* word) {
  if (app.exit(error) == 0) return kDone;
  if (app.get_subcommands().empty() && word != nullptr) {
    std::fprintf(stderr, "livedrops: unknown command \"%s\"\n", word);
  }
  return kUsage;
}

int Main(int argc, char** argv) {
  Context context;
  context.arguments = argv;
  CLI::App app("livedrops: sells exactly N units, not one more and not one fewer");
  app.set_version_flag("--version", std::string("livedrops ") + LIVEDROPS_VERSION);
  app.add_flag("--json", context.json, "one JSON object per line on standard output");
  app.fallthrough();  // --json may stand behind the command's name.
  app.require_subcommand(1);
  AddReplay(app, &context);
  AddVerify(app, &context);
  AddSimulate(app, &context);
  AddBench(app, &context);
  AddImportFollows(app, &context);
  AddChanges(app, &context);
  AddReads(app, &context);
  AddCopy(app, &context);
  AddRelay(app, &context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Explain(app, error, FirstWord(argc, argv));
  }
  return FlushOutput() ? context.exit_code : kCouldNotRun;
}

}  // namespace
}  // namespace livedrops::cli

int main(int argc, char** argv) {
  try {
    return livedrops::cli::Main(argc, argv);
  } catch (const std::exception& error) {  // Out of memory, a full disk under standard output.
    std::fprintf(stderr, "livedrops: %s\n", error.what());
    return livedrops::cli::kCouldNotRun;
  }
}
