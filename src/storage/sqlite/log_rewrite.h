// RewriteLog: makes durable what the write-ahead log shows.
#pragma once

#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

// Writes the write-ahead log over itself and syncs it. After a sync that failed, the system's cache
// may show commits that the disk does not have, and a later sync does not write them: a power cut
// would take them, and with them all that is committed behind. The connection must hold the write
// lock, which keeps the log as it is meanwhile. Errors: unavailable.
Status RewriteLog(Connection& connection);

}  // namespace livedrops::sqlite
