// Pages of a list that shows the newest first, ties by id. Every page costs one or two seeks,
// however deep it is and however many rows share a time.
#pragma once

#include <functional>
#include <optional>

#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

// Three queries of the same columns, bound in this order: of whom (when there is one), time, id,
// limit.
struct NewestFirstSql {
  const char* first;  // The first page.
  const char* ties;   // Rows of the same time after the id.
  const char* older;  // Rows before the time.
};

struct NewestFirstPage {
  std::optional<std::string_view> of;
  Time after;
  std::string_view after_id;  // Empty: the first page.
  int limit = 0;
};

// `use` answers false for a row that it cannot read.
Status ReadNewestFirst(Connection& connection, const NewestFirstSql& sql,
                       const NewestFirstPage& page, const std::function<bool(const Query&)>& use);

}  // namespace livedrops::sqlite
