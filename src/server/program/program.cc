#include "livedrops/server/program.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "livedrops/version.h"
#include "server/config/load.h"
#include "server/config/secrets.h"
#include "server/program/commands.h"

namespace livedrops::server {
namespace {

// What the command line said about the configuration.
struct Given {
  std::map<const Setting*, std::string> flags;
  std::string file;
};

int Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return kDone;
  return Fail("standard output cannot be written");
}

// Loads the configuration and runs `use(config)`.
template <class Use>
int WithConfig(const Given& given, Use use) {
  ConfigSources sources;
  sources.flags = given.flags;
  sources.environment = [](const char* name) -> const char* { return std::getenv(name); };
  sources.file_name = given.file;
  if (!given.file.empty()) {
    const Result<std::string> text = ReadFile(given.file);
    if (!text.ok()) return Fail(text.status().message());
    sources.file_text = *text;
  }
  const LoadedConfig loaded = LoadConfig(sources);
  for (const std::string& error : loaded.errors) Fail(error);
  return loaded.ok() ? use(loaded.config) : kRefused;
}

// A signal must come to the thread that waits for it, and to no other.
void BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // Whoever writes sees the error.
}

class Commands {
 public:
  int Run(int argc, char** argv) {
    app_.set_version_flag("--version", LIVEDROPS_VERSION);
    app_.require_subcommand(1);
    AddServing();
    AddPrinting();
    AddAccounts();
    AddKeeping();
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? kDone : kUsage;
    }
    return code_;
  }

 private:
  CLI::App* Configured(const char* name, const char* what) {
    CLI::App* command = app_.add_subcommand(name, what);
    AddConfigFlags(command, &given_.flags, &given_.file);
    return command;
  }

  void AddServing() {
    Configured("serve", "Serve the shop")->callback([this] {
      code_ = WithConfig(given_, [](const Config& config) { return server::Serve(config); });
    });
    Configured("migrate", "Make the database or bring it up to date")->callback([this] {
      code_ = WithConfig(given_, Migrate);
    });
    Configured("check-config", "Say whether the configuration is right")->callback([this] {
      code_ = WithConfig(given_, [](const Config& config) {
        const Status checked = CheckConfig(config);
        return checked.ok() ? Print("ok\n") : Fail(checked.message(), kRefused);
      });
    });
  }

  void AddPrinting() {
    app_.add_subcommand("default-config", "Print every setting with its default")->callback([this] {
      code_ = Print(DefaultConfigText());
    });
    app_.add_subcommand("bench-config", "Print a configuration without rate limits")
        ->callback([this] { code_ = Print(BenchConfigText()); });
  }

  void AddAccounts() {
    CLI::App* admin = Configured("create-admin", "Make an account that may do everything");
    admin->add_option("--email", admin_.email, "its email")->required();
    admin->add_option("--name", admin_.name, "its name");
    admin->add_option("--password-file", admin_.password_file, "the password is its first line")
        ->required();
    admin->callback([this] {
      code_ = WithConfig(given_, [this](const Config& c) { return CreateAdmin(c, admin_); });
    });
    CLI::App* token = Configured("create-token", "Print an access token for a host's backend");
    token->add_option("--role", token_.role, "service, admin, creator or user");
    token->add_option("--subject", token_.subject,
                      "id of the account; without one the role's name");
    token->add_option("--days", token_.days, "how long it is valid")->check(CLI::Range(1, 3650));
    token->callback([this] {
      code_ = WithConfig(given_, [this](const Config& c) { return CreateToken(c, token_); });
    });
  }

  void AddKeeping() {
    CLI::App* backup = Configured("backup", "Make a verified copy of a SQLite shop, also live");
    backup->add_option("file", backup_file_, "the copy; must not exist")->required();
    backup->callback([this] {
      code_ = WithConfig(given_, [this](const Config& c) { return Backup(c, backup_file_); });
    });
    Configured("export-head", "Print the signed head of the audit log")->callback([this] {
      code_ = WithConfig(given_, ExportHead);
    });
  }

  CLI::App app_{"livedropsd: limited drops, the whole platform on one server", "livedropsd"};
  Given given_;
  AdminOptions admin_;
  TokenOptions token_;
  std::string backup_file_;
  int code_ = kUsage;
};

}  // namespace

int Fail(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "livedropsd: %s\n", message.c_str());
  return code;
}

int RunProgram(int argc, char** argv) {
  BlockSignals();
  return Commands().Run(argc, argv);
}

}  // namespace livedrops::server
