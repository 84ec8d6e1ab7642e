// A log against a signed head that was kept elsewhere.
#pragma once

#include <string>
#include <vector>

#include "livedrops/spi/storage.h"
#include "simulation/verify.h"

namespace livedrops::cli {

// The violations that the head in `file` shows: its signature is wrong, or not of `trusted_key` (64
// hexadecimal digits; empty: whoever signed it); the log ends before it; the log says otherwise
// there. Errors: those of reading; invalid_argument for a file that is no signed head.
Result<std::vector<Violation>> CheckHead(Storage& storage, const std::string& file,
                                         const std::string& trusted_key);

}  // namespace livedrops::cli
