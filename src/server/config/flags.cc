#include <CLI/CLI.hpp>

#include "server/config/load.h"

namespace livedrops::server {

void AddConfigFlags(CLI::App* app, std::map<const Setting*, std::string>* flags,
                    std::string* file_name) {
  app->add_option("--config", *file_name, "configuration file, TOML")->type_name("FILE");
  const Config defaults;
  for (const Setting& setting : AllSettings()) {
    std::string names;
    if (!setting.flag.empty()) names.append("--").append(setting.flag).append(",");
    names.append(setting.Flag());
    const auto keep = [flags, &setting](const std::string& value) { (*flags)[&setting] = value; };
    app->add_option_function<std::string>(names, keep, std::string(setting.doc))
        ->type_name(setting.Kind())
        ->default_str(ToToml(setting, defaults))
        ->group("[" + std::string(setting.section) + "]");
  }
}

}  // namespace livedrops::server
