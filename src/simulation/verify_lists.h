// The lists of orders: what a storage keeps to read them quickly must leave nothing out.
#pragma once

#include "livedrops/spi/storage.h"
#include "simulation/verify_log.h"

namespace livedrops {

// Reads the list of orders of every drop, and of up to 2,000 users, up to `head`, and holds how
// many there are against the log. On a live database newer orders are passed over. Errors: those of
// the storage; what is damaged is a finding.
Status CheckLists(Storage& storage, const Head& head, LogFold& log, VerifyFindings* findings);

}  // namespace livedrops
