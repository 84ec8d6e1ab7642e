#include "storage/sqlite/log_rewrite.h"

#include <algorithm>
#include <array>

namespace livedrops::sqlite {

Status RewriteLog(Connection& connection) {
  sqlite3_file* log = nullptr;
  sqlite3_int64 size = 0;
  int rc = sqlite3_file_control(connection.raw(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                static_cast<void*>(&log));
  if (rc == SQLITE_OK && log->pMethods != nullptr) rc = log->pMethods->xFileSize(log, &size);
  std::array<char, 65'536> chunk;
  for (sqlite3_int64 at = 0; at < size && rc == SQLITE_OK; at += std::ssize(chunk)) {
    const int bytes = static_cast<int>(std::min<sqlite3_int64>(size - at, std::ssize(chunk)));
    rc = log->pMethods->xRead(log, chunk.data(), bytes, at);
    if (rc == SQLITE_OK) rc = log->pMethods->xWrite(log, chunk.data(), bytes, at);
  }
  if (rc == SQLITE_OK && size != 0) rc = log->pMethods->xSync(log, SQLITE_SYNC_FULL);
  return rc == SQLITE_OK ? OkStatus() : connection.Error(rc);
}

}  // namespace livedrops::sqlite
