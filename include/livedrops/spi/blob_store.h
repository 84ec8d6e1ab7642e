// BlobStore: the seam where pictures are kept: files, S3. For authors of adapters; the server's
// gateway drives it.
//
// A blob is named by its content, so what has a name never changes: two servers may share a store,
// whoever writes a name twice writes the same, and caches may keep it for ever.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "livedrops/status.h"

namespace livedrops {

// Names: 3 to 64 bytes of [0-9a-f]. Threading: any thread. Every call may block on a disk or a
// network. Exceptions: none may leave an adapter.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // ok: the blob is whole and durable, also after a crash. Else the name has nothing, or all of it:
  // nobody ever reads a part. Errors: invalid_argument for what is no name; unavailable.
  virtual Status Put(std::string_view name, std::string_view bytes) = 0;
  // Errors: not_found, also for what is no name; unavailable.
  virtual Result<std::string> Get(std::string_view name) = 0;
};

// "file:DIRECTORY", which is made when something is put. Errors: invalid_argument.
Result<std::unique_ptr<BlobStore>> OpenBlobs(std::string_view url);

}  // namespace livedrops
