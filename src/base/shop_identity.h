// Who a database is (its secret and its epoch) and where it lives: what the SQL storages share.
//
// Positions of an epoch are good in one history only. A database that was restored, copied or
// promoted may lack events that somebody has seen, so it gets a fresh epoch. It notices by its
// home: the place that it was last written in, stored beside the epoch.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/open.h"

namespace livedrops {

// Random ones. Errors: unavailable when the system gives no random bytes.
Result<std::string> NewEpoch();
// The identity of a new database; the secret of `copy`, when it is one.
Result<ShopInfo> NewShopInfo(const StorageOptions& options);

// What a database says about itself.
struct StoredIdentity {
  ShopInfo shop;
  std::string home;            // Empty: it was made before homes were stored.
  bool is_unfinished = false;  // A copy that was begun.
};

// The refusal of what only a database that nobody else has open may be asked for.
inline constexpr std::string_view kOpenElsewhere = "another process has it open: stop it first";

// A home is a list of parts between slashes, "-" for a part that could not be found out. True when
// no part is known to differ.
bool IsSameHome(std::string_view stored, std::string_view found);
// `found`, with what only `stored` knows.
std::string MergedHome(std::string_view stored, std::string_view found);

// Whether a database may be opened in this way. Errors: unavailable for an unfinished copy that is
// opened as a shop; invalid_argument for the target of a copy that is something else.
Status CheckCopy(const StoredIdentity& stored, const StorageOptions& options);

}  // namespace livedrops
