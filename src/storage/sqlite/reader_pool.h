// ReaderPool: read connections for any number of threads.
#pragma once

#include "base/connection_pool.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

class ReaderPool : public ConnectionPool<Connection> {
 public:
  explicit ReaderPool(ConnectionOptions options);

  // Errors: closed; unavailable when the file cannot be opened.
  Result<Lease> Take();

 private:
  Result<std::unique_ptr<Connection>> OpenReader() const;

  const ConnectionOptions options_;
};

}  // namespace livedrops::sqlite
