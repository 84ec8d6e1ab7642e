// "file:PATH": one JSON line for each event, appended, synced once a batch. The position is that of
// the last complete line; what a crash left of a line behind it is cut off, and so is what a power
// cut left of the last batch behind a hole.
#pragma once

#include <memory>
#include <string>

#include "livedrops/spi/transport.h"

namespace livedrops {

// Nothing is opened before the first call. The file is locked while it is open: a second transport
// on it, of any process, answers `unavailable`.
std::unique_ptr<Transport> NewFileTransport(std::string path);

}  // namespace livedrops
