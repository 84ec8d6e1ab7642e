// Orders: place, confirm, extend, cancel; read them by id, by user, by drop.
#pragma once

#include <functional>
#include <future>
#include <optional>
#include <span>

#include "livedrops/reply.h"
#include "livedrops/status.h"
#include "livedrops/types.h"

namespace livedrops {

class RequestPort;
class ReadPort;

// An order for `quantity` units of a drop. The answer's outcome is the first that applies of the
// ranked list in outcome.h.
struct PlaceOrder {
  DropId drop;
  UserId user;
  // Demanded. Scope: (user, drop). A retry must carry the key of the first try; a new intent, a new
  // key. A refusal is not remembered: the same key may succeed later.
  Key key;
  // 1 to 2^31-1.
  std::int64_t quantity = 1;
  // If given, it must be the drop's product.
  ProductId product;
  // Not decided until then: refused with request_expired. Guards against a stale duplicate.
  std::optional<Time> deadline;
  // Absent: as the drop says (Confirmation::hold makes a hold).
  std::optional<bool> hold;
  // How long a hold lives, 30 to 3600 s. Absent: as the drop says.
  std::optional<std::int32_t> ttl_seconds;
  // Gives back the user's live hold of this drop, if any, when this order is granted.
  bool replace_hold = false;
  // Who acts, for the audit. Empty: the user.
  UserId actor;
};

// The money was taken: turns a hold into a sale. A smaller quantity returns the rest to the stock.
// Confirming again with the same quantity is `done` again and changes nothing. After the hold's end
// LateConfirm decides (engine.h).
struct ConfirmOrder {
  OrderId order;
  std::optional<std::int64_t> quantity;
  UserId actor;
  Key key;  // Optional. Scope: (actor, order).
};

// Lets a hold live `ttl_seconds` (30 to 3600) from now, never longer than 3600 s after its
// creation.
struct ExtendOrder {
  OrderId order;
  std::int32_t ttl_seconds = 600;
  UserId actor;
  Key key;  // Optional. Scope: (actor, order).
};

// Returns units to the stock, once. Without a quantity: all. A part leaves the rest as it is; give
// a key, or a retry cancels another part.
struct CancelOrder {
  OrderId order;
  std::optional<std::int64_t> quantity;
  UserId actor;
  Key key;  // Optional. Scope: (actor, order).
  // Only while it is held: a sale is not undone, even if the hold is confirmed a moment before.
  // Then order_state.
  bool held_only = false;
};

// Which orders, and in which order: newest first by user, oldest first by drop.
struct OrderFilter {
  std::optional<OrderStatus> status;
  PageRequest page;
};

// Threading: as the Engine or Service it comes from; valid as long as that lives.
// Errors: invalid_argument with the offending value; unavailable; outcome_unknown; closed;
// overloaded (Service only). They stand in Reply::status.
class Orders {
 public:
  Orders(RequestPort* requests, ReadPort* reads) : requests_(requests), reads_(reads) {}

  // Blocks until the decision is durable. Grants only after their commit; refusals only after every
  // commit they rest on.
  Reply Place(const PlaceOrder& order);
  Reply Confirm(const ConfirmOrder& confirm);
  Reply Extend(const ExtendOrder& extend);
  Reply Cancel(const CancelOrder& cancel);

  // Places many at once and blocks until all are decided: one queue operation, shared commits.
  // `replies` must be as long as `orders`. Orders of one drop are decided in the order given.
  void PlaceBatch(std::span<const PlaceOrder> orders, std::span<Reply> replies);

  // Returns at once. The callback runs on the thread that releases the answer and must not block
  // nor close the service. It is called exactly once.
  void PlaceAsync(const PlaceOrder& order, std::function<void(Reply)> callback);
  std::future<Reply> PlaceFuture(const PlaceOrder& order);

  // Reads show what is durable. Errors: not_found, invalid_argument, unavailable.
  Result<Order> Get(const OrderId& id);
  Result<Page<Order>> OfUser(const UserId& user, const OrderFilter& filter = {});
  Result<Page<Order>> OfDrop(const DropId& drop, const OrderFilter& filter = {});

 private:
  RequestPort* requests_;
  ReadPort* reads_;
};

}  // namespace livedrops
