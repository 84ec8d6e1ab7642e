// What is the same SQL in every database about the tables that a shop browses.
#pragma once

#include <string>
#include <string_view>

#include "base/sql_rows.h"
#include "livedrops/spi/storage.h"

namespace livedrops::sql {

// StatusAt of spi/storage.h, of `drops d` at the time that the parameter `now` gives.
#define LD_STATUS_AT(now)                                       \
  "CASE WHEN d.cancelled THEN 'cancelled' WHEN d.ended OR " now \
  " >= d.end_ms THEN 'ended'"                                   \
  " WHEN NOT d.started AND " now                                \
  " < d.start_ms THEN 'scheduled' WHEN d.paused THEN"           \
  " 'paused' WHEN d.current_stock = 0 AND d.held = 0 THEN 'sold_out' ELSE 'live' END"

// `Readers` lends connections, `Query` runs a statement on one; both name the parameter $1.
// Threading: any thread.
template <class Readers, class Query>
class CatalogById : public Catalog {
 public:
  explicit CatalogById(Readers* readers) : readers_(*readers) {}

  Result<DropRow> GetDrop(const DropId& id) final {
    return Get("SELECT " LD_DROP_COLUMNS " FROM drops d WHERE d.drop_id = $1", ReadDropRow<Query>,
               "drop", id.view());
  }

  Result<Product> GetProduct(const ProductId& id) final {
    auto row =
        Get("SELECT " LD_PRODUCT_COLUMNS " FROM products p WHERE p.prod_id = $1 AND NOT p.deleted",
            ReadProductRow<Query>, "product", id.view());
    if (!row.ok()) return row.status();
    return row->product;
  }

  Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) final {
    auto reader = readers_.Take();
    if (!reader.ok()) return reader.status();
    Query query(**reader, "SELECT since_ms FROM follows WHERE creator_id = $1 AND user_id = $2");
    query.Bind(creator.view()).Bind(user.view());
    auto entry = ReadOne(**reader, query, ReadSince, "follow of", creator.view());
    if (!entry.ok()) return entry;
    entry->creator = creator;
    entry->user = user;
    return entry;
  }

  Result<UserRow> GetUser(const UserId& id) final {
    return Get("SELECT " LD_USER_COLUMNS
               " FROM users u LEFT JOIN notifications n USING (user_id) WHERE u.user_id = $1",
               ReadUserRow<Query>, "user", id.view());
  }

  Result<Account> GetAccount(const UserId& id) final {
    return Get("SELECT " LD_ACCOUNT_COLUMNS " FROM accounts a WHERE a.user_id = $1",
               ReadAccount<Query>, "account", id.view());
  }

  Result<Account> FindAccount(const std::string& folded_email) final {
    auto account =
        Get("SELECT " LD_ACCOUNT_COLUMNS " FROM accounts a WHERE a.email = $1 AND a.email <> ''",
            ReadAccount<Query>, "account", folded_email);
    // The email is not repeated: messages may end up in logs.
    if (account.ok() || account.status().code() != StatusCode::kNotFound) return account;
    return Status(StatusCode::kNotFound, "there is no account with this email");
  }

  Result<Session> GetSession(const std::string& id) final {
    return Get("SELECT " LD_SESSION_COLUMNS " FROM sessions s WHERE s.session_id = $1",
               ReadSession<Query>, "session", id);
  }

 protected:
  Readers& readers_;

 private:
  static bool ReadSince(const Query& query, FollowEntry* entry) {
    entry->since = query.At(0);
    return true;
  }

  template <class Row>
  Result<Row> Get(const char* sql, bool (*read)(const Query&, Row*), std::string_view what,
                  std::string_view value) {
    auto reader = readers_.Take();
    if (!reader.ok()) return reader.status();
    Query query(**reader, sql);
    return ReadOne(**reader, query.Bind(value), read, what, value);
  }
};

}  // namespace livedrops::sql
