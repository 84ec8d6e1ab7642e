// The table of settings as texts: default-config, bench-config, the reference page.
#include "server/config/load.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kColumns = 96;

// Words of the text in lines of `# `.
std::string Comment(std::string_view text) {
  std::string comment;
  std::string line = "#";
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (line.size() + 1 + word.size() > kColumns) {
      comment += line + "\n";
      line = "#";
    }
    line += ' ';
    line += word;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return comment + line + "\n";
}

// As a TOML file, with comments or bare; `wanted` picks the settings.
template <class Wanted>
std::string ToText(const Config& config, bool explained, Wanted wanted) {
  std::string text;
  std::string_view section;
  for (const Setting& setting : AllSettings()) {
    if (!wanted(setting)) continue;
    if (setting.section != section) {
      section = setting.section;
      text += (text.empty() ? "[" : "\n[") + std::string(section) + "]\n";
    }
    if (explained) {
      text += Comment(std::string(setting.doc) + " (" + setting.Kind() + ")");
    }
    text += std::string(setting.key) + " = " + ToToml(setting, config) + "\n";
  }
  return text;
}

}  // namespace

std::string DefaultConfigText() {
  return ToText(Config{}, true, [](const Setting&) { return true; });
}

std::string BenchConfigText() {
  Config config;
  config.limits.orders_per_second = 0;
  config.limits.writes_per_second = 0;
  config.limits.reads_per_second = 0;
  config.limits.address_per_second = 0;
  config.limits.sign_in_per_account_and_minute = 0;
  config.limits.sign_in_per_address_and_minute = 0;
  config.limits.connects_per_second = 0;
  config.limits.shed_lists_queue_percent = config.limits.shed_reads_queue_percent = 50;
  config.limits.shed_lists_lag_ms = config.limits.shed_reads_lag_ms = 60'000;
  config.realtime.connections_per_user = 1'000'000;
  const Config defaults;
  return "# For benchmarks: no rate limits. Never face clients like this.\n" +
         ToText(config, false, [&](const Setting& setting) {
           return ToToml(setting, config) != ToToml(setting, defaults);
         });
}

std::string ConfigReference() {
  const Config defaults;
  std::string page;
  std::string_view section;
  for (const Setting& setting : AllSettings()) {
    if (setting.section != section) {
      section = setting.section;
      page += "\n## [" + std::string(section) +
              "]\n\n| key | default | values | meaning |\n| --- | --- | --- | --- |\n";
    }
    page += "| `" + std::string(setting.key) + "` | `" + ToToml(setting, defaults) + "` | " +
            setting.Kind() + " | " + std::string(setting.doc);
    if (!setting.flag.empty()) page += " Also `--" + std::string(setting.flag) + "`.";
    page += " |\n";
  }
  return page;
}

}  // namespace livedrops::server
