// BatchTable: rows in memory that SQL can select from. One `INSERT … SELECT` over it feeds a batch
// into a table with a quarter less CPU than binding and stepping a statement for each row.
#pragma once

#include <sqlite3.h>

#include <span>
#include <string_view>

#include "livedrops/spi/storage.h"

namespace livedrops::sqlite {

// What a virtual table shows: an array of rows of any type, and how to read a column of one.
struct BatchFeed {
  const char* name;
  const char* declaration;  // "CREATE TABLE x(a, b)"
  void (*column)(const void* row, int column, sqlite3_context* context);
  std::size_t stride;
  const void* rows = nullptr;
  std::size_t count = 0;
};

// The feeds of one writing connection; the connection must not outlive them.
class BatchTables {
 public:
  BatchTables();
  BatchTables(const BatchTables&) = delete;
  BatchTables& operator=(const BatchTables&) = delete;

  // Makes the tables ld_orders, ld_events and ld_follows known to a connection.
  int Register(sqlite3* db);

  void Show(std::span<const OrderRow> rows) { Show(&orders_, rows.data(), rows.size()); }
  void Show(std::span<const EventRow> rows) { Show(&events_, rows.data(), rows.size()); }
  void Show(std::span<const FollowRow> rows) { Show(&follows_, rows.data(), rows.size()); }

 private:
  static void Show(BatchFeed* feed, const void* rows, std::size_t count) {
    feed->rows = rows;
    feed->count = count;
  }
  BatchFeed orders_;
  BatchFeed events_;
  BatchFeed follows_;
};

}  // namespace livedrops::sqlite
