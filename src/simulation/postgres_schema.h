// PostgresSchema: a schema of a simulation's own on a real PostgreSQL server, dropped with it.
#pragma once

#include <memory>
#include <string>

#include "livedrops/spi/storage.h"

namespace livedrops::simulation {

// Threading: one thread at a time.
class PostgresSchema {
 public:
  // With an empty shop in it. Errors: unsupported when PostgreSQL was not built in; those of the
  // server; invalid_argument for a URL that cannot be read or sets `options` of its own.
  static Result<std::unique_ptr<PostgresSchema>> Make(const std::string& url);
  virtual ~PostgresSchema() = default;

  virtual Result<std::unique_ptr<Storage>> Open() = 0;
  // The server ends every session of this shop, with what is not committed.
  virtual void EndSessions() = 0;
};

}  // namespace livedrops::simulation
