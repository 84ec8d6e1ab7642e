// The scheme tables: from a URL to a storage, a transport or a blob store. One line for each
// adapter.
#include "livedrops/open.h"

#include <algorithm>
#include <array>

#include "blob/files/file_blobs.h"
#include "livedrops/relay.h"
#include "storage/memory/memory_storage.h"
#include "storage/sqlite/sqlite_storage.h"
#ifdef LIVEDROPS_WITH_POSTGRES
#include "storage/postgres/postgres_storage.h"
#endif
#include "transport/file/file_transport.h"

namespace livedrops {
namespace {

struct Scheme {
  std::string_view prefix;
  Result<std::unique_ptr<Storage>> (*open)(const std::string& rest, const StorageOptions& options);
};

Result<std::unique_ptr<Storage>> OpenMemory(const std::string& rest,
                                            const StorageOptions& options) {
  if (!rest.empty()) {
    return Status(StatusCode::kInvalidArgument, "memory: takes no path, got \"" + rest + "\"");
  }
  if (options.copy) {
    return Status(StatusCode::kInvalidArgument, "memory: holds no copy that anybody could open");
  }
  return NewMemoryStorage();
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

struct TransportScheme {
  std::string_view prefix;
  Result<std::unique_ptr<Transport>> (*open)(const std::string& rest);
};

Result<std::unique_ptr<Transport>> OpenFile(const std::string& rest) {
  if (!rest.empty()) return NewFileTransport(rest);
  return Status(StatusCode::kInvalidArgument, "file: needs a path, as in file:events.jsonl");
}

constexpr std::array kTransportSchemes = {
    TransportScheme{"file:", OpenFile},
};

struct BlobScheme {
  std::string_view prefix;
  Result<std::unique_ptr<BlobStore>> (*open)(const std::string& rest);
};

Result<std::unique_ptr<BlobStore>> OpenBlobFiles(const std::string& rest) {
  if (!rest.empty()) return NewFileBlobs(rest);
  return Status(StatusCode::kInvalidArgument, "file: needs a directory, as in file:media");
}

constexpr std::array kBlobSchemes = {
    BlobScheme{"file:", OpenBlobFiles},
};

// Null when the table has no adapter for the URL.
template <class Schemes>
const auto* SchemeOf(const Schemes& schemes, std::string_view url) {
  const auto found = std::ranges::find_if(
      schemes, [&](const auto& scheme) { return url.starts_with(scheme.prefix); });
  return found == schemes.end() ? nullptr : &*found;
}

// What stands behind the scheme.
std::string RestOf(std::string_view url) { return std::string(url.substr(url.find(':') + 1)); }

// A password may stand behind the scheme: it is not repeated.
Status UnknownScheme(std::string_view what, std::string_view url, std::string_view known) {
  return {StatusCode::kInvalidArgument, "unknown " + std::string(what) + " \"" +
                                            std::string(url.substr(0, url.find(':'))) +
                                            "\", known are " + std::string(known)};
}

}  // namespace

Result<std::unique_ptr<Storage>> OpenStorage(std::string_view url, const StorageOptions& options) {
  if (const auto* scheme = SchemeOf(kSchemes, url)) return scheme->open(RestOf(url), options);
  return UnknownScheme("storage", url, "sqlite:PATH, postgresql://HOST/DATABASE and memory:");
}

Result<std::unique_ptr<Transport>> OpenTransport(std::string_view url) {
  if (const auto* scheme = SchemeOf(kTransportSchemes, url)) return scheme->open(RestOf(url));
  return UnknownScheme("transport", url, "file:PATH");
}

Result<std::unique_ptr<BlobStore>> OpenBlobs(std::string_view url) {
  if (const auto* scheme = SchemeOf(kBlobSchemes, url)) return scheme->open(RestOf(url));
  return UnknownScheme("blob store", url, "file:DIRECTORY");
}

Result<std::unique_ptr<Service>> Open(std::string_view url, const ServiceOptions& options) {
  Result<std::unique_ptr<Storage>> storage = OpenStorage(url);
  if (!storage.ok()) return storage.status();
  return Service::Open(std::move(*storage), options);
}

}  // namespace livedrops
