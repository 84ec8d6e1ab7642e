// PostgresStorage: a shop in a PostgreSQL database, shared by any number of processes and machines.
#pragma once

#include <memory>
#include <string>

#include "livedrops/open.h"

namespace livedrops {

struct PostgresOptions {
  // How long a call tries to connect, and how long a commit or a read waits for the server's
  // answer. A commit without an answer in time is `outcome_unknown`.
  Duration connect_deadline{5'000};
  Duration commit_deadline{5'000};
  Duration read_deadline{30'000};
  // How long a commit waits for the write lock of another process.
  Duration lock_deadline{2'000};
  // After this long the server takes the write lock away from a process that does nothing with it.
  Duration idle_deadline{2'000};
};

// `url` is a connection URI as libpq takes it: "postgresql://user@host/database". The database must
// exist and be UTF-8; the tables are made in the first schema of the search_path.
// Errors: invalid_argument when libpq cannot read the URL, unavailable when the server cannot be
// reached or does not let us in, corrupt when the schema holds somebody else's tables, unsupported
// when it was written by a newer version. No message repeats a password.
Result<std::unique_ptr<Storage>> OpenPostgresStorage(const std::string& url,
                                                     const StorageOptions& options,
                                                     const PostgresOptions& postgres = {});

}  // namespace livedrops
