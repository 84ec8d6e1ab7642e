#include "storage/sqlite/batch_table.h"

#include <new>

namespace livedrops::sqlite {
namespace {

// --- the columns ---------------------------------------------------------------------------------

void GiveInt(sqlite3_context* context, std::uint64_t value) {
  sqlite3_result_int64(context, static_cast<sqlite3_int64>(value));
}
void GiveIntOrNull(sqlite3_context* context, std::uint64_t value) {
  if (value != 0) GiveInt(context, value);
}
// The text lives until the commit is over: no copy.
void GiveText(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text(context, text.data() == nullptr ? "" : text.data(),
                      static_cast<int>(text.size()), SQLITE_STATIC);
}
void GiveTextOrNull(sqlite3_context* context, std::string_view text) {
  if (!text.empty()) GiveText(context, text);
}
void GiveBlob(sqlite3_context* context, std::span<const std::uint8_t> blob) {
  sqlite3_result_blob(context, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC);
}

constexpr char kOrderColumns[] =
    "CREATE TABLE x(seq, drop_no, off, at, user_id, actor, idem_key, qty, amount, balance, ttl,"
    " order_id, hash)";

void OrderColumn(const void* data, int column, sqlite3_context* context) {
  const auto& row = *static_cast<const OrderRow*>(data);
  switch (column) {
    case 0:
      return GiveInt(context, row.seq);
    case 1:
      return GiveInt(context, row.drop_no);
    case 2:
      return GiveInt(context, row.aggregate_seq);
    case 3:
      return sqlite3_result_int64(context, ToMs(row.at));
    case 4:
      return GiveText(context, row.user);
    case 5:
      return GiveTextOrNull(context, row.actor);
    case 6:
      return GiveText(context, row.key);
    case 7:
      return sqlite3_result_int64(context, row.quantity);
    case 8:
      return sqlite3_result_int64(context, row.amount);
    case 9:
      return sqlite3_result_int64(context, row.balance);
    case 10:
      return sqlite3_result_int64(context, row.ttl_seconds);
    case 11:
      return GiveBlob(context, row.order_id);
    default:
      return GiveBlob(context, row.hash);
  }
}

constexpr char kEventColumns[] =
    "CREATE TABLE x(seq, type, aggregate, aggregate_seq, at, actor, subject, body, idem_key,"
    " fingerprint, drop_no, order_seq, delta, balance, creator_id, user_id, hash)";

void EventColumn(const void* data, int column, sqlite3_context* context) {
  const auto& row = *static_cast<const EventRow*>(data);
  switch (column) {
    case 0:
      return GiveInt(context, row.seq);
    case 1:
      return GiveText(context, ToString(row.type));
    case 2:
      return GiveText(context, row.aggregate);
    case 3:
      return GiveInt(context, row.aggregate_seq);
    case 4:
      return sqlite3_result_int64(context, ToMs(row.at));
    case 5:
      return GiveText(context, row.actor);
    case 6:
      return GiveText(context, row.subject);
    case 7:
      return GiveText(context, row.body);
    case 8:
      return GiveTextOrNull(context, row.key);
    case 9:
      return GiveInt(context, row.fingerprint);
    case 10:
      return GiveIntOrNull(context, row.drop_no);
    case 11:
      return GiveIntOrNull(context, row.order_seq);
    case 12:
      return sqlite3_result_int64(context, row.delta);
    case 13:
      return sqlite3_result_int64(context, row.balance);
    case 14:
      return GiveTextOrNull(context, row.creator);
    case 15:
      return GiveTextOrNull(context, row.user);
    default:
      return GiveBlob(context, row.hash);
  }
}

constexpr char kFollowColumns[] = "CREATE TABLE x(creator_id, user_id, since_ms, follow)";

void FollowColumn(const void* data, int column, sqlite3_context* context) {
  const auto& row = *static_cast<const FollowRow*>(data);
  switch (column) {
    case 0:
      return GiveText(context, row.creator.view());
    case 1:
      return GiveText(context, row.user.view());
    case 2:
      return sqlite3_result_int64(context, ToMs(row.since));
    default:
      return sqlite3_result_int(context, row.follow ? 1 : 0);
  }
}

// --- the virtual table ---------------------------------------------------------------------------

struct Table {
  sqlite3_vtab base;  // First: SQLite knows only this part.
  const BatchFeed* feed;
};
struct Cursor {
  sqlite3_vtab_cursor base;  // First, as above.
  const BatchFeed* feed;
  std::size_t row;
};

int Connect(sqlite3* db, void* feed, int, const char* const*, sqlite3_vtab** out, char**) {
  const auto* batch = static_cast<const BatchFeed*>(feed);
  if (const int rc = sqlite3_declare_vtab(db, batch->declaration); rc != SQLITE_OK) return rc;
  auto* table = new (std::nothrow) Table{{}, batch};
  if (table == nullptr) return SQLITE_NOMEM;
  *out = &table->base;
  return SQLITE_OK;
}
int Disconnect(sqlite3_vtab* table) {
  delete reinterpret_cast<Table*>(table);
  return SQLITE_OK;
}
// One plan only: all rows, in order.
int BestIndex(sqlite3_vtab*, sqlite3_index_info* info) {
  info->estimatedCost = 1000;
  return SQLITE_OK;
}
int Open(sqlite3_vtab* table, sqlite3_vtab_cursor** out) {
  auto* cursor = new (std::nothrow) Cursor{{}, reinterpret_cast<Table*>(table)->feed, 0};
  if (cursor == nullptr) return SQLITE_NOMEM;
  *out = &cursor->base;
  return SQLITE_OK;
}
int Close(sqlite3_vtab_cursor* cursor) {
  delete reinterpret_cast<Cursor*>(cursor);
  return SQLITE_OK;
}
int Filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  reinterpret_cast<Cursor*>(cursor)->row = 0;
  return SQLITE_OK;
}
int Next(sqlite3_vtab_cursor* cursor) {
  ++reinterpret_cast<Cursor*>(cursor)->row;
  return SQLITE_OK;
}
int Eof(sqlite3_vtab_cursor* base) {
  const auto* cursor = reinterpret_cast<Cursor*>(base);
  return cursor->row >= cursor->feed->count ? 1 : 0;
}
int Column(sqlite3_vtab_cursor* base, sqlite3_context* context, int column) {
  const auto* cursor = reinterpret_cast<Cursor*>(base);
  const BatchFeed& feed = *cursor->feed;
  feed.column(static_cast<const std::byte*>(feed.rows) + cursor->row * feed.stride, column,
              context);
  return SQLITE_OK;
}
int Rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(reinterpret_cast<Cursor*>(cursor)->row);
  return SQLITE_OK;
}

// Without xCreate the table is eponymous: it exists by its name alone, in no schema.
constexpr sqlite3_module MakeModule() {
  sqlite3_module module{};
  module.xConnect = Connect;
  module.xBestIndex = BestIndex;
  module.xDisconnect = Disconnect;
  module.xOpen = Open;
  module.xClose = Close;
  module.xFilter = Filter;
  module.xNext = Next;
  module.xEof = Eof;
  module.xColumn = Column;
  module.xRowid = Rowid;
  return module;
}
constexpr sqlite3_module kModule = MakeModule();

}  // namespace

BatchTables::BatchTables()
    : orders_{"ld_orders", kOrderColumns, &OrderColumn, sizeof(OrderRow)},
      events_{"ld_events", kEventColumns, &EventColumn, sizeof(EventRow)},
      follows_{"ld_follows", kFollowColumns, &FollowColumn, sizeof(FollowRow)} {}

int BatchTables::Register(sqlite3* db) {
  for (BatchFeed* feed : {&orders_, &events_, &follows_}) {
    const int rc = sqlite3_create_module(db, feed->name, &kModule, feed);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

}  // namespace livedrops::sqlite
