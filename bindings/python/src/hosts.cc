// Shop and Engine for Python: what they share stands in _Host.
#include "engine_host.h"
#include "module.h"
#include "shop.h"

namespace livedrops::python {
namespace {

using py::arg;
using HostClass = py::class_<Host, std::shared_ptr<Host>>;

HostOptions OptionsOf(LateConfirm late_confirm, HoldsAtEnd holds_at_end,
                      int live_holds_per_user_max, const py::object& clock, const py::object& ids) {
  ServiceOptions service;
  service.late_confirm = late_confirm;
  service.holds_at_end = holds_at_end;
  service.live_holds_per_user_max = live_holds_per_user_max;
  return {service, ClockOwner(clock), IdSourceOwner(ids)};
}

// Runs `act` part by part; signals are heard in between.
template <class Row, class Columns, class Act>
std::shared_ptr<Replies> InParts(Host& host, const Columns& columns, const Act& act) {
  auto answers = std::make_shared<Replies>(columns.rows);
  std::vector<Row> rows;
  std::vector<Reply> replies;
  for (std::size_t first = 0; first < columns.rows; first += rows.size()) {
    rows.resize(std::min(host.batch_rows(), columns.rows - first));
    replies.resize(rows.size());
    columns.Fill(first, &rows);
    act(rows, replies);
    for (std::size_t i = 0; i < rows.size(); ++i) answers->Set(first + i, replies[i]);
    HearSignals();
  }
  return answers;
}

void RegisterCommands(HostClass& host) {
  host.def("execute", &Host::Execute, arg("request"), "Blocks until the answer is durable.")
      .def(
          "place",
          [](Host& self, const OrderColumns& columns) {
            return InParts<PlaceOrder>(
                self, columns, [&](auto& rows, auto& replies) { self.Place(rows, replies); });
          },
          arg("columns"))
      .def(
          "follow",
          [](Host& self, const FollowColumns& columns) {
            return InParts<FollowCreator>(
                self, columns, [&](auto& rows, auto& replies) { self.Follow(rows, replies); });
          },
          arg("columns"))
      .def("close", &Host::Close, "The second time it only waits until the first is done.")
      .def_property_readonly("closed", &Host::closed)
      .def_property_readonly("batch_rows", &Host::batch_rows,
                             "Rows of a batch that are asked together.");
}

void RegisterShopReads(HostClass& host) {
  host.def(
          "get_order",
          [](Host& self, const OrderId& id) {
            return self.Read([&](Families& f) { return f.orders.Get(id); });
          },
          arg("id"))
      .def(
          "orders_of_user",
          [](Host& self, const UserId& user, std::optional<OrderStatus> status,
             const std::string& cursor, int limit) {
            return self.Read([&](Families& f) {
              return f.orders.OfUser(user, {.status = status, .page = {cursor, limit}});
            });
          },
          arg("user"), arg("status"), arg("cursor"), arg("limit"))
      .def(
          "orders_of_drop",
          [](Host& self, const DropId& drop, std::optional<OrderStatus> status,
             const std::string& cursor, int limit) {
            return self.Read([&](Families& f) {
              return f.orders.OfDrop(drop, {.status = status, .page = {cursor, limit}});
            });
          },
          arg("drop"), arg("status"), arg("cursor"), arg("limit"))
      .def(
          "get_drop",
          [](Host& self, const DropId& id) {
            return self.Read([&](Families& f) { return f.drops.Get(id); });
          },
          arg("id"))
      .def(
          "list_drops",
          [](Host& self, std::optional<DropStatus> status, const std::optional<CreatorId>& creator,
             const std::string& cursor, int limit) {
            return self.Read([&](Families& f) {
              return f.drops.List({.status = status,
                                   .creator = creator.value_or(CreatorId()),
                                   .page = {cursor, limit}});
            });
          },
          arg("status"), arg("creator"), arg("cursor"), arg("limit"))
      .def(
          "get_product",
          [](Host& self, const ProductId& id) {
            return self.Read([&](Families& f) { return f.products.Get(id); });
          },
          arg("id"))
      .def(
          "list_products",
          [](Host& self, std::optional<DropStatus> status, const std::optional<CreatorId>& creator,
             int page, int limit) {
            return self.Read([&](Families& f) {
              return f.products.List({.status = status,
                                      .creator = creator.value_or(CreatorId()),
                                      .page = page,
                                      .limit = limit});
            });
          },
          arg("status"), arg("creator"), arg("page"), arg("limit"));
}

void RegisterUserReads(HostClass& host) {
  host.def(
          "is_following",
          [](Host& self, const CreatorId& creator, const UserId& user) {
            return self.Read([&](Families& f) { return f.follows.IsFollowing(creator, user); });
          },
          arg("creator"), arg("user"))
      .def(
          "followers",
          [](Host& self, const CreatorId& creator, const std::string& cursor, int limit) {
            return self.Read(
                [&](Families& f) { return f.follows.Followers(creator, {cursor, limit}); });
          },
          arg("creator"), arg("cursor"), arg("limit"))
      .def(
          "following",
          [](Host& self, const UserId& user, const std::string& cursor, int limit) {
            return self.Read(
                [&](Families& f) { return f.follows.Following(user, {cursor, limit}); });
          },
          arg("user"), arg("cursor"), arg("limit"))
      .def(
          "inbox",
          [](Host& self, const UserId& user, const std::string& cursor, int limit) {
            return self.Read(
                [&](Families& f) { return f.notifications.Read(user, {cursor, limit}); });
          },
          arg("user"), arg("cursor"), arg("limit"))
      .def(
          "get_account",
          [](Host& self, const UserId& id) {
            return self.Read([&](Families& f) { return f.accounts.Get(id); });
          },
          arg("id"))
      .def(
          "find_account",
          [](Host& self, const std::string& email) {
            return self.Read([&](Families& f) { return f.accounts.FindByEmail(email); });
          },
          arg("email"))
      .def(
          "get_session",
          [](Host& self, const std::string& id) {
            return self.Read([&](Families& f) { return f.accounts.GetSession(id); });
          },
          arg("id"))
      .def(
          "live_sessions",
          [](Host& self, const UserId& user, int limit) {
            return self.Read([&](Families& f) { return f.accounts.LiveSessions(user, limit); });
          },
          arg("user"), arg("limit"));
}

void RegisterLogReads(HostClass& host) {
  host.def(
          "log",
          [](Host& self, std::uint64_t after_seq, int limit) {
            return self.Read([&](Families& f) { return f.notifications.Log(after_seq, limit); });
          },
          arg("after_seq"), arg("limit"))
      .def(
          "channel",
          [](Host& self, const std::string& name, const std::optional<Position>& since) {
            return self.Read([&](Families& f) { return f.notifications.Channel(name, since); });
          },
          arg("name"), arg("since"))
      .def("head",
           [](Host& self) { return self.Read([](Families& f) { return f.audit.ReadHead(); }); })
      .def(
          "list_audit",
          [](Host& self, const std::string& actor, std::optional<EventType> action,
             const std::string& subject, std::optional<Time> since, std::optional<Time> until,
             const std::string& cursor, int limit) {
            return self.Read([&](Families& f) {
              return f.audit.List({.actor = actor,
                                   .action = action,
                                   .subject = subject,
                                   .from = since,
                                   .to = until,
                                   .page = {cursor, limit}});
            });
          },
          arg("actor"), arg("action"), arg("subject"), arg("since"), arg("until"), arg("cursor"),
          arg("limit"));
}

void RegisterShop(py::module_& module) {
  py::class_<Shop, Host, std::shared_ptr<Shop>>(module, "Shop", "livedrops::Service.")
      .def(py::init([](const py::object& storage, bool create, LateConfirm late_confirm,
                       HoldsAtEnd holds_at_end, int live_holds_per_user_max, int queue_max,
                       int orders_per_drop_and_commit_max, std::int64_t unknown_deadline_ms,
                       const py::object& clock, const py::object& ids) {
             HostOptions options =
                 OptionsOf(late_confirm, holds_at_end, live_holds_per_user_max, clock, ids);
             options.service.queue_max = queue_max;
             options.service.orders_per_drop_and_commit_max = orders_per_drop_and_commit_max;
             options.service.unknown_deadline = Duration(unknown_deadline_ms);
             return Shop::Open(storage, create, std::move(options));
           }),
           arg("storage"), py::kw_only(), arg("create"), arg("late_confirm"), arg("holds_at_end"),
           arg("live_holds_per_user_max"), arg("queue_max"), arg("orders_per_drop_and_commit_max"),
           arg("unknown_deadline_ms"), arg("clock"), arg("ids"))
      .def("stats", &Shop::stats)
      .def("submit", &Shop::Submit, arg("request"), "The number that poll gives back.")
      .def("submit_orders", &Shop::SubmitOrders, arg("columns"), arg("first"), arg("replies"))
      .def("submit_follows", &Shop::SubmitFollows, arg("columns"), arg("first"), arg("replies"))
      .def("poll", &Shop::Poll, "[(number, answer or exception)]")
      .def("fileno", &Shop::poll_fd, "Readable while poll has something to give.");
}

void RegisterEngine(py::module_& module) {
  py::class_<EngineHost, Host, std::shared_ptr<EngineHost>>(module, "Engine", "livedrops::Engine.")
      .def(py::init([](const py::object& storage, bool create, LateConfirm late_confirm,
                       HoldsAtEnd holds_at_end, int live_holds_per_user_max,
                       const py::object& clock, const py::object& ids) {
             return EngineHost::Open(
                 storage, create,
                 OptionsOf(late_confirm, holds_at_end, live_holds_per_user_max, clock, ids));
           }),
           arg("storage"), py::kw_only(), arg("create"), arg("late_confirm"), arg("holds_at_end"),
           arg("live_holds_per_user_max"), arg("clock"), arg("ids"))
      .def("advance", &EngineHost::Advance)
      .def("next_due", &EngineHost::NextDue);
}

}  // namespace

void RegisterHosts(py::module_& module) {
  HostClass host(module, "_Host");
  RegisterCommands(host);
  RegisterShopReads(host);
  RegisterUserReads(host);
  RegisterLogReads(host);
  RegisterShop(module);
  RegisterEngine(module);
}

}  // namespace livedrops::python
