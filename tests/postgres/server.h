// A PostgreSQL server of the tests' own: made in a temporary directory, reached by a socket in it,
// stopped by its process id. Or, with LIVEDROPS_TEST_POSTGRES=URL, a server that somebody runs.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace livedrops {

class PostgresServer {
 public:
  // Lines of postgresql.conf beyond the defaults of these tests.
  using Settings = std::vector<std::string>;

  // Why no server can be started here, or an empty text.
  static std::string WhyNot();
  // A new and empty one, running. Ends the program when that fails: no test could run.
  static std::unique_ptr<PostgresServer> Start(const Settings& settings = {});
  // A copy of this one that follows it as a standby called `name`, running.
  std::unique_ptr<PostgresServer> StartStandby(const std::string& name);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // "postgresql:///postgres?host=DIRECTORY&user=shop"
  std::string Url() const;
  const std::filesystem::path& directory() const { return directory_; }
  // The socket that clients connect to.
  std::string SocketPath() const;
  // SIGINT: ends sessions. SIGQUIT: at once, as a crash does. SIGKILL: really.
  void Stop(int signal);
  void Run();
  void Promote();

 private:
  PostgresServer();
  std::string DataDirectory() const { return (directory_ / "data").string(); }

  std::filesystem::path directory_;
  pid_t pid_ = -1;
};

// pgbouncer in transaction mode in front of a server: four sessions for all clients.
class PostgresPooler {
 public:
  // Why none can be started here, or an empty text.
  static std::string WhyNot();
  explicit PostgresPooler(const PostgresServer& server);
  ~PostgresPooler();
  PostgresPooler(const PostgresPooler&) = delete;
  PostgresPooler& operator=(const PostgresPooler&) = delete;

  std::string Url(const std::string& database) const;

 private:
  std::filesystem::path directory_;
  pid_t pid_ = -1;
};

// The URL of a new and empty schema on the server that all tests of this program share. It is
// dropped with the server, or when the program ends.
std::string NewShopUrl();
// The shared server, or null when it is somebody else's.
PostgresServer* SharedServer();

// Runs SQL as an outsider would. Each row is its columns joined by '|'; a failure is the one row
// "error: SQLSTATE".
std::vector<std::string> RunSql(const std::string& url, const std::string& sql);

}  // namespace livedrops
