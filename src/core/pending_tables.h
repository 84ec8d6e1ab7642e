// PendingTables: what a decision looks up by id. The storage shows only what is durable; rows that
// were decided but are not yet durable stand before it.
#pragma once

#include <string>

#include "core/batch.h"

namespace livedrops {

// Threading: the deciding thread. The batches may be committed meanwhile: both only read them.
// Errors: not_found; those of the storage.
class PendingTables {
 public:
  // `in_flight` may be null.
  PendingTables(Catalog* durable, const Batch* open, const Batch* in_flight)
      : durable_(durable), batches_{open, in_flight} {}

  Result<Product> GetProduct(const ProductId& id) const;
  Result<Account> GetAccount(const UserId& id) const;
  Result<Account> FindAccount(const std::string& folded_email) const;
  Result<Session> GetSession(const std::string& id) const;

 private:
  // The newest row of which `is_it` holds, in the given list of a batch; null when there is none.
  template <class Row, class IsIt>
  const Row* Newest(std::vector<Row> Batch::* rows, IsIt is_it) const;
  const Account* PendingAccount(const UserId& id) const;

  Catalog* durable_;
  const Batch* batches_[2];  // Newest first.
};

}  // namespace livedrops
