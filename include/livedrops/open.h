// Open: from a URL to a running shop.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "livedrops/service.h"

namespace livedrops {

// Opens a database as the target of a copy, which is no shop until the copy is finished: till then
// every other way of opening it is refused.
struct CopyTarget {
  // ShopInfo::secret of the copied shop: its cursors and keys stay valid in the copy.
  std::array<std::uint8_t, 32> secret{};
  // It holds everything: from now on it is a shop.
  bool finish = false;
};

struct StorageOptions {
  bool create = true;      // Make the database when it does not exist.
  bool read_only = false;  // Reads only: no engine can be opened on it.
  // Gives the shop a fresh epoch, for a database that was restored in its old place, where nothing
  // tells that it was. PostgreSQL: processes that have it open notice by themselves. Errors: with
  // SQLite, unavailable while another process has it open.
  bool new_epoch = false;
  // Forgets what a storage keeps to list orders quickly (SQLite's runs), which is then built again
  // from the orders. For repairs. Errors: unavailable while another process has the database open,
  // which would go on with what it had in memory.
  bool rebuild_lists = false;
  // Errors: invalid_argument when the database holds anything but an unfinished copy of that shop.
  std::optional<CopyTarget> copy = std::nullopt;
};

// "sqlite:PATH", "postgresql://HOST/DATABASE", "memory:". A database that was restored or copied to
// another place, or a standby that was promoted, gets a fresh epoch when it is opened for writing.
// Errors: invalid_argument for another scheme, unsupported for one that was not built in or a
// database that is too new, unavailable for a file that cannot be opened or a copy that is not
// finished, corrupt for one that is no livedrops database.
Result<std::unique_ptr<Storage>> OpenStorage(std::string_view url,
                                             const StorageOptions& options = {});

// A running shop in one call.
Result<std::unique_ptr<Service>> Open(std::string_view url, const ServiceOptions& options = {});

}  // namespace livedrops
