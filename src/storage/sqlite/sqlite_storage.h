// SqliteStorage: a shop in one SQLite file, shared by any number of processes of one machine.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "livedrops/open.h"

namespace livedrops {

struct SqliteOptions {
  // A VFS registered with SQLite, by name; empty: the default one. For the simulator.
  std::string vfs;
  // What a commit waits for. `full`: the disk has it. `normal`: a power cut may lose the last
  // commits, a crash of the process does not. `off`: for tests.
  enum class Synchronous { off, normal, full };
  Synchronous synchronous = Synchronous::full;
  // The write-ahead log is copied back when it has this many pages. Small and often: at 1,000 pages
  // the slowest commits take more than twice as long.
  int checkpoint_pages = 250;
  // How long a call waits for another process's lock.
  Duration busy_deadline{2000};
  // Sorted runs for the lists of orders by user and by drop; without, those lists scan the table.
  bool order_index = true;
  // Orders in a run. Fewer for tests.
  int order_run_size = 262'144;
  // Identity of a database that is made now; absent: a random one.
  std::optional<ShopInfo> new_shop;
};

// Errors: unavailable when the file cannot be opened or locked, corrupt when it is no livedrops
// database, unsupported when it was written by a newer version. Messages name the file, not its
// path.
Result<std::unique_ptr<Storage>> OpenSqliteStorage(const std::string& path,
                                                   const StorageOptions& options,
                                                   const SqliteOptions& sqlite = {});

}  // namespace livedrops
