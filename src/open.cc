// The scheme table: from a URL to a storage. One line for each adapter.
#include "livedrops/open.h"

#include <array>

#include "storage/memory/memory_storage.h"
#include "storage/sqlite/sqlite_storage.h"
#ifdef LIVEDROPS_WITH_POSTGRES
#include "storage/postgres/postgres_storage.h"
#endif

namespace livedrops {
namespace {

struct Scheme {
  std::string_view prefix;
  Result<std::unique_ptr<Storage>> (*open)(const std::string& rest, const StorageOptions& options);
};

Result<std::unique_ptr<Storage>> OpenMemory(const std::string& rest, const StorageOptions&) {
  if (rest.empty()) return NewMemoryStorage();
  return Status(StatusCode::kInvalidArgument, "memory: takes no path, got \"" + rest + "\"");
}

Result<std::unique_ptr<Storage>> OpenSqlite(const std::string& rest,
                                            const StorageOptions& options) {
  if (!rest.empty()) return OpenSqliteStorage(rest, options);
  return Status(StatusCode::kInvalidArgument, "sqlite: needs a path, as in sqlite:shop.db");
}

// libpq wants the URL as it was given.
Result<std::unique_ptr<Storage>> OpenPostgres(const std::string& rest,
                                              const StorageOptions& options) {
#ifdef LIVEDROPS_WITH_POSTGRES
  return OpenPostgresStorage("postgresql:" + rest, options);
#else
  static_cast<void>(rest);
  static_cast<void>(options);
  return Status(StatusCode::kUnsupported, "built without PostgreSQL");
#endif
}

constexpr std::array kSchemes = {
    Scheme{"sqlite:", OpenSqlite},
    Scheme{"memory:", OpenMemory},
    Scheme{"postgresql:", OpenPostgres},
};

}  // namespace

Result<std::unique_ptr<Storage>> OpenStorage(std::string_view url, const StorageOptions& options) {
  for (const Scheme& scheme : kSchemes) {
    if (!url.starts_with(scheme.prefix)) continue;
    return scheme.open(std::string(url.substr(scheme.prefix.size())), options);
  }
  // A password may stand behind the scheme: it is not repeated.
  return Status(StatusCode::kInvalidArgument,
                "unknown storage \"" + std::string(url.substr(0, url.find(':'))) +
                    "\", known are sqlite:PATH, postgresql://HOST/DATABASE"
                    " and memory:");
}

Result<std::unique_ptr<Service>> Open(std::string_view url, const ServiceOptions& options) {
  Result<std::unique_ptr<Storage>> storage = OpenStorage(url);
  if (!storage.ok()) return storage.status();
  return Service::Open(std::move(*storage), options);
}

}  // namespace livedrops
