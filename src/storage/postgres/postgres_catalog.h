// PostgresCatalog: reads of the tables that a shop browses.
#pragma once

#include "base/sql_catalog.h"
#include "storage/postgres/query.h"
#include "storage/postgres/reader_pool.h"

namespace livedrops::postgres {

// Threading: any thread.
class PostgresCatalog : public sql::CatalogById<ReaderPool, Query> {
 public:
  using CatalogById::CatalogById;

  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override;
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override;
  Status ListFollows(const FollowQuery& query, FollowPage* out) override;
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override;
};

}  // namespace livedrops::postgres
