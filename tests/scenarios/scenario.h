// The scenario language (README.md): reading it, and judging answers. It knows nothing of
// livedrops, so that the same files run through every way in: the engine, the C API, Python, HTTP.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace livedrops::scenarios {

// "order d1 u1 k1 2 hold=yes -> held expires=+600s"
struct Step {
  int line = 0;
  std::string text;
  std::vector<std::string> words;              // "order" "d1" "u1" "k1" "2"
  std::map<std::string, std::string> options;  // hold -> yes
  bool has_expectation = false;
  std::vector<std::string> expected;                  // "held"
  std::map<std::string, std::string> expected_facts;  // expires -> +600s

  const std::string& verb() const { return words.front(); }
  // The word at this place, or an empty text.
  std::string word(std::size_t place) const { return place < words.size() ? words[place] : ""; }
  std::optional<std::string> option(const std::string& name) const;
};

// One case: it begins with an empty shop at time +0s.
struct Scenario {
  std::string file;
  int line = 0;
  std::string title;
  std::vector<Step> steps;
};
// What GoogleTest prints of a scenario that fails.
inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.file << ":" << scenario.line;
}

// What a way in answered. Every value is text; times are written as offsets (TimeText).
struct Answer {
  std::vector<std::string> words;  // The outcome or status; for `events` all types.
  bool repeated = false;
  std::map<std::string, std::string> facts;
  std::string detail;  // For the failure message only.
};

// A way in. One object runs one scenario.
class Shop {
 public:
  virtual ~Shop() = default;
  // Does what the step says. Nothing: the verb is unknown.
  virtual std::optional<Answer> Do(const Step& step) = 0;
};

// Milliseconds after the start of the scenario: "+1h-1ms" is 3599999. `max` is the year 9999.
std::optional<std::int64_t> ParseTime(std::string_view text);
std::string TimeText(std::int64_t ms);
// +0s of every scenario: 2023-11-14T22:13:20Z.
inline constexpr std::int64_t kScenarioStartMs = 1'700'000'000'000;
inline constexpr std::int64_t kTimeMaxMs = 253'402'300'799'999;

// All scenarios of a file's text; `error` names the line that cannot be read.
std::vector<Scenario> Parse(const std::string& file, std::string_view text, std::string* error);

// What is wrong with the answer; empty: nothing.
std::string Judge(const Step& step, const Answer& answer);
// Runs it all; the first thing that is wrong, with file and line; empty: nothing.
std::string Play(const Scenario& scenario, Shop& shop);

}  // namespace livedrops::scenarios
