// Rows of this storage's queries: what base/sql_rows.h reads, for our Query.
#pragma once

#include "base/sql_rows.h"
#include "livedrops/spi/storage.h"
#include "storage/sqlite/connection.h"

namespace livedrops::sqlite {

using sql::ForEach;
using sql::kOrderColumnCount;
using sql::ReadOne;

bool ReadOrderRow(const Query& query, OrderRow* row);
bool ReadOrderChange(const Query& query, const OrderRow& row, OrderChange* present);
bool ReadOrder(const Query& query, Order* order);
bool ReadEventRow(const Query& query, EventRow* row);
bool ReadEvent(const Query& query, Event* event);
bool ReadOrderEvent(const Query& query, Event* event);
bool ReadDropRow(const Query& query, DropRow* row);
bool ReadProductRow(const Query& query, ProductRow* row);
bool ReadAccount(const Query& query, Account* account);
bool ReadSession(const Query& query, Session* session);
bool ReadUserRow(const Query& query, UserRow* row);

}  // namespace livedrops::sqlite
