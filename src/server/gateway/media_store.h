// MediaStore: pictures in a blob store, named by the SHA-256 of their content.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "livedrops/spi/blob_store.h"

namespace livedrops::server {

// "image/jpeg", "image/png", "image/webp" by the first bytes; nothing for anything else.
std::optional<std::string_view> PictureType(std::string_view bytes);

// Threading: any thread. Every call blocks.
class MediaStore {
 public:
  explicit MediaStore(std::unique_ptr<BlobStore> blobs) : blobs_(std::move(blobs)) {}

  // Durable when it returns. The name: 64 lower-case hexadecimal digits. Errors: unavailable.
  Result<std::string> Put(std::string_view bytes) const;
  // Errors: not_found, also for what is no name; unavailable.
  Result<std::string> Get(std::string_view name) const;

 private:
  const std::unique_ptr<BlobStore> blobs_;
};

}  // namespace livedrops::server
