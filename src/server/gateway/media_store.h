// MediaStore: pictures in files that are named by the SHA-256 of their content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "livedrops/status.h"

namespace livedrops::server {

// "image/jpeg", "image/png", "image/webp" by the first bytes; nothing for anything else.
std::optional<std::string_view> PictureType(std::string_view bytes);

// What has a name never changes, and names come from the content: two servers may share the
// directory, and a request cannot name a file outside of it.
// Threading: any thread. Every call blocks on a disk.
class MediaStore {
 public:
  explicit MediaStore(std::string directory) : directory_(std::move(directory)) {}

  // Durable when it returns. The name: 64 lower-case hexadecimal digits. Errors: unavailable.
  Result<std::string> Put(std::string_view bytes) const;
  // Errors: not_found, also for what is no name; unavailable.
  Result<std::string> Get(std::string_view name) const;

 private:
  std::string PathOf(std::string_view name) const;

  const std::string directory_;
};

}  // namespace livedrops::server
