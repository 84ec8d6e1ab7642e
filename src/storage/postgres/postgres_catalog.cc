#include "storage/postgres/postgres_catalog.h"

#include "base/sql_rows.h"
#include "storage/postgres/list_reader.h"
#include "storage/postgres/query.h"

namespace livedrops::postgres {
namespace {

#define LD_SELECT_DROPS "SELECT " LD_DROP_COLUMNS " FROM drops d "
// Pages: after (-created, id).
#define LD_DROP_PAGE                                     \
  " (-d.created_ms, d.drop_id) > ($1::bigint, $2::text)" \
  " ORDER BY (-d.created_ms), d.drop_id LIMIT $3"
constexpr char kAllDrops[] = LD_SELECT_DROPS "WHERE" LD_DROP_PAGE;
constexpr char kDropsOfCreator[] = LD_SELECT_DROPS "WHERE d.creator_id = $4 AND" LD_DROP_PAGE;
constexpr char kDropsOfProduct[] = LD_SELECT_DROPS "WHERE d.prod_id = $4 AND" LD_DROP_PAGE;

// Products that are shown: $1 creator, $2 status or NULL, $3 now.
#define LD_SHOWN                                                          \
  " NOT p.deleted AND ($2::text IS NULL OR EXISTS (SELECT 1 FROM drops d" \
  " WHERE d.prod_id = p.prod_id AND " LD_STATUS_AT("$3") " = $2))"
#define LD_ALL " $1::text IS NULL AND"
#define LD_OF_CREATOR " p.creator_id = $1 AND"
#define LD_COUNT "SELECT count(*), $3::bigint FROM products p WHERE"
#define LD_SELECT "SELECT " LD_PRODUCT_COLUMNS " FROM products p WHERE"
#define LD_PAGE " ORDER BY (-p.created_ms), p.prod_id LIMIT $4 OFFSET $5"
constexpr char kCountAll[] = LD_COUNT LD_ALL LD_SHOWN;
constexpr char kCountOfCreator[] = LD_COUNT LD_OF_CREATOR LD_SHOWN;
constexpr char kAllProducts[] = LD_SELECT LD_ALL LD_SHOWN LD_PAGE;
constexpr char kProductsOfCreator[] = LD_SELECT LD_OF_CREATOR LD_SHOWN LD_PAGE;

}  // namespace

Status PostgresCatalog::ListDrops(const DropQuery& query, std::vector<DropRow>* out) {
  out->clear();
  auto reader = readers_.Take();
  if (!reader.ok() || query.limit <= 0) return reader.status();
  const bool of_creator = !query.creator.empty();
  const bool of_product = !of_creator && !query.product.empty();
  Query rows(**reader, of_creator ? kDropsOfCreator : of_product ? kDropsOfProduct : kAllDrops);
  rows.Bind(query.after_id.empty() ? std::int64_t{INT64_MIN} : -ToMs(query.after_created));
  rows.Bind(query.after_id.view()).Bind(query.limit);
  if (of_creator) rows.Bind(query.creator.view());
  if (of_product) rows.Bind(query.product.view());
  return sql::ForEach<DropRow>(**reader, rows, sql::ReadDropRow<Query>, "drops",
                               [&](const DropRow& row) { out->push_back(row); });
}

Result<ProductPage> PostgresCatalog::ListProducts(const ProductFilter& filter, Time now) {
  auto reader = readers_.Take();
  if (!reader.ok()) return reader.status();
  const bool all = filter.creator.empty();
  Params params;
  params.Add(TextOrNull{filter.creator.view()});
  params.Add(TextOrNull{filter.status ? ToString(*filter.status) : std::string_view()}).Add(now);
  Params page_params = params;
  page_params.Add(filter.limit).Add(std::int64_t{filter.page - 1} * filter.limit);
  QueryGroup group(**reader);
  group.Add(all ? kCountAll : kCountOfCreator, params);
  group.Add(all ? kAllProducts : kProductsOfCreator, page_params);
  std::vector<Rows> found;
  if (Status status = group.Run(&found); !status.ok()) return status;
  ProductPage page;
  if (found[0].Next()) page.total = found[0].Int(0);
  ProductRow row;
  while (found[1].Next()) {
    if (!sql::ReadProductRow(found[1], &row)) {
      return (*reader)->Fail(StatusCode::kCorrupt, "unreadable row in table products");
    }
    page.data.push_back(row.product);
  }
  return page;
}

Status PostgresCatalog::ListFollows(const FollowQuery& query, FollowPage* out) {
  *out = FollowPage();
  auto reader = readers_.Take();
  return reader.ok() ? postgres::ListFollows(**reader, query, out) : reader.status();
}

Status PostgresCatalog::ListSessions(const SessionQuery& query, std::vector<Session>* out) {
  out->clear();
  auto reader = readers_.Take();
  if (!reader.ok() || query.limit <= 0) return reader.status();
  Query rows(**reader, "SELECT " LD_SESSION_COLUMNS
                       " FROM sessions s WHERE NOT s.revoked AND s.user_id = $1"
                       " AND s.expires_ms > $2 ORDER BY s.expires_ms, s.session_id LIMIT $3");
  rows.Bind(query.user.view()).Bind(query.expires_after).Bind(query.limit);
  return sql::ForEach<Session>(**reader, rows, sql::ReadSession<Query>, "sessions",
                               [&](const Session& session) { out->push_back(session); });
}

}  // namespace livedrops::postgres
