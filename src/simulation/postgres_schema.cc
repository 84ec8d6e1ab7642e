#include "simulation/postgres_schema.h"

#ifdef LIVEDROPS_WITH_POSTGRES
#include <unistd.h>

#include <atomic>

#include "base/assert.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/postgres_storage.h"
#endif

namespace livedrops::simulation {

#ifdef LIVEDROPS_WITH_POSTGRES
namespace {

// One thread plays all processes: whoever waits for another's lock waits for himself.
PostgresOptions Options() {
  PostgresOptions options;
  options.lock_deadline = Duration(1);
  // Processes stand still in the middle of something for as long as the others act.
  options.idle_deadline = Duration(600'000);
  return options;
}

class RealSchema : public PostgresSchema {
 public:
  RealSchema(std::unique_ptr<postgres::Connection> admin, const std::string& url, std::string name)
      : admin_(std::move(admin)), name_(std::move(name)) {
    url_ = url + (url.find('?') == std::string::npos ? '?' : '&') + "options=-csearch_path%3D" +
           name_ + "&application_name=" + name_;
  }
  ~RealSchema() override {
    EndSessions();
    static_cast<void>(admin_->RunScript("DROP SCHEMA IF EXISTS " + name_ + " CASCADE"));
  }

  // A shop with the secret of every simulation: the same seed gives the same hashes.
  Status MakeShop() {
    Status made = admin_->RunScript("CREATE SCHEMA " + name_);
    StorageOptions options;
    options.copy.emplace().secret.fill(7);
    for (const bool finish : {false, true}) {
      options.copy->finish = finish;
      if (made.ok()) made = OpenPostgresStorage(url_, options, Options()).status();
    }
    return made;
  }
  Result<std::unique_ptr<Storage>> Open() override {
    return OpenPostgresStorage(url_, {}, Options());
  }
  // Waits until each is gone, so that the same seed sees the same.
  void EndSessions() override {
    const Status ended = admin_->RunScript(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '" +
        name_ + "'");
    LD_ASSERT(ended.ok());
  }

 private:
  std::unique_ptr<postgres::Connection> admin_;
  std::string name_;
  std::string url_;
};

}  // namespace

Result<std::unique_ptr<PostgresSchema>> PostgresSchema::Make(const std::string& url) {
  if (url.find("options=") != std::string::npos) {
    return Status(StatusCode::kInvalidArgument,
                  "a simulation makes schemas of its own: leave options= out of the URL");
  }
  postgres::ConnectionOptions options;
  options.url = url;
  auto admin = postgres::Connection::Open(options);
  if (!admin.ok()) return admin.status();
  static std::atomic<int> made = 0;
  const std::string name =
      "livedrops_simulation_" + std::to_string(getpid()) + "_" + std::to_string(++made);
  auto schema = std::make_unique<RealSchema>(std::move(*admin), url, name);
  if (Status shop = schema->MakeShop(); !shop.ok()) return shop;
  return std::unique_ptr<PostgresSchema>(std::move(schema));
}

#else

Result<std::unique_ptr<PostgresSchema>> PostgresSchema::Make(const std::string&) {
  return Status(StatusCode::kUnsupported, "built without PostgreSQL");
}

#endif

}  // namespace livedrops::simulation
