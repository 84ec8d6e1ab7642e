// Storage: the seam to the database. For authors of adapters; hosts never call it.
//
// The engine decides, a storage writes rows: it holds no domain logic and never asks for the time.
// The conformance suite (livedrops/testing/storage_conformance.h) checks everything said here.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/accounts.h"
#include "livedrops/audit.h"
#include "livedrops/drops.h"
#include "livedrops/follows.h"
#include "livedrops/notifications.h"
#include "livedrops/orders.h"
#include "livedrops/products.h"

namespace livedrops {

// --- rows written; the views live until Commit returns -----------------------------------------

// The creation of an order: order, ledger entry, event and audit entry in one log row. Everything
// here is immutable and hashed; the order's present state is written by OrderChange.
struct OrderRow {
  std::uint64_t seq = 0;
  std::uint64_t drop_no = 0;        // The seq of the drop's dropScheduled row.
  std::uint64_t aggregate_seq = 0;  // Gapless in the drop.
  Time at;
  std::string_view user;
  std::string_view actor;  // Empty: the user.
  std::string_view key;
  std::int32_t quantity = 0;
  std::int64_t amount = 0;
  std::int32_t balance = 0;      // Stock of the drop after it.
  std::int32_t ttl_seconds = 0;  // 0: confirmed at once, else held until at + ttl_seconds.
  std::array<std::uint8_t, 16> order_id{};
  Hash hash{};
};

// Any other state change.
struct EventRow {
  std::uint64_t seq = 0;
  EventType type = EventType::recovered;
  std::string aggregate;  // "drop:ID", "creator:ID", "user:ID", "shop:SEQ"
  std::uint64_t aggregate_seq = 0;
  Time at;
  std::string actor;
  std::string subject;
  std::string body;
  // The command's idempotency key with its scope, and what its request hashes to; empty and 0 when
  // it had none. Opaque to the storage.
  std::string key;
  std::uint64_t fingerprint = 0;
  std::uint64_t drop_no = 0;    // 0: no drop concerned.
  std::uint64_t order_seq = 0;  // 0: no order concerned.
  std::int32_t delta = 0;       // Change of the stock; 0: no ledger entry.
  std::int32_t balance = 0;     // Stock after it, when delta is not 0.
  std::string creator;          // Whose channel it goes to, when not the aggregate's; may be empty.
  // Whose user channel it goes to. Empty for the events of an order (order_seq is not 0): they go
  // to the channel of the order's user, which readers of events see in Event::user.
  std::string user;
  Hash hash{};
};

// The present state of an order created earlier, or in this batch, and changed since its creation.
struct OrderChange {
  std::uint64_t seq = 0;
  OrderStatus status = OrderStatus::confirmed;
  std::int32_t quantity = 0;
  Time expires_at;  // Of a hold; else the epoch.
};

// The present state of a drop. Written whole: insert or replace.
struct DropRow {
  std::uint64_t drop_no = 0;
  Drop drop;  // `version` is the aggregate_seq of its newest event.
  bool started = false;
  bool paused = false;
  bool ended = false;
  bool cancelled = false;
  std::uint64_t fingerprint = 0;  // Of the request that created it.
  Time changed_at;                // Engine time of the commit.
};

struct ProductRow {
  Product product;
  bool deleted = false;
};

struct FollowRow {
  CreatorId creator;
  UserId user;
  Time since;
  bool follow = true;  // false: delete the row.
};

// Counters of the creator and user aggregates.
struct CreatorRow {
  CreatorId id;
  std::int64_t followers = 0;
  std::uint64_t aggregate_seq = 0;
};
struct UserRow {
  UserId id;
  std::int64_t following = 0;
  std::uint64_t aggregate_seq = 0;
  std::uint64_t read_up_to = 0;
};

// Everything that must agree: one transaction. `orders` and `events` ascend by seq and together are
// contiguous after the expected head. The other spans hold each row once.
struct CommitBatch {
  std::span<const OrderRow> orders;
  std::span<const EventRow> events;
  std::span<const OrderChange> order_changes;
  std::span<const DropRow> drops;
  std::span<const ProductRow> products;
  std::span<const FollowRow> follows;
  std::span<const CreatorRow> creators;
  std::span<const UserRow> users;
  std::span<const Account> accounts;
  std::span<const Session> sessions;
  Head head;  // The head after it.
};

// --- rows read ---------------------------------------------------------------------------------

// One log row of either kind, in seq order. The views live during the call.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void OnOrder(const OrderRow& row) = 0;
  virtual void OnEvent(const EventRow& row) = 0;
};

// The present state, for an engine that opens: every drop, product, creator, user, follow, account
// and session, in any order but drops before their orders.
class StateSink {
 public:
  virtual ~StateSink() = default;
  virtual void OnDrop(const DropRow& row) = 0;
  virtual void OnProduct(const ProductRow& row) = 0;
  virtual void OnCreator(const CreatorRow& row) = 0;
  virtual void OnUser(const UserRow& row) = 0;
  virtual void OnFollow(const FollowRow& row) = 0;
  virtual void OnAccount(const Account& row) = 0;
  virtual void OnSession(const Session& row) = 0;
  // Every event row that carries a key.
  virtual void OnKey(const EventRow& row) = 0;
};

// An order with its present state.
class OrderSink {
 public:
  virtual ~OrderSink() = default;
  virtual void OnOrder(const OrderRow& row, const OrderChange& present) = 0;
};

// Identity of a database. What info() returned never changes; a later call may show a new epoch.
struct ShopInfo {
  std::string epoch;                      // Of the notification positions.
  std::array<std::uint8_t, 32> secret{};  // Keys the hashes in memory and seals cursors.
};

// Which rows of the log a list shows. Positions are seqs; 0: from the end.
struct EventQuery {
  std::string actor;
  std::optional<EventType> action;
  std::string subject;
  std::optional<Time> from;
  std::optional<Time> to;
  std::uint64_t before_seq = 0;  // Exclusive; 0: newest.
  int limit = 100;
};

// Newest first by creation, ties by id: the position is (created_at, id) of the last one seen. All,
// or those of a creator, or those of a product.
struct DropQuery {
  CreatorId creator;
  ProductId product;
  Time after_created;
  DropId after_id;  // Empty: from the start.
  int limit = 100;
};

// Rows of one user (newest first) or one drop (oldest first): exactly one of both is given.
struct OrderQuery {
  UserId user;
  DropId drop;
  std::optional<OrderStatus> status;
  std::uint64_t after_seq = 0;  // Exclusive; 0: from the start.
  int limit = 100;
};

struct FollowQuery {
  CreatorId creator;  // Followers of him, or
  UserId user;        // whom he follows: exactly one of both is given.
  Time after_since;
  std::string after_id;  // Empty: from the start.
  int limit = 100;
};

// Sessions of one user that are not revoked and expire after a time: the first to expire first,
// ties by id.
struct SessionQuery {
  UserId user;
  Time expires_after;
  int limit = 100;
};

// Rows of the log that go to one channel: for "drop:ID" the events with its drop_no and order_seq
// 0, for "creator:ID" those with this `creator`, for "user:ID" those with this `user`, his order
// rows, and the events whose order_seq is one of them; for "" every row.
struct ChannelQuery {
  std::string channel;  // "drop:ID", "creator:ID", "user:ID"
  std::uint64_t after_seq = 0;
  std::uint64_t until_seq = 0;  // Inclusive; 0: no limit.
  int limit = 1000;
  bool newest_first = false;  // Else oldest first.
};

// What one commit may fail with:
//   unavailable      nothing happened; the same batch may be committed later
//   fenced           the head is not the expected one; nothing happened
//   outcome_unknown  it may or may not be durable; only Resolve can tell
//   corrupt, unsupported, broken_invariant  no retry helps
//
// Threading: Commit, Lock, Unlock, Resolve are called by one thread at a time. Reads may be called
// by any thread at any time, also during a Commit; they see all of a commit or nothing of it, and
// only what is durable. Exceptions: none may leave an adapter.
class Storage {
 public:
  virtual ~Storage() = default;

  virtual const ShopInfo& info() const = 0;

  // The end of the durable log. Cheap: called once per batch of refusals.
  virtual Result<Head> ReadHead() = 0;

  // Writes the batch atomically and durably if the head is `expected`. On ok everybody sees all of
  // it.
  virtual Status Commit(const CommitBatch& batch, const Head& expected) = 0;

  // Takes the write lock before deciding, so that whoever holds it makes progress under contention;
  // the following Commit uses it and releases it, Unlock gives it up. Waits up to `deadline` long.
  virtual Status Lock(Duration deadline) = 0;
  virtual void Unlock() = 0;

  // After outcome_unknown: makes sure that the commit either is durable or never will be, by
  // writing `barrier` at the log's next position with a hash of its own. `chain` computes the row
  // for the head that is found. Returns the head before the barrier row. Called until it succeeds.
  virtual Result<Head> Resolve(const std::function<EventRow(const Head& found)>& chain) = 0;

  // Rows after `after_seq`, at most `limit` of them, in seq order.
  virtual Status ReadLog(std::uint64_t after_seq, std::int64_t limit, LogSink& sink) = 0;

  // A consistent snapshot; the head it belongs to is returned.
  virtual Result<Head> LoadState(StateSink& sink) = 0;
  // All orders of these drops, ascending by seq, up to `until_seq`.
  virtual Status LoadOrders(std::span<const std::uint64_t> drop_nos, std::uint64_t until_seq,
                            OrderSink& sink) = 0;

  virtual Result<Order> GetOrder(std::uint64_t seq) = 0;
  virtual Status ListOrders(const OrderQuery& query, std::vector<Order>* out) = 0;
  virtual Status ListEvents(const EventQuery& query, std::vector<Event>* out) = 0;
  virtual Status ReadChannel(const ChannelQuery& query, std::vector<Event>* out) = 0;

  // The tables that a shop browses (products, drops, accounts): few rows, many ways to ask.
  virtual class Catalog& catalog() = 0;

  // Flushes and closes. Later calls answer `closed`.
  virtual Status Close() = 0;
};

// A drop's status from its row: cancelled and ended win; scheduled until start_time; then paused;
// sold_out when current_stock and held are 0; else live. Times are compared with `now`.
DropStatus StatusAt(const DropRow& row, Time now);

// Reads of the browsed tables. Errors: not_found, unavailable, corrupt.
class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual Result<DropRow> GetDrop(const DropId& id) = 0;
  virtual Status ListDrops(const DropQuery& query, std::vector<DropRow>* out) = 0;
  virtual Result<Product> GetProduct(const ProductId& id) = 0;
  // Not the deleted ones. `filter.status` matches a product that has a drop with that status at
  // `now`.
  virtual Result<ProductPage> ListProducts(const ProductFilter& filter, Time now) = 0;
  virtual Result<FollowEntry> GetFollow(const CreatorId& creator, const UserId& user) = 0;
  virtual Status ListFollows(const FollowQuery& query, FollowPage* out) = 0;
  virtual Result<UserRow> GetUser(const UserId& id) = 0;
  virtual Result<Account> GetAccount(const UserId& id) = 0;
  virtual Result<Account> FindAccount(const std::string& folded_email) = 0;
  virtual Result<Session> GetSession(const std::string& id) = 0;
  virtual Status ListSessions(const SessionQuery& query, std::vector<Session>* out) = 0;
};

}  // namespace livedrops
