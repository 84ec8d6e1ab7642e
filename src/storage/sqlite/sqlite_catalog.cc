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

// Products that are shown: ?1 creator (not used by all), ?2 status or NULL, ?3 now.
#define LD_SHOWN                                                    \
  " p.deleted = 0 AND (?2 IS NULL OR EXISTS (SELECT 1 FROM drops d" \
  " WHERE d.prod_id = p.prod_id AND " LD_STATUS_AT("?3") " = ?2)) "
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

}  // namespace

std::span<const char* const> IndexedLists() { return kIndexedLists; }

Status SqliteCatalog::ListDrops(const DropQuery& query, std::vector<DropRow>* out) {
  out->clear();
  auto reader = readers_.Take();
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

Result<ProductPage> SqliteCatalog::ListProducts(const ProductFilter& filter, Time now) {
  auto reader = readers_.Take();
  if (!reader.ok()) return reader.status();
  const Snapshot snapshot(**reader);
  ProductPage page;
  Status status = snapshot.status();
  if (status.ok()) status = ReadProducts(**reader, filter, now, &page);
  if (!status.ok()) return status;
  return page;
}

Status SqliteCatalog::ListFollows(const FollowQuery& query, FollowPage* out) {
  *out = FollowPage();
  auto reader = readers_.Take();
  return reader.ok() ? sqlite::ListFollows(**reader, query, out) : reader.status();
}

Status SqliteCatalog::ListSessions(const SessionQuery& query, std::vector<Session>* out) {
  out->clear();
  auto reader = readers_.Take();
  if (!reader.ok() || query.limit <= 0) return reader.status();
  Query rows(**reader, kSessionsOfUser);
  rows.Bind(query.user.view()).Bind(query.expires_after).Bind(query.limit);
  return ForEach<Session>(**reader, rows, ReadSession, "sessions",
                          [&](const Session& session) { out->push_back(session); });
}

}  // namespace livedrops::sqlite
