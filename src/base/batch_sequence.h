// What every SQL storage checks of a batch before it writes a row of it: the second net under the
// engine.
#pragma once

#include "livedrops/spi/storage.h"

namespace livedrops {

// Every log position after the old head once, and the new head that of the last row. ok, or
// broken_invariant with the row that is wrong.
Status CheckSequence(const CommitBatch& batch, const Head& old_head);

}  // namespace livedrops
