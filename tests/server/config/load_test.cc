#include "server/config/load.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "server/config/apply.h"

namespace livedrops::server {
namespace {

using Environment = std::map<std::string, std::string>;

LoadedConfig Load(const std::string& file, const Environment& environment = {},
                  std::map<const Setting*, std::string> flags = {}) {
  ConfigSources sources;
  sources.file_name = "shop.toml";
  sources.file_text = file;
  sources.environment = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  sources.flags = std::move(flags);
  return LoadConfig(sources);
}

std::string ErrorOf(const LoadedConfig& loaded) {
  return loaded.errors.empty() ? "" : loaded.errors[0];
}
std::string ErrorOf(const std::string& file) { return ErrorOf(Load(file)); }

// Every setting as TOML: two configurations are the same when these are.
std::string Whole(const Config& config) {
  std::string text;
  for (const Setting& setting : AllSettings()) {
    text += setting.Name() + "=" + ToToml(setting, config) + "\n";
  }
  return text;
}

TEST(Config, HasTheDefaultsOfTheContract) {
  const LoadedConfig loaded = Load("");
  EXPECT_TRUE(loaded.ok());
  const RequestLimitSettings limits = RequestLimitsOf(loaded.config);
  const RequestLimitSettings expected;
  const auto same = [](const RatePolicy& a, const RatePolicy& b) {
    return a.name == b.name && a.count == b.count && a.period_s == b.period_s && a.burst == b.burst;
  };
  EXPECT_TRUE(same(limits.orders, expected.orders));
  EXPECT_TRUE(same(limits.writes, expected.writes));
  EXPECT_TRUE(same(limits.reads, expected.reads));
  EXPECT_TRUE(same(limits.address, expected.address));
  EXPECT_TRUE(same(limits.connects, expected.connects));
  EXPECT_TRUE(same(limits.sign_in_account, expected.sign_in_account));
  EXPECT_TRUE(same(limits.sign_in_address, expected.sign_in_address));
  EXPECT_EQ(PasswordCostOf(loaded.config).memory_kib, PasswordCost().memory_kib);
  EXPECT_EQ(PasswordCostOf(loaded.config).passes, PasswordCost().passes);
  EXPECT_EQ(JsonLimitsOf(loaded.config).depth_max, JsonLimits().depth_max);
  EXPECT_EQ(JsonLimitsOf(loaded.config).string_bytes_max, JsonLimits().string_bytes_max);
  EXPECT_EQ(SessionOptionsOf(loaded.config).access_life, SessionOptions().access_life);
  EXPECT_EQ(SessionOptionsOf(loaded.config).refresh_life, SessionOptions().refresh_life);
  EXPECT_EQ(TokenRulesOf(loaded.config).leeway, TokenRules().leeway);
  EXPECT_EQ(ServiceOptionsOf(loaded.config).queue_max, ServiceOptions().queue_max);
  EXPECT_EQ(RevocationsKeptFor(loaded.config), Duration(960'000));
}

TEST(Config, TakesTheFlagBeforeTheEnvironmentBeforeTheFile) {
  const std::string file =
      "[log]\nlevel = \"error\"\nformat = \"json\"\n[limits]\nreads_burst = 7\n";
  const Environment environment = {{"LIVEDROPS_LOG_LEVEL", "debug"},
                                   {"LIVEDROPS_LIMITS_READS_BURST", "8"}};
  const LoadedConfig loaded =
      Load(file, environment, {{FindSetting("limits", "reads_burst"), "9"}});
  EXPECT_TRUE(loaded.ok()) << ErrorOf(loaded);
  EXPECT_EQ(loaded.config.log.format, "json");
  EXPECT_EQ(loaded.config.log.level, "debug");
  EXPECT_EQ(loaded.config.limits.reads_burst, 9);
}

TEST(Config, TakesListsFromEverywhere) {
  const LoadedConfig loaded =
      Load("[server]\ncors_origins = [\"https://a.example\", \"http://b.example:81\"]",
           {{"LIVEDROPS_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,::1"}});
  EXPECT_TRUE(loaded.ok()) << ErrorOf(loaded);
  EXPECT_EQ(loaded.config.server.cors_origins, (Texts{"https://a.example", "http://b.example:81"}));
  EXPECT_EQ(TrustedProxiesOf(loaded.config).size(), 2U);
}

TEST(Config, NamesKeyValueAndPlaceOfWhatIsWrong) {
  const std::pair<const char*, const char*> files[] = {
      {"[limits]\n\norders_burst = 0",
       "limits.orders_burst: must be from 1 to 1000000000, not 0 (shop.toml line 3)"},
      {"[server]\nlisten = \"8080\"",
       "server.listen: must be HOST:PORT such as 127.0.0.1:8080, not \"8080\" (shop.toml line 2)"},
      {"[server]\nlisten = 8080", "server.listen: must be text, not a number (shop.toml line 2)"},
      {"[limits]\nbody_bytes = \"1\"",
       "limits.body_bytes: must be 1024 to 16777216, not a text (shop.toml line 2)"},
      {"[limits]\nbody_bytes = 2048.0",
       "limits.body_bytes: must be 1024 to 16777216 (shop.toml line 2)"},
      {"[orders]\nuser_cancel = 1",
       "orders.user_cancel: must be true or false, not a number (shop.toml line 2)"},
      {"[limits]\nshed_reads_queue_percent = 51",
       "limits.shed_reads_queue_percent: must be from 1 to 50, not 51 (shop.toml line 2)"},
      {"[log]\nlevel = \"loud\"",
       "log.level: must be one of debug, info, warning, error, not \"loud\" (shop.toml line 2)"},
      {"[log]\ncolour = true", "log.colour: is not known (shop.toml line 2)"},
      {"[logg]\nlevel = \"info\"", "logg.level: is not known (shop.toml line 2)"},
      {"level = \"info\"", "level: stands in no section (shop.toml line 1)"},
      {"[server]\ncors_origins = [\"*\"]",
       "server.cors_origins: must be an origin such as https://shop.example, not \"*\" (shop.toml "
       "line 2)"},
      {"[server]\ntrusted_proxies = [\"10.0.0.1/8\"]",
       "server.trusted_proxies: \"10.0.0.1/8\" is no network such as 10.0.0.0/8 or ::1/128 "
       "(shop.toml line 2)"},
      {"[server]\ntrusted_proxies = [1]",
       "server.trusted_proxies: must be a list of texts (shop.toml line 2)"},
      {"[shop]\ncurrency = \"Taler\"",
       "shop.currency: must be an ISO 4217 code such as USD, not \"Taler\" (shop.toml line 2)"},
  };
  for (const auto& [file, message] : files) EXPECT_EQ(ErrorOf(std::string(file)), message);
  EXPECT_EQ(ErrorOf(Load("", {{"LIVEDROPS_LIMITS_READS_BURST", "many"}})),
            "limits.reads_burst: must be a number from 1 to 1000000000, not \"many\" "
            "(LIVEDROPS_LIMITS_READS_BURST)");
  EXPECT_EQ(ErrorOf(Load("", {}, {{FindSetting("orders", "user_cancel"), "yes"}})),
            "orders.user_cancel: must be true or false, not \"yes\" (--orders-user-cancel)");
}

TEST(Config, TellsAllErrorsAndWhereAFileIsNoToml) {
  EXPECT_EQ(Load("[limits]\norders_burst = 0\nreads_burst = 0\n[log]\nx = 1").errors.size(), 3U);
  const std::string error = ErrorOf("[log]\nlevel = info");
  EXPECT_TRUE(error.starts_with("shop.toml: ")) << error;
  EXPECT_TRUE(error.ends_with("(line 2)")) << error;
  EXPECT_FALSE(Load("[log]\nlevel = \"info\"\nlevel = \"debug\"").ok());
}

TEST(Config, LooksAtSettingsTogether) {
  EXPECT_EQ(ErrorOf("[server]\ntls_cert_file = \"c.pem\""),
            "server.tls_cert_file and server.tls_key_file: one is given without the other");
  EXPECT_EQ(ErrorOf("[auth]\nargon2_memory_kib = 8\nargon2_lanes = 2"),
            "auth.argon2_memory_kib: must be at least 8 for each of auth.argon2_lanes");
  EXPECT_EQ(ErrorOf("[realtime]\npong_seconds = 25"),
            "realtime.pong_seconds: must be less than realtime.ping_seconds");
  EXPECT_EQ(ErrorOf("[limits]\nshed_lists_queue_percent = 26"),
            "limits.shed_lists_queue_percent: must not be above limits.shed_reads_queue_percent");
  EXPECT_EQ(ErrorOf("[limits]\nshed_reads_lag_ms = 499"),
            "limits.shed_lists_lag_ms: must not be above limits.shed_reads_lag_ms");
}

TEST(Config, RefusesPasswordsOnTheCommandLine) {
  const Setting* url = FindSetting("storage", "url");
  for (const char* text : {"postgresql://u:geheim@host/shop",
                           "postgresql://host/shop?password=geheim", "redis://:geheim@host"}) {
    const LoadedConfig loaded = Load("", {}, {{url, text}});
    EXPECT_EQ(ErrorOf(loaded),
              "storage.url: has a password; put it into the file or into LIVEDROPS_STORAGE_URL "
              "(--storage-url)");
    EXPECT_TRUE(Load("", {{"LIVEDROPS_STORAGE_URL", text}}).ok()) << text;
  }
  for (const char* text :
       {"sqlite:shop.db", "postgresql://u@host:5432/shop", "memory:", "postgresql://host/a:b@c"}) {
    EXPECT_TRUE(Load("", {}, {{url, text}}).ok()) << text;
  }
  EXPECT_EQ(ErrorOf(Load("[storage]\nurl = \"geheim\"")).find("geheim"), std::string::npos);
}

TEST(Config, IsPrintedSoThatItCanBeReadBack) {
  const LoadedConfig defaults = Load(DefaultConfigText());
  EXPECT_TRUE(defaults.ok()) << ErrorOf(defaults);
  EXPECT_EQ(Whole(defaults.config), Whole(Config{}));
  const std::string text = DefaultConfigText();
  for (const Setting& setting : AllSettings()) {
    EXPECT_NE(text.find("\n" + std::string(setting.key) + " = "), std::string::npos);
  }
}

TEST(Config, OfABenchmarkHasNoRateLimits) {
  const LoadedConfig bench = Load(BenchConfigText());
  EXPECT_TRUE(bench.ok()) << ErrorOf(bench);
  const RequestLimitSettings limits = RequestLimitsOf(bench.config);
  for (const RatePolicy& policy :
       {limits.orders, limits.writes, limits.reads, limits.address, limits.connects,
        limits.sign_in_account, limits.sign_in_address}) {
    EXPECT_TRUE(policy.off()) << policy.name;
  }
  EXPECT_EQ(bench.config.storage.url, Config{}.storage.url);
}

TEST(Config, HasAFlagForEverySetting) {
  for (const Setting& setting : AllSettings()) {
    CLI::App app;
    std::map<const Setting*, std::string> flags;
    std::string file;
    AddConfigFlags(&app, &flags, &file);
    const Config defaults;
    std::string value = "1";
    const auto given = setting.flag.empty() ? setting.Flag() : "--" + std::string(setting.flag);
    const char* const arguments[] = {"livedropsd", "--config", "x.toml", given.c_str(),
                                     value.c_str()};
    ASSERT_NO_THROW(app.parse(5, arguments)) << given;
    EXPECT_EQ(file, "x.toml");
    EXPECT_EQ(flags, (std::map<const Setting*, std::string>{{&setting, "1"}}));
  }
}

TEST(Config, HasEachNameOnce) {
  std::set<std::string> names;
  for (const Setting& setting : AllSettings()) {
    EXPECT_TRUE(names.insert(setting.Environment()).second) << setting.Name();
    EXPECT_TRUE(names.insert(setting.Flag()).second) << setting.Name();
    if (!setting.flag.empty()) {
      EXPECT_TRUE(names.insert("--" + std::string(setting.flag)).second) << setting.Name();
    }
  }
  EXPECT_EQ(FindSetting("server", "listen")->Environment(), "LIVEDROPS_SERVER_LISTEN");
  EXPECT_EQ(FindSetting("auth", "jwt_secret_file")->Flag(), "--auth-jwt-secret-file");
}

// The tables of the reference page. LIVEDROPS_WRITE_DOCS=1 writes them.
TEST(Config, IsDocumented) {
  const char* source = std::getenv("LIVEDROPS_SOURCE_DIR");
  const std::string path =
      std::string(source == nullptr ? "." : source) + "/docs/reference/server-config.md";
  std::stringstream page;
  page << std::ifstream(path).rdbuf();
  const std::string begin = "<!-- settings: written by the test Config.IsDocumented -->\n";
  const std::string end = "<!-- end -->\n";
  const std::size_t from = page.str().find(begin);
  const std::size_t to = page.str().find(end);
  ASSERT_NE(from, std::string::npos) << path;
  ASSERT_NE(to, std::string::npos) << path;
  const std::string text = page.str();
  const std::size_t start = from + begin.size();
  if (std::getenv("LIVEDROPS_WRITE_DOCS") != nullptr) {
    std::ofstream(path) << text.substr(0, start) << ConfigReference() << text.substr(to);
    return;
  }
  EXPECT_EQ(text.substr(start, to - start), ConfigReference())
      << "run this test with LIVEDROPS_WRITE_DOCS=1";
}

}  // namespace
}  // namespace livedrops::server
