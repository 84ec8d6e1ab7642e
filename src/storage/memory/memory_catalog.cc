#include "storage/memory/memory_catalog.h"

namespace livedrops::memory {
namespace {

std::string_view TextOf(const std::string& id) { return id; }
template <class Tag>
std::string_view TextOf(const Id<Tag>& id) {
  return id.view();
}

bool HasDropWith(DropStatus status, const ProductId& product, const MemoryTables& tables,
                 Time now) {
  const auto [first, last] = tables.drops_of_product.equal_range(product);
  for (auto entry = first; entry != last; ++entry) {
    if (StatusAt(tables.drops.at(entry->second), now) == status) return true;
  }
  return false;
}

bool Matches(const ProductRow& row, const ProductFilter& filter, const MemoryTables& tables,
             Time now) {
  if (row.deleted) return false;
  if (!filter.creator.empty() && row.product.creator != filter.creator) return false;
  return !filter.status || HasDropWith(*filter.status, row.product.id, tables, now);
}

}  // namespace

Status ClosedStatus() { return {StatusCode::kClosed, "the storage is closed"}; }

Status NotFoundStatus(std::string_view what, std::string_view id) {
  return {StatusCode::kNotFound, "no " + std::string(what) + " " + std::string(id)};
}

template <class Value, class Table, class Id>
Result<Value> MemoryCatalog::Get(const Table& table, const Id& id, std::string_view what) {
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const auto found = table.find(id);
  if (found == table.end()) return NotFoundStatus(what, TextOf(id));
  return found->second;
}

Result<DropRow> MemoryCatalog::GetDrop(const DropId& id) {
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const DropRow* const row = database_->tables.FindDrop(id);
  if (row == nullptr) return NotFoundStatus("drop", id.view());
  return *row;
}

Status MemoryCatalog::ListDrops(const DropQuery& query, std::vector<DropRow>* out) {
  out->clear();
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const MemoryTables& tables = database_->tables;
  auto place = query.after_id.empty()
                   ? tables.newest_drops.begin()
                   : tables.newest_drops.upper_bound({query.after_created, query.after_id.str()});
  for (; place != tables.newest_drops.end() && std::ssize(*out) < query.limit; ++place) {
    const DropRow& row = *tables.FindDrop(DropId(place->id));
    const bool wanted = (query.creator.empty() || row.drop.creator == query.creator) &&
                        (query.product.empty() || row.drop.product == query.product);
    if (wanted) out->push_back(row);
  }
  return OkStatus();
}

Result<Product> MemoryCatalog::GetProduct(const ProductId& id) {
  const Result<ProductRow> row = Get<ProductRow>(database_->tables.products, id, "product");
  if (!row.ok()) return row.status();
  if (row->deleted) return NotFoundStatus("product", id.view());
  return row->product;
}

Result<ProductPage> MemoryCatalog::ListProducts(const ProductFilter& filter, Time now) {
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const MemoryTables& tables = database_->tables;
  const std::int64_t first = std::int64_t{filter.page - 1} * filter.limit;
  ProductPage page;
  for (const NewestFirst& place : tables.newest_products) {
    const ProductRow& row = tables.products.at(ProductId(place.id));
    if (!Matches(row, filter, tables, now)) continue;
    const bool on_page = page.total >= first && page.total < first + filter.limit;
    if (on_page) page.data.push_back(row.product);
    ++page.total;
  }
  return page;
}

Result<FollowEntry> MemoryCatalog::GetFollow(const CreatorId& creator, const UserId& user) {
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const auto& follows = database_->tables.follows;
  const auto found = follows.find({creator, user});
  if (found == follows.end()) return NotFoundStatus("follow of", creator.view());
  return FollowEntry{creator, user, found->second};
}

namespace {

using FollowIndex = std::set<NewestFirst>;

template <class Map, class Id>
const FollowIndex& FollowsOf(const Map& map, const Id& id) {
  static const FollowIndex none;
  const auto found = map.find(id);
  return found == map.end() ? none : found->second;
}

}  // namespace

Status MemoryCatalog::ListFollows(const FollowQuery& query, FollowPage* out) {
  *out = FollowPage();
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const MemoryTables& tables = database_->tables;
  const bool of_creator = !query.creator.empty();
  const FollowIndex& index = of_creator ? FollowsOf(tables.followers, query.creator)
                                        : FollowsOf(tables.following, query.user);
  auto place = query.after_id.empty() ? index.begin()
                                      : index.upper_bound({query.after_since, query.after_id});
  for (; place != index.end() && std::ssize(out->data) < query.limit; ++place) {
    out->data.push_back(of_creator ? FollowEntry{query.creator, UserId(place->id), place->at}
                                   : FollowEntry{CreatorId(place->id), query.user, place->at});
  }
  out->total = std::ssize(index);
  return OkStatus();
}

Result<UserRow> MemoryCatalog::GetUser(const UserId& id) {
  return Get<UserRow>(database_->tables.users, id, "user");
}

Result<Account> MemoryCatalog::GetAccount(const UserId& id) {
  return Get<Account>(database_->tables.accounts, id, "account");
}

Result<Account> MemoryCatalog::FindAccount(const std::string& folded_email) {
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const MemoryTables& tables = database_->tables;
  const auto found = tables.account_of_email.find(folded_email);
  // The email is not repeated: messages may end up in logs.
  if (found == tables.account_of_email.end()) return NotFoundStatus("account", "with this email");
  return tables.accounts.at(found->second);
}

Result<Session> MemoryCatalog::GetSession(const std::string& id) {
  return Get<Session>(database_->tables.sessions, id, "session");
}

Status MemoryCatalog::ListSessions(const SessionQuery& query, std::vector<Session>* out) {
  out->clear();
  if (*closed_) return ClosedStatus();
  const std::lock_guard guard(database_->mutex);
  const MemoryTables& tables = database_->tables;
  const auto of_user = tables.sessions_of_user.find(query.user);
  if (of_user == tables.sessions_of_user.end()) return OkStatus();
  const auto& live = of_user->second;
  for (auto place = live.lower_bound({query.expires_after + Duration(1), ""});
       place != live.end() && std::ssize(*out) < query.limit; ++place) {
    out->push_back(tables.sessions.at(place->second));
  }
  return OkStatus();
}

}  // namespace livedrops::memory
