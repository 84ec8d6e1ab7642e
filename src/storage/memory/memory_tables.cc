#include "storage/memory/memory_tables.h"

namespace livedrops::memory {

void MemoryTables::Apply(const CommitBatch& batch) {
  for (const DropRow& row : batch.drops) PutDrop(row);
  for (const ProductRow& row : batch.products) PutProduct(row);
  for (const FollowRow& row : batch.follows) PutFollow(row);
  for (const CreatorRow& row : batch.creators) creators[row.id] = row;
  for (const UserRow& row : batch.users) users[row.id] = row;
  // All old emails first: one account may take the email that another gives up in the same batch.
  for (const Account& account : batch.accounts) RemoveEmail(account.id);
  for (const Account& account : batch.accounts) PutAccount(account);
  for (const Session& session : batch.sessions) PutSession(session);
}

const DropRow* MemoryTables::FindDrop(const DropId& id) const {
  const auto found = drop_numbers.find(id);
  return found == drop_numbers.end() ? nullptr : &drops.at(found->second);
}

void MemoryTables::PutDrop(const DropRow& row) {
  const auto [place, is_new] = drops.insert_or_assign(row.drop_no, row);
  if (!is_new) return;  // Id, product and time of creation never change.
  drop_numbers[row.drop.id] = row.drop_no;
  drops_of_product.emplace(row.drop.product, row.drop_no);
  newest_drops.insert({row.drop.created_at, row.drop.id.str()});
}

void MemoryTables::PutProduct(const ProductRow& row) {
  const Product& product = row.product;
  const auto [place, is_new] = products.insert_or_assign(product.id, row);
  if (is_new) newest_products.insert({product.created_at, product.id.str()});
}

void MemoryTables::PutFollow(const FollowRow& row) {
  const auto old = follows.find({row.creator, row.user});
  if (old != follows.end()) {
    followers[row.creator].erase({old->second, row.user.str()});
    following[row.user].erase({old->second, row.creator.str()});
    follows.erase(old);
  }
  if (!row.follow) return;
  follows[{row.creator, row.user}] = row.since;
  followers[row.creator].insert({row.since, row.user.str()});
  following[row.user].insert({row.since, row.creator.str()});
}

void MemoryTables::RemoveEmail(const UserId& id) {
  const auto old = accounts.find(id);
  if (old != accounts.end()) account_of_email.erase(old->second.email);
}

void MemoryTables::PutAccount(const Account& account) {
  accounts[account.id] = account;
  // An erased account has none.
  if (!account.email.empty()) account_of_email[account.email] = account.id;
}

void MemoryTables::PutSession(const Session& session) {
  if (const auto old = sessions.find(session.id); old != sessions.end()) {
    sessions_of_user[old->second.user].erase({old->second.expires_at, session.id});
  }
  sessions[session.id] = session;
  if (!session.revoked) sessions_of_user[session.user].insert({session.expires_at, session.id});
}

}  // namespace livedrops::memory
