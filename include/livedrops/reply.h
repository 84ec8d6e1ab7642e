// What requests answer and reads return: Order, Drop, Product, Event and the Reply of a command.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "livedrops/outcome.h"
#include "livedrops/status.h"
#include "livedrops/types.h"

namespace livedrops {

// An order as it stands. In a Reply: as its first answer said.
struct Order {
  OrderId id;
  UserId user;
  DropId drop;
  ProductId product;
  Key key;
  // Units it has now. A cancelled or expired order keeps the number that it had last.
  std::int32_t quantity = 0;
  Money amount;
  OrderStatus status = OrderStatus::confirmed;
  Time created_at;
  // When a hold ends; absent for an order that is not held.
  std::optional<Time> expires_at;
  // Position of its creating row in the log; orders of a drop are decided in this order.
  std::uint64_t seq = 0;
};

// A limited sale of one product. `init_stock + adjust = current_stock + held + confirmed` always.
struct Drop {
  DropId id;
  CreatorId creator;
  ProductId product;
  Money price;  // Copied from the product at creation.
  std::int32_t init_stock = 0;
  std::int32_t adjust = 0;  // Sum of the restocks.
  std::int32_t current_stock = 0;
  std::int32_t held = 0;
  std::int32_t low_stock = 0;
  std::int32_t max_per_order = 0;  // 0: no limit.
  std::int32_t max_per_user = 0;   // 0: no limit. Live holds count; cancelled and expired do not.
  Confirmation confirmation = Confirmation::direct;
  std::int32_t hold_seconds = 600;
  Time start_time;
  Time end_time;  // Orders are taken while start_time <= now < end_time.
  DropStatus status = DropStatus::scheduled;
  // Grows with every committed change of the drop, sales included.
  std::uint64_t version = 0;
  Time created_at;
};

struct Product {
  ProductId id;
  CreatorId creator;
  std::string name;
  std::string description;
  Money price;
  std::string media_url;
  std::uint64_t version = 0;
  Time created_at;
  Time updated_at;
};

// One row of the log, as readers of events see it.
struct Event {
  std::uint64_t seq = 0;  // Its id; also its offset in every channel.
  EventType type = EventType::recovered;
  // The aggregate that changed, "drop:ID", "creator:ID", "user:ID" or "shop:SEQ", and the gapless
  // position of the event there.
  std::string aggregate;
  std::uint64_t aggregate_seq = 0;
  Time at;
  std::string actor;
  // What the event is about: an order, drop, product, user id.
  std::string subject;
  DropId drop;
  CreatorId creator;
  UserId user;
  OrderId order;
  // The immutable facts, form-encoded: "quantity=2&amount=3998".
  std::string body;
  // Change of the drop's stock, and the stock after it; absent when the stock is not concerned.
  std::int32_t delta = 0;
  std::optional<std::int32_t> balance;
  Hash hash{};
};

// The answer to a command. `status` not ok: the call could not do its job and nothing else is set.
struct [[nodiscard]] Reply {
  Status status;
  Outcome outcome = Outcome::done;
  // The answer is that of an earlier request with the same key; nothing was done now. For an order
  // `outcome` is then `repeated`.
  bool repeated = false;
  // Log position of the change; 0 when nothing changed.
  std::uint64_t seq = 0;

  // Orders: granted or repeated: the order's first answer. Commands on an order: the order as it is
  // after them. `user` and `key` are not filled in: who places an order knows them, Orders::Get
  // tells.
  Order order;
  // sold_out, held_out: units in stock now.
  std::int32_t remaining = 0;
  // held_out: when the next hold ends. drop_not_started: when it starts.
  std::optional<Time> retry_at;

  // Set by commands on drops and products, as they are after them; null else.
  std::shared_ptr<const Drop> drop;
  std::shared_ptr<const Product> product;
  // Follow, unfollow: since when the user follows; absent when he does not.
  std::optional<Time> since;
  // Accounts, sessions: the id given or made.
  std::string id;
};

}  // namespace livedrops
