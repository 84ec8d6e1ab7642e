// What a batch must be before a row of it is written: the second net under the engine.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/memory/memory_log.h"
#include "storage/memory/memory_tables.h"

namespace livedrops::memory {

// ok, or broken_invariant with the row that is wrong. The fence is not looked at.
Status CheckBatch(const CommitBatch& batch, const MemoryLog& log, const MemoryTables& tables);

}  // namespace livedrops::memory
