// MemoryCatalog: the reads of the browsed tables.
#pragma once

#include <atomic>

#include "storage/memory/memory_database.h"

namespace livedrops::memory {

class MemoryCatalog : public Catalog {
 public:
  // `closed` is the storage's; both must outlive this.
  MemoryCatalog(MemoryDatabase* database, const std::atomic<bool>* closed)
      : database_(database), closed_(closed) {}

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
  template <class Value, class Table, class Id>
  Result<Value> Get(const Table& table, const Id& id, std::string_view what);

  MemoryDatabase* database_;
  const std::atomic<bool>* closed_;
};

Status ClosedStatus();
Status NotFoundStatus(std::string_view what, std::string_view id);

}  // namespace livedrops::memory
