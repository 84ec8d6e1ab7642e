// Loading a configuration: file < environment < flags.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/settings.h"

namespace CLI {
class App;
}

namespace livedrops::server {

// Where values come from. What is empty does not count.
struct ConfigSources {
  std::string file_name;  // For messages.
  std::string file_text;  // TOML.
  // The value of an environment variable, or null: std::getenv.
  std::function<const char*(const char* name)> environment;
  std::map<const Setting*, std::string> flags;
};

// The configuration, or everything that is wrong, one line each: what, which value, where.
//   limits.orders_burst: must be from 1 to 1000000000, not 0 (shop.toml line 12)
struct LoadedConfig {
  Config config;
  std::vector<std::string> errors;

  bool ok() const { return errors.empty(); }
};
LoadedConfig LoadConfig(const ConfigSources& sources);

// Adds a flag for every setting, grouped by section, and --config. `flags` and `file_name` are
// filled when the app parses; both must outlive that.
void AddConfigFlags(CLI::App* app, std::map<const Setting*, std::string>* flags,
                    std::string* file_name);

// All settings with their defaults and explanations, as TOML. LoadConfig reads it back.
std::string DefaultConfigText();
// What a benchmark needs: the defaults with every rate limit off.
std::string BenchConfigText();
// The tables of docs/reference/server-config.md.
std::string ConfigReference();

}  // namespace livedrops::server
