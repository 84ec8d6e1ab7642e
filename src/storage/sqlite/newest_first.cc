#include "storage/sqlite/newest_first.h"

namespace livedrops::sqlite {
namespace {

// Uses the rows of a bound query and counts down what is left of the page.
Status UseRows(Connection& connection, Query& query, int* left,
               const std::function<bool(const Query&)>& use) {
  while (query.Next()) {
    if (!use(query)) return connection.Fail(StatusCode::kCorrupt, "unreadable row in a list");
    --*left;
  }
  return query.status();
}

}  // namespace

Status ReadNewestFirst(Connection& connection, const NewestFirstSql& sql,
                       const NewestFirstPage& page, const std::function<bool(const Query&)>& use) {
  int left = page.limit;
  if (left <= 0) return OkStatus();
  if (page.after_id.empty()) {
    Query first(connection, sql.first);
    if (page.of) first.Bind(*page.of);
    return UseRows(connection, first.Bind(left), &left, use);
  }
  Query ties(connection, sql.ties);
  if (page.of) ties.Bind(*page.of);
  ties.Bind(page.after).Bind(page.after_id).Bind(left);
  Status status = UseRows(connection, ties, &left, use);
  if (!status.ok() || left == 0) return status;
  Query older(connection, sql.older);
  if (page.of) older.Bind(*page.of);
  return UseRows(connection, older.Bind(page.after).Bind(left), &left, use);
}

}  // namespace livedrops::sqlite
