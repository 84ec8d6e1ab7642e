// SqliteFile: a database file made ready to be used: identified, in WAL mode, at the newest schema.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_storage.h"

namespace livedrops::sqlite {

// Makes the file when it does not exist and `file.create` says so. Changes nothing when
// `file.read_only`. Errors: as OpenSqliteStorage.
Result<ShopInfo> PrepareFile(const ConnectionOptions& file, const StorageOptions& options,
                             const SqliteOptions& sqlite);

}  // namespace livedrops::sqlite
