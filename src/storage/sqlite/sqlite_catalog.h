// SqliteCatalog: reads of the tables that a shop browses.
#pragma once

#include <span>

#include "livedrops/spi/storage.h"
#include "storage/sqlite/reader_pool.h"

namespace livedrops::sqlite {

// Threading: any thread.
class SqliteCatalog : public Catalog {
 public:
  explicit SqliteCatalog(ReaderPool* readers) : readers_(readers) {}

  Result<DropRow> GetDrop(const DropId& id) override;
  Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) override;
  Result<Product> GetProduct(const ProductId& id) override;
  Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) override;
  Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) override;
  Status ListFollows(const FollowQuery& query, FollowPage* out) override;
  Result<UserRow> GetUser(const UserId& id) override;
  Result<Account> GetAccount(const UserId& id) override;
  Result<Account> FindAccount(const std::string& folded_email) override;
  Result<Session> GetSession(const std::string& id) override;
  Status ListSessions(const SessionQuery& query, std::vector<Session>* out) override;

 private:
  ReaderPool* const readers_;
};

// Queries that cost what they show, whatever the tables hold: a test asks SQLite how it runs them.
std::span<const char* const> IndexedLists();

}  // namespace livedrops::sqlite
