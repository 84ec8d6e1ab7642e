#include "storage/sqlite/rows.h"

namespace livedrops::sqlite {

bool ReadOrderRow(const Query& query, OrderRow* row) { return sql::ReadOrderRow(query, row); }
bool ReadOrderChange(const Query& query, const OrderRow& row, OrderChange* present) {
  return sql::ReadOrderChange(query, row, present);
}
bool ReadOrder(const Query& query, Order* order) { return sql::ReadOrder(query, order); }
bool ReadEventRow(const Query& query, EventRow* row) { return sql::ReadEventRow(query, row); }
bool ReadEvent(const Query& query, Event* event) { return sql::ReadEvent(query, event); }
bool ReadOrderEvent(const Query& query, Event* event) { return sql::ReadOrderEvent(query, event); }
bool ReadDropRow(const Query& query, DropRow* row) { return sql::ReadDropRow(query, row); }
bool ReadProductRow(const Query& query, ProductRow* row) { return sql::ReadProductRow(query, row); }
bool ReadAccount(const Query& query, Account* account) { return sql::ReadAccount(query, account); }
bool ReadSession(const Query& query, Session* session) { return sql::ReadSession(query, session); }
bool ReadUserRow(const Query& query, UserRow* row) { return sql::ReadUserRow(query, row); }

}  // namespace livedrops::sqlite
