// Settings: the one table of what can be configured. The file, the environment, the flags,
// default-config, bench-config and docs/reference/server-config.md come from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "server/config/config.h"

namespace livedrops::server {

using TextField = std::string& (*)(Config& config);
using NumberField = std::int64_t& (*)(Config& config);
using FlagField = bool& (*)(Config& config);
using TextsField = Texts& (*)(Config& config);

// Why a text is refused; empty when it is not. Lists check each element.
using TextCheck = std::string (*)(std::string_view text);

struct Setting {
  std::string_view section;
  std::string_view key;
  std::variant<TextField, NumberField, FlagField, TextsField> field;
  std::int64_t min = 0;  // Numbers: the range.
  std::int64_t max = 0;
  TextCheck check = nullptr;  // Texts.
  std::string_view flag;      // A short flag besides --section-key; empty: none.
  std::string_view doc;

  std::string Name() const;         // "server.listen"
  std::string Environment() const;  // "LIVEDROPS_SERVER_LISTEN"
  std::string Flag() const;         // "--server-listen"
  // "text", "number 0 to 100", "true or false", "list of texts"
  std::string Kind() const;
};

std::span<const Setting> AllSettings();
// Null when there is none.
const Setting* FindSetting(std::string_view section, std::string_view key);

// Sets it from a text as the environment and flags have it; lists are separated by commas. The
// reason why not, or empty.
std::string SetFromText(const Setting& setting, std::string_view text, Config* config);
std::string SetText(const Setting& setting, std::string_view text, Config* config);
std::string SetNumber(const Setting& setting, std::int64_t number, Config* config);
std::string SetFlag(const Setting& setting, bool flag, Config* config);
std::string SetTexts(const Setting& setting, const Texts& texts, Config* config);

// The value in TOML: "text" in quotes, numbers, [lists].
std::string ToToml(const Setting& setting, const Config& config);

// True when the setting holds a URL and the URL carries a password.
bool HasPassword(const Setting& setting, std::string_view text);

}  // namespace livedrops::server
