#include "tests/postgres/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

namespace livedrops {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{30};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL server of the tests: %s\n", why.c_str());
  std::exit(2);
}

// Where the server's programs are: Debian keeps them out of the PATH.
fs::path BinDirectory() {
  std::set<fs::path> found;
  if (const char* given = std::getenv("LIVEDROPS_POSTGRES_BIN")) found.insert(given);
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    found.insert(version.path() / "bin");
  }
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  for (std::size_t colon = 0; colon != std::string::npos && found.empty();) {
    colon = rest.find(':');
    if (fs::exists(fs::path(rest.substr(0, colon)) / "initdb", none)) {
      found.insert(rest.substr(0, colon));
    }
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  std::erase_if(found, [&](const fs::path& bin) { return !fs::exists(bin / "initdb", none); });
  return found.empty() ? fs::path() : *found.rbegin();
}

// The server refuses to run as root.
std::string Unprivileged() {
  if (geteuid() != 0) return "";
  return getpwnam("postgres") == nullptr ? "nobody" : "postgres";
}

// Starts a program, as an unprivileged user, and has it ended when we die.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<std::string> args = {"setpriv", "--pdeathsig", "QUIT"};
  if (const std::string user = Unprivileged(); !user.empty()) {
    const std::string group = std::to_string(getpwnam(user.c_str())->pw_gid);
    args.insert(args.end(), {"--reuid", user, "--regid", group, "--clear-groups"});
  }
  args.insert(args.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  const int failed = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) Die("cannot start " + command[0]);
  return pid;
}

int Await(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string Text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void RunToEnd(const std::vector<std::string>& command, const std::string& log) {
  if (Await(Spawn(command, log)) != 0) Die(command[0] + " failed:\n" + Text(log));
}

void GiveToServer(const fs::path& path) {
  const std::string user = Unprivileged();
  if (user.empty()) return;
  const passwd* entry = getpwnam(user.c_str());
  if (chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) Die("cannot chown " + path.string());
}

fs::path NewDirectory() {
  std::string name = (fs::temp_directory_path() / "livedrops-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Die("cannot make a temporary directory");
  GiveToServer(name);
  return name;
}

std::string UrlOf(const fs::path& socket_directory, const std::string& database) {
  std::string host;
  for (const char c : socket_directory.string()) {
    host += c == '/' ? std::string("%2F") : std::string(1, c);
  }
  return "postgresql:///" + database + "?host=" + host + "&user=shop";
}

}  // namespace

std::string PostgresServer::WhyNot() {
  if (BinDirectory().empty()) return "no PostgreSQL server is installed (./dev setup installs it)";
  return "";
}

PostgresServer::PostgresServer() : directory_(NewDirectory()) {}

std::unique_ptr<PostgresServer> PostgresServer::Start(const Settings& settings) {
  std::unique_ptr<PostgresServer> server(new PostgresServer);
  const std::string log = server->directory_ / "initdb.log";
  RunToEnd({BinDirectory() / "initdb", "-D", server->DataDirectory(), "-A", "trust", "-U", "shop",
            "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"},
           log);
  // Nothing here is about power cuts: what the kernel has is safe from a kill -9.
  std::ofstream conf(server->DataDirectory() + "/postgresql.conf", std::ios::app);
  conf << "listen_addresses = ''\nfsync = off\nfull_page_writes = off\nshared_buffers = 64MB\n"
       << "max_connections = 60\nlogging_collector = off\nlog_min_messages = fatal\n"
       << "log_min_error_statement = fatal\nautovacuum_naptime = 5s\n";
  for (const std::string& line : settings) conf << line << "\n";
  conf.close();
  server->Run();
  return server;
}

std::unique_ptr<PostgresServer> PostgresServer::StartStandby(const std::string& name) {
  std::unique_ptr<PostgresServer> standby(new PostgresServer);
  RunToEnd({BinDirectory() / "pg_basebackup", "-D", standby->DataDirectory(), "-h",
            directory_.string(), "-U", "shop", "-R", "-X", "stream", "--no-sync", "-c", "fast"},
           standby->directory_ / "basebackup.log");
  // What pg_basebackup wrote there comes first, and the last one wins.
  std::ofstream conf(standby->DataDirectory() + "/postgresql.auto.conf", std::ios::app);
  conf << "primary_conninfo = 'host=" << directory_.string()
       << " user=shop application_name=" << name << "'\nwal_retrieve_retry_interval = 100ms\n";
  conf.close();
  standby->Run();
  return standby;
}

PostgresServer::~PostgresServer() {
  if (pid_ > 0) Stop(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string PostgresServer::Url() const { return UrlOf(directory_, "postgres"); }

std::string PostgresServer::SocketPath() const { return directory_ / ".s.PGSQL.5432"; }

void PostgresServer::Run() {
  const std::string log = directory_ / "server.log";
  const auto until = Steady::now() + kPatience;
  for (;;) {
    if (pid_ <= 0) {
      pid_ = Spawn({BinDirectory() / "postgres", "-D", DataDirectory(), "-k", directory_.string()},
                   log);
    }
    if (PQping(Url().c_str()) == PQPING_OK) return;
    // After a kill -9 the old children may still hold the shared memory for a moment.
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    if (Steady::now() > until) Die("does not start:\n" + Text(log));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresServer::Stop(int signal) {
  kill(pid_, signal);
  Await(pid_);
  pid_ = -1;
}

void PostgresServer::Promote() {
  RunToEnd({BinDirectory() / "pg_ctl", "promote", "-w", "-D", DataDirectory()},
           directory_ / "promote.log");
}

std::string PostgresPooler::WhyNot() {
  std::error_code none;
  return fs::exists("/usr/sbin/pgbouncer", none) ? "" : "no pgbouncer is installed (./dev setup)";
}

PostgresPooler::PostgresPooler(const PostgresServer& server) : directory_(NewDirectory()) {
  const std::string settings = directory_ / "pgbouncer.ini";
  std::ofstream(settings) << "[databases]\n* = host=" << server.directory().string()
                          << " port=5432 user=shop\n[pgbouncer]\nlisten_addr =\n"
                          << "unix_socket_dir = " << directory_.string()
                          << "\nlisten_port = 5432\nauth_type = any\npool_mode = transaction\n"
                          << "default_pool_size = 4\nserver_login_retry = 0.1\n";
  pid_ = Spawn({"/usr/sbin/pgbouncer", "-q", settings}, directory_ / "pgbouncer.log");
  const auto until = Steady::now() + kPatience;
  while (PQping(Url("postgres").c_str()) != PQPING_OK) {
    if (Steady::now() > until) Die("pgbouncer:\n" + Text(directory_ / "pgbouncer.log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

PostgresPooler::~PostgresPooler() {
  kill(pid_, SIGTERM);
  Await(pid_);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string PostgresPooler::Url(const std::string& database) const {
  return UrlOf(directory_, database);
}

namespace {

// The shared server and the schemas made on it.
class Shared : public testing::Environment {
 public:
  void SetUp() override {
    if (const char* given = std::getenv("LIVEDROPS_TEST_POSTGRES"); given != nullptr && *given) {
      url_ = given;
      return;
    }
    const std::string why_not = PostgresServer::WhyNot();
    if (!why_not.empty()) GTEST_SKIP() << why_not;
    server_ = PostgresServer::Start();
    url_ = server_->Url();
  }
  void TearDown() override {
    if (server_ == nullptr) {
      for (const std::string& name : schemas_) RunSql(url_, "DROP SCHEMA " + name + " CASCADE");
    }
    server_.reset();
  }
  std::string NewShop() {
    const std::string name =
        "livedrops_test_" + std::to_string(getpid()) + "_" + std::to_string(schemas_.size() + 1);
    RunSql(url_, "CREATE SCHEMA " + name);
    schemas_.push_back(name);
    const char separator = url_.find('?') == std::string::npos ? '?' : '&';
    return url_ + separator + "options=-csearch_path%3D" + name;
  }
  PostgresServer* server() { return server_.get(); }

 private:
  std::unique_ptr<PostgresServer> server_;
  std::string url_;
  std::vector<std::string> schemas_;
};

// GoogleTest owns it.
Shared* const shared = [] {
  auto* environment = new Shared;
  testing::AddGlobalTestEnvironment(environment);
  return environment;
}();

}  // namespace

std::string NewShopUrl() { return shared->NewShop(); }
PostgresServer* SharedServer() { return shared->server(); }

std::vector<std::string> RunSql(const std::string& url, const std::string& sql) {
  std::vector<std::string> rows;
  PGconn* db = PQconnectdb(url.c_str());
  PQsetNoticeProcessor(db, [](void*, const char*) {}, nullptr);
  PGresult* result = PQexec(db, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    rows.push_back(std::string("error: ") + (state == nullptr ? PQerrorMessage(db) : state));
  }
  for (int row = 0; row < PQntuples(result); ++row) {
    std::string text;
    for (int column = 0; column < PQnfields(result); ++column) {
      text += column == 0 ? "" : "|";
      text += PQgetisnull(result, row, column) == 1 ? "NULL" : PQgetvalue(result, row, column);
    }
    rows.push_back(text);
  }
  PQclear(result);
  PQfinish(db);
  return rows;
}

}  // namespace livedrops
