// PostgresCatalog: reads of the tables that a shop browses.
#pragma once

#include "livedrops/spi/storage.h"
#include "storage/postgres/reader_pool.h"

namespace livedrops::postgres {

// Threading: any thread.
class PostgresCatalog : public Catalog {
 public:
  explicit PostgresCatalog(ReaderPool* readers) : readers_(readers) {}

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

}  // namespace livedrops::postgres
