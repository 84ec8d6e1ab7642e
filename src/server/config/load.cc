#include "server/config/load.h"

#include <toml++/toml.h>

#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

std::string LineOf(const toml::source_region& source) {
  return "line " + std::to_string(source.begin.line);
}

// One source being read into the configuration.
class Reader {
 public:
  explicit Reader(LoadedConfig* loaded) : loaded_(*loaded) {}

  void Note(std::string_view name, const std::string& reason, const std::string& place) {
    if (reason.empty()) return;
    loaded_.errors.push_back(std::string(name) + ": " + reason + " (" + place + ")");
  }

  void ReadFile(const ConfigSources& sources) {
    try {
      ReadTables(toml::parse(sources.file_text), sources.file_name);
    } catch (const toml::parse_error& error) {
      Note(sources.file_name, std::string(error.description()), LineOf(error.source()));
    }
  }

  void ReadEnvironment(const ConfigSources& sources) {
    for (const Setting& setting : AllSettings()) {
      const std::string name = setting.Environment();
      const char* value = sources.environment(name.c_str());
      if (value == nullptr) continue;
      Note(setting.Name(), SetFromText(setting, value, &loaded_.config), name);
    }
  }

  void ReadFlags(const ConfigSources& sources) {
    for (const auto& [setting, value] : sources.flags) {
      std::string reason = SetFromText(*setting, value, &loaded_.config);
      if (HasPassword(*setting, value)) {
        // Everybody on the machine can read a command line.
        reason = "has a password; put it into the file or into " + setting->Environment();
      }
      Note(setting->Name(), reason, setting->Flag());
    }
  }

 private:
  void ReadTables(const toml::table& root, const std::string& file) {
    for (const auto& [section, node] : root) {
      const std::string place = file + " " + LineOf(section.source());
      if (const toml::table* table = node.as_table()) {
        ReadSection(section.str(), *table, file);
      } else {
        Note(section.str(), "stands in no section", place);
      }
    }
  }

  void ReadSection(std::string_view section, const toml::table& table, const std::string& file) {
    for (const auto& [key, node] : table) {
      const Setting* setting = FindSetting(section, key.str());
      const std::string name = std::string(section) + "." + std::string(key.str());
      const std::string reason = setting == nullptr ? "is not known" : ReadNode(*setting, node);
      Note(name, reason, file + " " + LineOf(key.source()));
    }
  }

  std::string ReadNode(const Setting& setting, const toml::node& node) {
    Config* config = &loaded_.config;
    if (const auto text = node.value_exact<std::string>()) return SetText(setting, *text, config);
    if (const auto number = node.value_exact<std::int64_t>()) {
      return SetNumber(setting, *number, config);
    }
    if (const auto flag = node.value_exact<bool>()) return SetFlag(setting, *flag, config);
    const toml::array* list = node.as_array();
    if (list == nullptr) return "must be " + setting.Kind();
    Texts texts;
    for (const toml::node& element : *list) {
      const auto text = element.value_exact<std::string>();
      if (!text) return "must be a list of texts";
      texts.push_back(*text);
    }
    return SetTexts(setting, texts, config);
  }

  LoadedConfig& loaded_;
};

// What only shows when several settings are looked at.
void CheckTogether(LoadedConfig* loaded) {
  const Config& config = loaded->config;
  const auto refuse = [&](bool wrong, const char* message) {
    if (wrong) loaded->errors.emplace_back(message);
  };
  refuse(config.server.tls_cert_file.empty() != config.server.tls_key_file.empty(),
         "server.tls_cert_file and server.tls_key_file: one is given without the other");
  refuse(config.auth.argon2_memory_kib < 8 * config.auth.argon2_lanes,
         "auth.argon2_memory_kib: must be at least 8 for each of auth.argon2_lanes");
  refuse(config.realtime.pong_seconds >= config.realtime.ping_seconds,
         "realtime.pong_seconds: must be less than realtime.ping_seconds");
  const auto& limits = config.limits;
  refuse(limits.shed_lists_queue_percent > limits.shed_reads_queue_percent,
         "limits.shed_lists_queue_percent: must not be above limits.shed_reads_queue_percent");
  refuse(limits.shed_lists_lag_ms > limits.shed_reads_lag_ms,
         "limits.shed_lists_lag_ms: must not be above limits.shed_reads_lag_ms");
}

}  // namespace

LoadedConfig LoadConfig(const ConfigSources& sources) {
  LoadedConfig loaded;
  Reader reader(&loaded);
  reader.ReadFile(sources);
  if (sources.environment) reader.ReadEnvironment(sources);
  reader.ReadFlags(sources);
  CheckTogether(&loaded);
  return loaded;
}

}  // namespace livedrops::server
