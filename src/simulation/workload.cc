#include "simulation/workload.h"

namespace livedrops::simulation {
namespace {

ProductId ProductOf(const DropId& drop) { return ProductId("p" + drop.str()); }
constexpr int kCreators = 2;
CreatorId CreatorAt(std::int64_t number) { return CreatorId("c" + std::to_string(number)); }

}  // namespace

UserId Workload::UserOf(int client) const {
  return UserId("u" + std::to_string(client % swarm_.users));
}
Key Workload::NewKey() { return Key("k" + std::to_string(++keys_)); }
Key Workload::OptionalKey() { return random_.Chance(swarm_.key_permille) ? NewKey() : Key(); }
UserId Workload::Actor(const UserId& user) { return random_.Chance(700) ? user : UserId("host"); }

std::vector<Request> Workload::Setup(Time now) {
  std::vector<Request> requests;
  for (int i = 0; i < swarm_.drops; ++i) {
    CreateDrop create = NewDrop(now);
    CreateProduct product;
    product.id = create.product;
    product.creator = CreatorAt(i % kCreators);
    product.name = "product";
    product.price.minor_units = random_.Between(0, 5000);
    requests.emplace_back(product);
    requests.emplace_back(create);
  }
  return requests;
}

CreateDrop Workload::NewDrop(Time now) {
  CreateDrop create;
  create.id = DropId("d" + std::to_string(drops_.size()));
  create.product = ProductOf(create.id);
  create.stock = random_.Between(random_.Chance(50) ? 0 : 1, swarm_.stock_max);
  create.low_stock = swarm_.low_stock == 0 ? 0 : random_.Between(0, swarm_.low_stock);
  create.max_per_order = swarm_.max_per_order;
  create.max_per_user = swarm_.max_per_user;
  create.confirmation = swarm_.holds ? Confirmation::hold : Confirmation::direct;
  create.hold_seconds = swarm_.hold_seconds;
  Time start = now;
  if (random_.Chance(swarm_.late_start_permille)) {
    start += Duration(random_.Between(1, swarm_.window.count() / 2));
    create.start_time = start;
  }
  create.end_time = start + Duration(random_.Between(1, swarm_.window.count()));
  drops_.push_back(create.id);
  return create;
}

Request Workload::Next(int client, Time now, std::uint64_t head) {
  const auto want = static_cast<Want>(random_.Weighted(swarm_.wants));
  const bool of_order = want == Want::confirm || want == Want::extend || want == Want::cancel;
  if (of_order && orders_.empty()) return Place(client, now);
  switch (want) {
    case Want::place:
      return Place(client, now);
    case Want::confirm:
      return Confirm();
    case Want::extend:
      return Extend();
    case Want::cancel:
      return Cancel();
    case Want::restock:
      return Restocking();
    case Want::change:
      return Change();
    case Want::update:
      return Update(now);
    case Want::follow:
      return Follow(client);
    case Want::product:
      return Product();
    case Want::drop: {
      CreateDrop create = NewDrop(now);
      // Half of them sell what is sold already: the product of the new drop's own does not exist.
      if (random_.Chance(800)) create.product = ProductOf(DropId("d0"));
      create.key = OptionalKey();
      return create;
    }
    case Want::read:
      return MarkRead{UserOf(client), static_cast<std::uint64_t>(
                                          random_.Below(static_cast<std::int64_t>(head) + 1))};
    case Want::account:
      return Account(client);
  }
  return Place(client, now);
}

Request Workload::Place(int client, Time now) {
  PlaceOrder place;
  // The first drop is the one that everybody wants.
  place.drop = random_.Chance(600) ? drops_.front() : random_.Pick(drops_);
  if (random_.Chance(5)) place.drop = DropId("nowhere");
  place.user = UserOf(client);
  place.key = NewKey();
  place.quantity = random_.Between(1, swarm_.quantity_max);
  if (random_.Chance(200)) place.product = ProductOf(place.drop);
  if (random_.Chance(swarm_.wrong_product_permille)) place.product = ProductId("another");
  if (random_.Chance(swarm_.deadline_permille)) {
    place.deadline = now + Duration(random_.Between(0, 20 * swarm_.tick_ms_max));
  }
  if (random_.Chance(swarm_.hold_asked_permille)) {
    place.hold = random_.Chance(700);
    if (*place.hold && random_.Chance(500)) place.ttl_seconds = random_.Int(30, 90);
  }
  place.replace_hold = random_.Chance(swarm_.replace_permille);
  if (random_.Chance(100)) place.actor = UserId("host");
  return place;
}

std::optional<std::int64_t> Workload::Part(const KnownOrder& order) {
  if (random_.Chance(500)) return std::nullopt;
  return random_.Between(1, order.quantity + (random_.Chance(100) ? 1 : 0));
}

Request Workload::Confirm() {
  const KnownOrder& order = random_.Pick(orders_);
  ConfirmOrder confirm;
  confirm.order = order.id;
  confirm.quantity = Part(order);
  confirm.actor = Actor(order.user);
  confirm.key = OptionalKey();
  return confirm;
}

Request Workload::Extend() {
  const KnownOrder& order = random_.Pick(orders_);
  ExtendOrder extend;
  extend.order = order.id;
  extend.ttl_seconds = random_.Int(30, 120);
  extend.actor = Actor(order.user);
  extend.key = OptionalKey();
  return extend;
}

Request Workload::Cancel() {
  const KnownOrder& order = random_.Pick(orders_);
  CancelOrder cancel;
  cancel.order = order.id;
  cancel.quantity = Part(order);
  cancel.actor = Actor(order.user);
  // A retry of a part without a key would cancel another part.
  cancel.key = cancel.quantity ? NewKey() : OptionalKey();
  return cancel;
}

Request Workload::Restocking() {
  Restock restock;
  restock.id = random_.Pick(drops_);
  restock.quantity = random_.Between(1, swarm_.stock_max);
  if (random_.Chance(300)) restock.quantity = -restock.quantity;
  restock.actor = UserId("host");
  restock.key = NewKey();
  return restock;
}

Request Workload::Change() {
  ChangeDrop change;
  change.id = random_.Pick(drops_);
  // Ends are rare: nothing more happens after them.
  constexpr int kWeights[] = {20, 40, 60, 3, 2};
  change.action = static_cast<DropAction>(random_.Weighted(kWeights));
  change.actor = UserId("host");
  change.key = OptionalKey();
  return change;
}

Request Workload::Update(Time now) {
  UpdateDrop update;
  update.id = random_.Pick(drops_);
  if (random_.Chance(400)) {
    update.end_time = now + Duration(random_.Between(1, swarm_.window.count()));
  }
  if (random_.Chance(100)) {
    update.start_time = now + Duration(random_.Between(0, swarm_.window.count()));
  }
  if (random_.Chance(400)) update.low_stock = random_.Between(0, swarm_.stock_max);
  if (random_.Chance(200)) update.max_per_order = random_.Between(0, 5);
  if (random_.Chance(200)) update.max_per_user = random_.Between(0, 10);
  if (random_.Chance(100)) update.price_minor_units = random_.Between(0, 9000);
  if (random_.Chance(100)) update.if_version = static_cast<std::uint64_t>(random_.Between(1, 30));
  update.actor = UserId("host");
  // Without a key a retry would change it twice.
  update.key = NewKey();
  return update;
}

Request Workload::Follow(int client) {
  FollowCreator follow;
  follow.creator = CreatorAt(random_.Below(kCreators));
  follow.user = UserOf(client);
  follow.follow = random_.Chance(600);
  return follow;
}

Request Workload::Product() {
  if (random_.Chance(500)) {
    UpdateProduct update;
    update.id = ProductOf(drops_.front());
    update.price = Money{random_.Between(0, 9000), Currency()};
    update.actor = UserId("host");
    update.key = NewKey();
    return update;
  }
  CreateProduct create;
  // An id of its own in half of the cases, else one is made: then only the key makes it repeatable.
  if (random_.Chance(500)) create.id = ProductId("x" + std::to_string(++products_));
  create.creator = CreatorAt(random_.Below(kCreators));
  create.name = "another product";
  create.price.minor_units = random_.Between(0, 9000);
  create.key = NewKey();
  return create;
}

// Without keys: a retry may be told `conflict`. What counts is that they mix with the rest.
Request Workload::Account(int client) {
  const std::string id = "a" + std::to_string(random_.Below(accounts_ + 1));
  const auto kind = random_.Below(4);
  if (kind == 0 || accounts_ == 0) {
    CreateAccount create;
    create.account.id = UserId("a" + std::to_string(accounts_++));
    create.account.email = create.account.id.str() + "@example.org";
    create.account.name = "somebody";
    return create;
  }
  if (kind == 1) {
    const bool disable = random_.Chance(500);
    return ChangeAccount{UserId(id), disable ? AccountAction::disable : AccountAction::enable, {}};
  }
  if (kind == 2) return RevokeSession{"s" + std::to_string(client), UserId("host")};
  OpenSession open;
  open.session.id = "s" + std::to_string(client);
  open.session.user = UserId(id);
  return open;
}

std::optional<Request> Workload::Variant(const Request& request) {
  if (const auto* place = std::get_if<PlaceOrder>(&request)) {
    PlaceOrder other = *place;
    if (random_.Chance(800)) {
      other.quantity += 1;
    } else {
      other.hold = !other.hold.value_or(swarm_.holds);
      other.ttl_seconds.reset();
    }
    return other;
  }
  if (const auto* restock = std::get_if<Restock>(&request)) {
    Restock other = *restock;
    other.quantity += other.quantity == -1 ? 2 : 1;
    return other;
  }
  return std::nullopt;
}

void Workload::Learn(const Request& request, const Reply& reply) {
  const auto* place = std::get_if<PlaceOrder>(&request);
  if (place == nullptr || !reply.status.ok() || reply.order.id.empty() || reply.repeated) return;
  orders_.push_back({reply.order.id, place->user, reply.order.quantity});
}

}  // namespace livedrops::simulation
