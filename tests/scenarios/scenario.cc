#include "tests/scenarios/scenario.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace livedrops::scenarios {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// "ms" before "m": the longer name is tried first.
constexpr Unit kUnits[] = {
    {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

// Words are separated by spaces; "name=value" is an option.
void Split(std::string_view text, std::vector<std::string>* words,
           std::map<std::string, std::string>* options) {
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      words->push_back(word);
    } else {
      (*options)[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
}

Step ParseStep(int line, std::string_view text) {
  Step step;
  step.line = line;
  step.text = text;
  const std::size_t arrow = text.find("->");
  step.has_expectation = arrow != std::string_view::npos;
  Split(text.substr(0, arrow), &step.words, &step.options);
  if (step.has_expectation) Split(text.substr(arrow + 2), &step.expected, &step.expected_facts);
  // `expect d1 stock=1` says what is seen, not what is done.
  const bool expects = !step.words.empty() && step.verb().starts_with("expect");
  if (expects) step.expected_facts.merge(step.options);
  return step;
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Equal as text, or as the same time.
bool SameValue(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto time = ParseTime(a);
  return time && time == ParseTime(b);
}

}  // namespace

std::optional<std::string> Step::option(const std::string& name) const {
  const auto found = options.find(name);
  if (found == options.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  if (text == "max") return kTimeMaxMs - kScenarioStartMs;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    const std::int64_t sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (bad != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::ranges::find_if(
        kUnits, [&](const Unit& candidate) { return text.starts_with(candidate.name); });
    if (unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += sign * number * unit->ms;
  }
  return total;
}

std::string TimeText(std::int64_t ms) {
  if (ms == kTimeMaxMs - kScenarioStartMs) return "max";
  const std::string sign = ms < 0 ? "-" : "+";
  const std::int64_t size = ms < 0 ? -ms : ms;
  if (size % 1000 == 0) return sign + std::to_string(size / 1000) + "s";
  return sign + std::to_string(size) + "ms";
}

std::vector<Scenario> Parse(const std::string& file, std::string_view text, std::string* error) {
  std::vector<Scenario> scenarios;
  std::istringstream in{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    line = line.substr(0, line.find('#'));
    const Step step = ParseStep(number, line);
    if (step.words.empty() && step.options.empty()) continue;
    if (step.words.empty() || (step.has_expectation && step.expected.empty() &&
                               step.expected_facts.empty() && step.verb() != "events")) {
      *error = file + ":" + std::to_string(number) + ": cannot read \"" + line + "\"";
    } else if (step.verb() == "scenario") {
      scenarios.push_back({file, number, Join({step.words.begin() + 1, step.words.end()}), {}});
    } else if (scenarios.empty()) {
      *error = file + ":" + std::to_string(number) + ": stands before the first scenario";
    } else {
      scenarios.back().steps.push_back(step);
    }
  }
  return scenarios;
}

std::string Judge(const Step& step, const Answer& answer) {
  std::vector<std::string> expected = step.expected;
  // `repeated` after another outcome says that nothing was done now.
  const bool expects_repeated =
      step.verb() != "events" && expected.size() > 1 && expected.back() == "repeated";
  if (expects_repeated) expected.pop_back();
  const bool default_done = !step.has_expectation || expected.empty();
  if (default_done && step.verb() != "events") expected = {"done"};
  if (expected != answer.words) {
    return "expected \"" + Join(expected) + "\", got \"" + Join(answer.words) + "\"";
  }
  const bool says_so_itself = answer.words == std::vector<std::string>{"repeated"};
  if (answer.repeated != expects_repeated && !says_so_itself) {
    return answer.repeated ? "was repeated" : "was not repeated";
  }
  for (const auto& [name, value] : step.expected_facts) {
    const auto found = answer.facts.find(name);
    const std::string got = found == answer.facts.end() ? "nothing" : found->second;
    if (!SameValue(value, got)) return "expected " + name + "=" + value + ", got " + got;
  }
  return "";
}

std::string Play(const Scenario& scenario, Shop& shop) {
  for (const Step& step : scenario.steps) {
    const std::optional<Answer> answer = shop.Do(step);
    const std::string wrong = answer ? Judge(step, *answer) : "unknown verb or missing word";
    if (wrong.empty()) continue;
    const std::string detail = answer && !answer->detail.empty() ? " (" + answer->detail + ")" : "";
    return scenario.file + ":" + std::to_string(step.line) + ": " + step.text + "\n  " + wrong +
           detail;
  }
  return "";
}

}  // namespace livedrops::scenarios
