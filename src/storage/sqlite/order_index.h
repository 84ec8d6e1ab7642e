#pragma once

#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

class OrderIndex {
 public:
  Status WriteSlice(Connection&, const CommitBatch&) { return OkStatus(); }
  void CommitEnded(const CommitBatch&, const Head&, bool) {}
  void Forget() {}
};

}  // namespace livedrops::sqlite
