// SqliteCatalog: reads of the tables that a shop browses.
#pragma once

#include <span>

#include "base/sql_catalog.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/reader_pool.h"

namespace livedrops::sqlite {

// Threading: any thread.
class SqliteCatalog : public sql::CatalogById<ReaderPool, Query> {
 public:
  using CatalogById::CatalogById;

  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override;
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override;
  Status ListFollows(const FollowQuery& query, FollowPage* out) override;
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override;
};

// Queries that cost what they show, whatever the tables hold: a test asks SQLite how it runs them.
std::span<const char* const> IndexedLists();

}  // namespace livedrops::sqlite
