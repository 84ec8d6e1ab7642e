// What commands ask (orders.h, products.h, drops.h, follows.h, notifications.h, accounts.h), each a
// class that is made by keyword. The facade of the package makes them; so may a host that keeps
// requests, and hands them to Shop.execute.
#include "livedrops/spi/order_port.h"
#include "module.h"

namespace livedrops::python {
namespace {

using py::arg;
using py::kw_only;

// Absent is None in Python and empty in C++.
template <class Text>
Text Or(const std::optional<Text>& given) {
  return given.value_or(Text());
}

using Actor = std::optional<UserId>;
using MaybeKey = std::optional<Key>;

void RegisterPlaceOrder(py::module_& module) {
  py::class_<PlaceOrder>(module, "PlaceOrder", "An order for units of a drop.")
      .def(
          py::init([](const DropId& drop, const UserId& user, const Key& key, std::int64_t quantity,
                      const std::optional<ProductId>& product, std::optional<Time> deadline,
                      std::optional<bool> hold, std::optional<std::int32_t> ttl_seconds,
                      bool replace_hold, const Actor& actor) {
            return PlaceOrder{.drop = drop,
                              .user = user,
                              .key = key,
                              .quantity = quantity,
                              .product = Or(product),
                              .deadline = deadline,
                              .hold = hold,
                              .ttl_seconds = ttl_seconds,
                              .replace_hold = replace_hold,
                              .actor = Or(actor)};
          }),
          arg("drop"), arg("user"), arg("key"), arg("quantity") = 1, kw_only(),
          arg("product") = py::none(), arg("deadline") = py::none(), arg("hold") = py::none(),
          arg("ttl_seconds") = py::none(), arg("replace_hold") = false, arg("actor") = py::none())
      .def_readonly("drop", &PlaceOrder::drop)
      .def_readonly("user", &PlaceOrder::user)
      .def_readonly("key", &PlaceOrder::key)
      .def_readonly("quantity", &PlaceOrder::quantity);
}

void RegisterOrderCommands(py::module_& module) {
  py::class_<ConfirmOrder>(module, "ConfirmOrder", "The money was taken.")
      .def(py::init([](const OrderId& order, std::optional<std::int64_t> quantity,
                       const Actor& actor, const MaybeKey& key) {
             return ConfirmOrder{
                 .order = order, .quantity = quantity, .actor = Or(actor), .key = Or(key)};
           }),
           arg("order"), arg("quantity") = py::none(), kw_only(), arg("actor") = py::none(),
           arg("key") = py::none());
  py::class_<ExtendOrder>(module, "ExtendOrder", "Lets a hold live on.")
      .def(py::init([](const OrderId& order, std::int32_t ttl_seconds, const Actor& actor,
                       const MaybeKey& key) {
             return ExtendOrder{
                 .order = order, .ttl_seconds = ttl_seconds, .actor = Or(actor), .key = Or(key)};
           }),
           arg("order"), arg("ttl_seconds") = 600, kw_only(), arg("actor") = py::none(),
           arg("key") = py::none());
  py::class_<CancelOrder>(module, "CancelOrder", "Returns units to the stock, once.")
      .def(py::init([](const OrderId& order, std::optional<std::int64_t> quantity,
                       const Actor& actor, const MaybeKey& key, bool held_only) {
             return CancelOrder{.order = order,
                                .quantity = quantity,
                                .actor = Or(actor),
                                .key = Or(key),
                                .held_only = held_only};
           }),
           arg("order"), arg("quantity") = py::none(), kw_only(), arg("actor") = py::none(),
           arg("key") = py::none(), arg("held_only") = false);
}

void RegisterProductCommands(py::module_& module) {
  py::class_<CreateProduct>(module, "CreateProduct", "A new product.")
      .def(
          py::init([](const CreatorId& creator, std::string name, std::int64_t price,
                      const Currency& currency, std::string description,
                      const std::optional<ProductId>& id, const Actor& actor, const MaybeKey& key) {
            return CreateProduct{.id = Or(id),
                                 .creator = creator,
                                 .name = std::move(name),
                                 .description = std::move(description),
                                 .price = {price, currency},
                                 .actor = Or(actor),
                                 .key = Or(key)};
          }),
          arg("creator"), arg("name"), arg("price"), arg("currency") = "USD",
          arg("description") = "", kw_only(), arg("id") = py::none(), arg("actor") = py::none(),
          arg("key") = py::none());
  py::class_<UpdateProduct>(module, "UpdateProduct", "Changes what is given.")
      .def(
          py::init([](const ProductId& id, std::optional<std::string> name,
                      std::optional<std::string> description, std::optional<std::int64_t> price,
                      const std::optional<Currency>& currency, std::optional<std::string> media_url,
                      std::optional<std::uint64_t> if_version, const Actor& actor,
                      const MaybeKey& key) {
            if (currency && !price) {
              Throw(StatusCode::kInvalidArgument, "currency is given without price");
            }
            return UpdateProduct{
                .id = id,
                .name = std::move(name),
                .description = std::move(description),
                .price = price ? std::optional(Money{*price, Or(currency)}) : std::nullopt,
                .media_url = std::move(media_url),
                .if_version = if_version,
                .actor = Or(actor),
                .key = Or(key)};
          }),
          arg("id"), kw_only(), arg("name") = py::none(), arg("description") = py::none(),
          arg("price") = py::none(), arg("currency") = py::none(), arg("media_url") = py::none(),
          arg("if_version") = py::none(), arg("actor") = py::none(), arg("key") = py::none());
  py::class_<DeleteProduct>(module, "DeleteProduct", "Hides a product.")
      .def(py::init([](const ProductId& id, std::optional<std::uint64_t> if_version,
                       const Actor& actor, const MaybeKey& key) {
             return DeleteProduct{
                 .id = id, .if_version = if_version, .actor = Or(actor), .key = Or(key)};
           }),
           arg("id"), kw_only(), arg("if_version") = py::none(), arg("actor") = py::none(),
           arg("key") = py::none());
}

void RegisterCreateDrop(py::module_& module) {
  py::class_<CreateDrop>(module, "CreateDrop", "A new drop.")
      .def(py::init([](const ProductId& product, std::int64_t stock, Time end_time,
                       std::optional<Time> start_time, std::int64_t low_stock,
                       std::int64_t max_per_order, std::int64_t max_per_user,
                       Confirmation confirmation, std::int32_t hold_seconds,
                       const std::optional<DropId>& id, const std::optional<CreatorId>& creator,
                       const Actor& actor, const MaybeKey& key) {
             return CreateDrop{.id = Or(id),
                               .product = product,
                               .creator = Or(creator),
                               .start_time = start_time,
                               .end_time = end_time,
                               .stock = stock,
                               .low_stock = low_stock,
                               .max_per_order = max_per_order,
                               .max_per_user = max_per_user,
                               .confirmation = confirmation,
                               .hold_seconds = hold_seconds,
                               .actor = Or(actor),
                               .key = Or(key)};
           }),
           arg("product"), arg("stock"), arg("end_time"), kw_only(), arg("start_time") = py::none(),
           arg("low_stock") = 0, arg("max_per_order") = 0, arg("max_per_user") = 0,
           arg("confirmation") = Confirmation::direct, arg("hold_seconds") = 600,
           arg("id") = py::none(), arg("creator") = py::none(), arg("actor") = py::none(),
           arg("key") = py::none());
}

void RegisterDropCommands(py::module_& module) {
  py::class_<UpdateDrop>(module, "UpdateDrop", "Changes what is given.")
      .def(
          py::init(
              [](const DropId& id, std::optional<Time> start_time, std::optional<Time> end_time,
                 std::optional<std::int64_t> low_stock, std::optional<std::int64_t> max_per_order,
                 std::optional<std::int64_t> max_per_user, std::optional<std::int64_t> price,
                 std::optional<std::uint64_t> if_version, const Actor& actor, const MaybeKey& key) {
                return UpdateDrop{.id = id,
                                  .start_time = start_time,
                                  .end_time = end_time,
                                  .low_stock = low_stock,
                                  .max_per_order = max_per_order,
                                  .max_per_user = max_per_user,
                                  .price_minor_units = price,
                                  .if_version = if_version,
                                  .actor = Or(actor),
                                  .key = Or(key)};
              }),
          arg("id"), kw_only(), arg("start_time") = py::none(), arg("end_time") = py::none(),
          arg("low_stock") = py::none(), arg("max_per_order") = py::none(),
          arg("max_per_user") = py::none(), arg("price") = py::none(),
          arg("if_version") = py::none(), arg("actor") = py::none(), arg("key") = py::none());
  py::class_<ChangeDrop>(module, "ChangeDrop", "Starts, pauses, resumes, ends or cancels a drop.")
      .def(py::init(
               [](const DropId& id, DropAction action, const Actor& actor, const MaybeKey& key) {
                 return ChangeDrop{.id = id, .action = action, .actor = Or(actor), .key = Or(key)};
               }),
           arg("id"), arg("action"), kw_only(), arg("actor") = py::none(), arg("key") = py::none());
  py::class_<Restock>(module, "Restock", "Adds units, or takes out up to current_stock of them.")
      .def(
          py::init([](const DropId& id, std::int64_t quantity, const Key& key, const Actor& actor) {
            return Restock{.id = id, .quantity = quantity, .actor = Or(actor), .key = key};
          }),
          arg("id"), arg("quantity"), arg("key"), kw_only(), arg("actor") = py::none());
}

void RegisterUserCommands(py::module_& module) {
  py::class_<FollowCreator>(module, "FollowCreator", "Follows or unfollows.")
      .def(py::init(
               [](const CreatorId& creator, const UserId& user, bool follow, const Actor& actor) {
                 return FollowCreator{
                     .creator = creator, .user = user, .follow = follow, .actor = Or(actor)};
               }),
           arg("creator"), arg("user"), arg("follow") = true, kw_only(), arg("actor") = py::none());
  py::class_<MarkRead>(module, "MarkRead", "Marks everything up to `up_to` as read.")
      .def(py::init([](const UserId& user, std::uint64_t up_to) {
             return MarkRead{.user = user, .up_to = up_to};
           }),
           arg("user"), arg("up_to"));
}

void RegisterAccountCommands(py::module_& module) {
  py::class_<CreateAccount>(module, "CreateAccount", "A new account.")
      .def(py::init([](Account account, const Actor& actor) {
             return CreateAccount{.account = std::move(account), .actor = Or(actor)};
           }),
           arg("account"), kw_only(), arg("actor") = py::none());
  py::class_<UpdateAccount>(module, "UpdateAccount", "Changes what is given.")
      .def(py::init([](const UserId& id, std::optional<std::string> name,
                       std::optional<std::string> password_hash, std::optional<std::string> bio,
                       const Actor& actor, std::optional<std::string> expected_password_hash) {
             return UpdateAccount{.id = id,
                                  .name = std::move(name),
                                  .password_hash = std::move(password_hash),
                                  .bio = std::move(bio),
                                  .actor = Or(actor),
                                  .expected_password_hash = std::move(expected_password_hash)};
           }),
           arg("id"), kw_only(), arg("name") = py::none(), arg("password_hash") = py::none(),
           arg("bio") = py::none(), arg("actor") = py::none(),
           arg("expected_password_hash") = py::none());
  py::class_<ChangeAccount>(module, "ChangeAccount", "Disables, enables or erases an account.")
      .def(py::init([](const UserId& id, AccountAction action, const Actor& actor) {
             return ChangeAccount{.id = id, .action = action, .actor = Or(actor)};
           }),
           arg("id"), arg("action"), kw_only(), arg("actor") = py::none());
}

void RegisterSessionCommands(py::module_& module) {
  py::class_<OpenSession>(module, "OpenSession", "A new session.")
      .def(py::init([](Session session) { return OpenSession{.session = std::move(session)}; }),
           arg("session"));
  py::class_<RotateSession>(module, "RotateSession", "Replaces a session's token hash.")
      .def(py::init([](std::string id, std::string expected_hash, std::string new_hash,
                       Time expires_at) {
             return RotateSession{.id = std::move(id),
                                  .expected_hash = std::move(expected_hash),
                                  .new_hash = std::move(new_hash),
                                  .expires_at = expires_at};
           }),
           arg("id"), arg("expected_hash"), arg("new_hash"), arg("expires_at"));
  py::class_<RevokeSession>(module, "RevokeSession", "Ends a session.")
      .def(py::init([](std::string id, const Actor& actor) {
             return RevokeSession{.id = std::move(id), .actor = Or(actor)};
           }),
           arg("id"), kw_only(), arg("actor") = py::none());
}

}  // namespace

void RegisterRequests(py::module_& module) {
  RegisterPlaceOrder(module);
  RegisterOrderCommands(module);
  RegisterProductCommands(module);
  RegisterCreateDrop(module);
  RegisterDropCommands(module);
  RegisterUserCommands(module);
  RegisterAccountCommands(module);
  RegisterSessionCommands(module);
}

}  // namespace livedrops::python
