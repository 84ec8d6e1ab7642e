// Secrets: the files that hold keys. Those that nobody gave are made beside the SQLite file.
#pragma once

#include <functional>
#include <string>

#include "livedrops/status.h"
#include "server/auth/token_keys.h"
#include "server/config/config.h"

namespace livedrops::server {

// Errors: not_found, unavailable, each with the system's reason; the path is named, for these go to
// the operator and not to clients.
Result<std::string> ReadFile(const std::string& path);

// What the file holds. Without one it is made with the text of `make`, mode 0600, durable before
// this returns; of several processes that start at once one wins and all get its text.
Result<std::string> ReadOrMakeSecret(const std::string& path,
                                     const std::function<std::string()>& make);

// Where a secret is: the path that was configured, else beside the SQLite file ("shop.db" has
// "shop.db.jwt-keys"), else nowhere for memory: (a new one each time). Errors: invalid_argument for
// a storage that several servers share, which must all get the same secret.
Result<std::string> SecretPath(const Config& config, const std::string& configured,
                               const std::string& setting, const std::string& suffix);

// The keys of auth.jwt_secret_file and auth.jwks_file. Read again on SIGHUP. Errors:
// invalid_argument with file and line; those above.
Result<TokenKeys> LoadTokenKeys(const Config& config);

// The same, without making anything: whether the files that are named can be used.
Status CheckSecrets(const Config& config);

}  // namespace livedrops::server
