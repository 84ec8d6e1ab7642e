// "file:DIRECTORY": each blob is a file, DIRECTORY/ab/abcdef….
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "livedrops/spi/blob_store.h"

namespace livedrops {

// A draft that nobody has finished in this time belongs to a process that is gone.
inline constexpr std::chrono::hours kDraftLife{1};

// Nothing is touched before the first call.
std::unique_ptr<BlobStore> NewFileBlobs(std::string directory);

}  // namespace livedrops
