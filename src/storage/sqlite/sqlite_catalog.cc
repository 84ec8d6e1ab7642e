#include "storage/sqlite/sqlite_catalog.h"

#include "storage/sqlite/list_reader.h"
#include "storage/sqlite/newest_first.h"
#include "storage/sqlite/rows.h"

namespace livedrops::sqlite {
namespace {

#define LD_SELECT_DROPS "SELECT " LD_DROP_COLUMNS " FROM drops d "
constexpr NewestFirstSql kAllDrops = {
    LD_SELECT_DROPS "ORDER BY d.created_ms DESC, d.drop_id LIMIT ?",
    LD_SELECT_DROPS "WHERE d.created_ms = ? AND d.drop_id > ? ORDER BY d.drop_id LIMIT ?",
    LD_SELECT_DROPS "WHERE d.created_ms < ? ORDER BY d.created_ms DESC, d.drop_id LIMIT ?"};
#define LD_DROPS_OF(column)                                                                  \
  {LD_SELECT_DROPS "WHERE " column " = ? ORDER BY d.created_ms DESC, d.drop_id LIMIT ?",     \
   LD_SELECT_DROPS "WHERE " column                                                           \
                   " = ? AND d.created_ms = ? AND d.drop_id > ? ORDER BY d.drop_id LIMIT ?", \
   LD_SELECT_DROPS "WHERE " column                                                           \
                   " = ? AND d.created_ms < ? ORDER BY d.created_ms DESC, d.drop_id LIMIT ?"}
constexpr NewestFirstSql kDropsOfCreator = LD_DROPS_OF("d.creator_id");
constexpr NewestFirstSql kDropsOfProduct = LD_DROPS_OF("d.prod_id");

// StatusAt of spi/storage.h, at the time ?3.
#define LD_STATUS_AT                                                                     \
  "CASE WHEN d.cancelled THEN 'cancelled' WHEN d.ended OR ?3 >= d.end_ms THEN 'ended'"   \
  " WHEN NOT d.started AND ?3 < d.start_ms THEN 'scheduled' WHEN d.paused THEN 'paused'" \
  " WHEN d.current_stock = 0 AND d.held = 0 THEN 'sold_out' ELSE 'live' END"
// Products that are shown: ?1 creator (not used by all), ?2 status or NULL, ?3 now.
#define LD_SHOWN                                                    \
  " p.deleted = 0 AND (?2 IS NULL OR EXISTS (SELECT 1 FROM drops d" \
  " WHERE d.prod_id = p.prod_id AND " LD_STATUS_AT " = ?2)) "
#define LD_OF_CREATOR " p.creator_id = ?1 AND "
#define LD_COUNT_PRODUCTS "SELECT count(*) FROM products p WHERE "
#define LD_SELECT_PRODUCTS "SELECT " LD_PRODUCT_COLUMNS " FROM products p WHERE "
#define LD_PRODUCT_PAGE " ORDER BY p.created_ms DESC, p.prod_id LIMIT ?4 OFFSET ?5"

constexpr char kSessionsOfUser[] =
    "SELECT " LD_SESSION_COLUMNS
    " FROM sessions s WHERE s.revoked = 0 AND s.user_id = ?"
    " AND s.expires_ms > ? ORDER BY s.expires_ms, s.session_id LIMIT ?";

constexpr const char* kIndexedLists[] = {
    kDropsOfCreator.first, kDropsOfCreator.ties,  kDropsOfCreator.older, kDropsOfProduct.first,
    kDropsOfProduct.ties,  kDropsOfProduct.older, kSessionsOfUser};

Query& BindFilter(Query& query, const ProductFilter& filter, Time now) {
  query.BindOrNull(filter.creator.view());
  query.BindOrNull(filter.status ? ToString(*filter.status) : std::string_view());
  return query.Bind(now);
}

Status ReadProducts(Connection& connection, const ProductFilter& filter, Time now,
                    ProductPage* page) {
  const bool all = filter.creator.empty();
  Query count(connection,
              all ? LD_COUNT_PRODUCTS LD_SHOWN : LD_COUNT_PRODUCTS LD_OF_CREATOR LD_SHOWN);
  if (BindFilter(count, filter, now).Next()) page->total = count.Int(0);
  if (Status status = count.status(); !status.ok()) return status;
  Query rows(connection, all ? LD_SELECT_PRODUCTS LD_SHOWN LD_PRODUCT_PAGE
                             : LD_SELECT_PRODUCTS LD_OF_CREATOR LD_SHOWN LD_PRODUCT_PAGE);
  BindFilter(rows, filter, now).Bind(filter.limit);
  rows.Bind(std::int64_t{filter.page - 1} * filter.limit);
  return ForEach<ProductRow>(connection, rows, ReadProductRow, "products",
                             [&](const ProductRow& row) { page->data.push_back(row.product); });
}

bool ReadSince(const Query& query, FollowEntry* entry) {
  entry->since = query.At(0);
  return true;
}

// One row by one value.
template <class Row>
Result<Row> Get(ReaderPool* readers, const char* sql, bool (*read)(const Query&, Row*),
                std::string_view what, std::string_view value) {
  auto reader = readers->Take();
  if (!reader.ok()) return reader.status();
  Query query(**reader, sql);
  return ReadOne(**reader, query.Bind(value), read, what, value);
}

}  // namespace

std::span<const char* const> IndexedLists() { return kIndexedLists; }

Result<DropRow> SqliteCatalog::GetDrop(const DropId& id) {
  return Get(readers_, LD_SELECT_DROPS "WHERE d.drop_id = ?", ReadDropRow, "drop", id.view());
}

Status SqliteCatalog::ListDrops(const DropQuery& query, std::vector<DropRow>* out) {
  out->clear();
  auto reader = readers_->Take();
  if (!reader.ok()) return reader.status();
  const Snapshot snapshot(**reader);
  if (!snapshot.status().ok()) return snapshot.status();
  NewestFirstPage page;
  const NewestFirstSql* sql = &kAllDrops;
  if (!query.creator.empty()) {
    page.of = query.creator.view();
    sql = &kDropsOfCreator;
  } else if (!query.product.empty()) {
    page.of = query.product.view();
    sql = &kDropsOfProduct;
  }
  page.after = query.after_created;
  page.after_id = query.after_id.view();
  page.limit = query.limit;
  const auto use = [&](const Query& row) { return ReadDropRow(row, &out->emplace_back()); };
  return ReadNewestFirst(**reader, *sql, page, use);
}

Result<Product> SqliteCatalog::GetProduct(const ProductId& id) {
  auto row =
      Get(readers_,
          "SELECT " LD_PRODUCT_COLUMNS " FROM products p WHERE p.prod_id = ? AND p.deleted = 0",
          ReadProductRow, "product", id.view());
  if (!row.ok()) return row.status();
  return row->product;
}

Result<ProductPage> SqliteCatalog::ListProducts(const ProductFilter& filter, Time now) {
  auto reader = readers_->Take();
  if (!reader.ok()) return reader.status();
  const Snapshot snapshot(**reader);
  ProductPage page;
  Status status = snapshot.status();
  if (status.ok()) status = ReadProducts(**reader, filter, now, &page);
  if (!status.ok()) return status;
  return page;
}

Result<FollowEntry> SqliteCatalog::GetFollow(const CreatorId& creator, const UserId& user) {
  auto reader = readers_->Take();
  if (!reader.ok()) return reader.status();
  Query query(**reader, "SELECT since_ms FROM follows WHERE creator_id = ? AND user_id = ?");
  query.Bind(creator.view()).Bind(user.view());
  auto entry = ReadOne(**reader, query, ReadSince, "follow of", creator.view());
  if (!entry.ok()) return entry;
  entry->creator = creator;
  entry->user = user;
  return entry;
}

Status SqliteCatalog::ListFollows(const FollowQuery& query, FollowPage* out) {
  *out = FollowPage();
  auto reader = readers_->Take();
  return reader.ok() ? sqlite::ListFollows(**reader, query, out) : reader.status();
}

Result<UserRow> SqliteCatalog::GetUser(const UserId& id) {
  return Get(readers_,
             "SELECT " LD_USER_COLUMNS
             " FROM users u LEFT JOIN notifications n USING (user_id) WHERE u.user_id = ?",
             ReadUserRow, "user", id.view());
}

Result<Account> SqliteCatalog::GetAccount(const UserId& id) {
  return Get(readers_, "SELECT " LD_ACCOUNT_COLUMNS " FROM accounts a WHERE a.user_id = ?",
             ReadAccount, "account", id.view());
}

Result<Account> SqliteCatalog::FindAccount(const std::string& folded_email) {
  auto account = Get(
      readers_, "SELECT " LD_ACCOUNT_COLUMNS " FROM accounts a WHERE a.email = ? AND a.email <> ''",
      ReadAccount, "account", folded_email);
  // The email is not repeated: messages may end up in logs.
  if (account.ok() || account.status().code() != StatusCode::kNotFound) return account;
  return Status(StatusCode::kNotFound, "there is no account with this email");
}

Result<Session> SqliteCatalog::GetSession(const std::string& id) {
  return Get(readers_, "SELECT " LD_SESSION_COLUMNS " FROM sessions s WHERE s.session_id = ?",
             ReadSession, "session", id);
}

Status SqliteCatalog::ListSessions(const SessionQuery& query, std::vector<Session>* out) {
  out->clear();
  auto reader = readers_->Take();
  if (!reader.ok() || query.limit <= 0) return reader.status();
  Query rows(**reader, kSessionsOfUser);
  rows.Bind(query.user.view()).Bind(query.expires_after).Bind(query.limit);
  return ForEach<Session>(**reader, rows, ReadSession, "sessions",
                          [&](const Session& session) { out->push_back(session); });
}

}  // namespace livedrops::sqlite
