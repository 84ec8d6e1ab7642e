#include "core/pending_tables.h"

#include <algorithm>
#include <ranges>

namespace livedrops {

template <class Row, class IsIt>
const Row* PendingTables::Newest(std::vector<Row> Batch::* rows, IsIt is_it) const {
  for (const Batch* batch : batches_) {
    if (batch == nullptr) continue;
    const auto newest_first = std::views::reverse(batch->*rows);
    const auto found = std::ranges::find_if(newest_first, is_it);
    if (found != newest_first.end()) return &*found;
  }
  return nullptr;
}

Result<Product> PendingTables::GetProduct(const ProductId& id) const {
  const ProductRow* row =
      Newest(&Batch::products, [&](const ProductRow& made) { return made.product.id == id; });
  if (row == nullptr) return durable_->GetProduct(id);
  if (row->deleted) return Status(StatusCode::kNotFound, "deleted product");
  return row->product;
}

const Account* PendingTables::PendingAccount(const UserId& id) const {
  return Newest(&Batch::accounts, [&](const Account& account) { return account.id == id; });
}

Result<Account> PendingTables::GetAccount(const UserId& id) const {
  const Account* account = PendingAccount(id);
  return account == nullptr ? durable_->GetAccount(id) : Result<Account>(*account);
}

Result<Account> PendingTables::FindAccount(const std::string& folded_email) const {
  // An older row of the same account may still show an email that it has given up.
  const Account* pending = Newest(&Batch::accounts, [&](const Account& account) {
    return account.email == folded_email && PendingAccount(account.id) == &account;
  });
  if (pending != nullptr) return *pending;
  Result<Account> durable = durable_->FindAccount(folded_email);
  if (durable.ok() && PendingAccount(durable->id) != nullptr) {
    return Status(StatusCode::kNotFound, "email given up");
  }
  return durable;
}

Result<Session> PendingTables::GetSession(const std::string& id) const {
  const Session* session =
      Newest(&Batch::sessions, [&](const Session& opened) { return opened.id == id; });
  return session == nullptr ? durable_->GetSession(id) : Result<Session>(*session);
}

}  // namespace livedrops
