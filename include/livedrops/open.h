// Open: from a URL to a running shop.
#pragma once

#include <memory>
#include <string_view>

#include "livedrops/service.h"

namespace livedrops {

struct StorageOptions {
  bool create = true;      // Make the database when it does not exist.
  bool read_only = false;  // Reads only: no engine can be opened on it.
};

// "sqlite:PATH", "memory:". Errors: invalid_argument for another scheme, unsupported for one that
// was not built in or a database that is too new, unavailable for a file that cannot be opened,
// corrupt for one that is no livedrops database.
Result<std::unique_ptr<Storage>> OpenStorage(std::string_view url,
                                             const StorageOptions& options = {});

// A running shop in one call.
Result<std::unique_ptr<Service>> Open(std::string_view url, const ServiceOptions& options = {});

}  // namespace livedrops
