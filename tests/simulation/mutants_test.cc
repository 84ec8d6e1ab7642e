// Each planted bug is found within 1,000 seeds; a simulator that has killed no mutant is no
// evidence.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/mutant.h"

namespace livedrops {
namespace {

struct Outcome {
  int exit_code = -1;
  std::string output;

  // The program's one line, or null when an assertion ended it before.
  nlohmann::json Report() const { return nlohmann::json::parse(output, nullptr, false); }
};

Outcome RunMutants(const std::string& arguments) {
  const char* directory = std::getenv("LIVEDROPS_BIN_DIR");
  const std::string program = directory == nullptr ? "bin" : directory;
  // What it complains of goes to standard error.
  const std::string command =
      "'" + program + "/livedrops-mutants' --json simulate " + arguments + " 2>/dev/null";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) outcome.output += buffer.data();
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

class PlantedBug : public testing::TestWithParam<const char*> {};

// Exit code 1 is a violation or an assertion that tells its seed; anything else is a failure to
// run.
TEST_P(PlantedBug, IsFoundWithinAThousandSeeds) {
  const std::string name = GetParam();
  const bool of_disk = name == "sync_left_out";
  const Outcome found = RunMutants("--seeds 1000 --mutant " + name +
                                   (of_disk ? " --storage sqlite" : " --storage memory"));
  EXPECT_EQ(found.exit_code, 1) << found.output;
  const nlohmann::json report = found.Report();
  if (!report.is_object()) return;
  EXPECT_GT(report.value("violations", 0), 0) << found.output;
  EXPECT_TRUE(report.contains("first_failing_seed")) << found.output;
}

#define X(name, text) #name,
constexpr const char* kNames[] = {LIVEDROPS_MUTANT_LIST(X)};
#undef X
INSTANTIATE_TEST_SUITE_P(Each, PlantedBug, testing::ValuesIn(kNames),
                         [](const auto& bug) { return std::string(bug.param); });

TEST(PlantedBugs, AreNotFoundWhereNoneIs) {
  for (const char* storage : {"--seeds 1000 --storage memory", "--seeds 100 --storage sqlite"}) {
    const Outcome quiet = RunMutants(std::string("--mutant none ") + storage);
    EXPECT_EQ(quiet.exit_code, 0) << quiet.output;
    EXPECT_EQ(quiet.Report().value("violations", -1), 0) << quiet.output;
  }
}

TEST(PlantedBugs, AreListedByTheProgram) {
  const Outcome list = RunMutants("--mutant list");
  EXPECT_EQ(list.exit_code, 0);
  for (const char* name : kNames) EXPECT_NE(list.output.find(name), std::string::npos) << name;
}

TEST(PlantedBugs, HaveKnownNames) { EXPECT_EQ(RunMutants("--mutant nonsense").exit_code, 64); }

}  // namespace
}  // namespace livedrops
