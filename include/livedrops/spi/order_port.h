// RequestPort and ReadPort: the way in. Engine and Service implement them; a remote client can too,
// and then `Orders`, `Drops` and the others work over it unchanged.
#pragma once

#include <functional>
#include <span>
#include <variant>

#include "livedrops/accounts.h"
#include "livedrops/drops.h"
#include "livedrops/follows.h"
#include "livedrops/notifications.h"
#include "livedrops/orders.h"
#include "livedrops/products.h"

namespace livedrops {

class Storage;

using Request = std::variant<PlaceOrder, ConfirmOrder, ExtendOrder, CancelOrder, CreateProduct,
                             UpdateProduct, DeleteProduct, CreateDrop, UpdateDrop, ChangeDrop,
                             Restock, FollowCreator, MarkRead, CreateAccount, UpdateAccount,
                             ChangeAccount, OpenSession, RotateSession, RevokeSession>;

// One request of a batch, owned by the caller: exactly one of both is set. Orders stand apart
// because they are the hot path.
struct RequestRef {
  const PlaceOrder* order = nullptr;
  const Request* other = nullptr;
};

// Submits requests. Every request gets exactly one answer.
// Threading: as the implementation says (engine.h: one thread; service.h: any).
class RequestPort {
 public:
  virtual ~RequestPort() = default;
  // Blocks until every request is answered; `replies[i]` answers `requests[i]`.
  virtual void Execute(std::span<const RequestRef> requests, std::span<Reply> replies) = 0;
  // Returns at once; the callback is called exactly once.
  virtual void Submit(Request request, std::function<void(Reply)> callback) = 0;
};

// Reads. Threading: any thread.
class ReadPort {
 public:
  virtual ~ReadPort() = default;
  // What is durable; lives as long as the port.
  virtual Storage& storage() = 0;
  // Engine time: never before the last commit.
  virtual Time Now() = 0;
};

}  // namespace livedrops
