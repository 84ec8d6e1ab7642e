// What the tests of the PostgreSQL storage share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "livedrops/testing/storage_conformance.h"
#include "storage/postgres/postgres_storage.h"
#include "testing/conformance_kit.h"
#include "tests/postgres/server.h"

namespace livedrops {

inline std::unique_ptr<Storage> OpenOrDie(const std::string& url,
                                          const PostgresOptions& options = {}) {
  auto storage = OpenPostgresStorage(url, {}, options);
  EXPECT_TRUE(storage.ok()) << storage.status().ToString();
  return storage.ok() ? std::move(*storage) : nullptr;
}

class PostgresFactory : public StorageFactory {
 public:
  Result<std::unique_ptr<Storage>> Create() override {
    url_ = NewShopUrl();
    return Open();
  }
  Result<std::unique_ptr<Storage>> Open() override { return OpenPostgresStorage(url_, {}); }

 private:
  std::string url_;
};

// A row that resolves a commit in doubt.
inline EventRow Barrier(const Head& found) {
  EventRow row;
  row.seq = found.seq + 1;
  row.aggregate = "shop:" + std::to_string(row.seq);
  row.aggregate_seq = 1;
  row.at = conformance::TimeOf(row.seq);
  row.hash = conformance::MakeHash(row.seq, 99);
  return row;
}

}  // namespace livedrops
