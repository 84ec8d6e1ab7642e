#include "server/auth/routes.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace livedrops::server {
namespace {

Principal Of(Role role, const char* subject) {
  Principal principal;
  principal.role = role;
  principal.subject = UserId(subject);
  return principal;
}

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path == "/") return segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

RouteMatch Match(Method method, std::string_view path, Listener listener = Listener::open) {
  const auto segments = Segments(path);
  return MatchRoute(listener, method, segments);
}

char Letter(Decision decision) {
  switch (decision) {
    case Decision::allow:
      return 'y';
    case Decision::allow_if_owner:
      return '?';
    case Decision::unauthenticated:
      return 'u';
    case Decision::forbidden:
      return 'f';
    case Decision::not_found:
      return 'n';
  }
  return ' ';
}

// One letter for each of: nobody, user, creator, service, admin; for their own thing, then for
// somebody else's.
std::string MatrixRow(const Access& access) {
  const Principal principals[] = {Of(Role::user, "me"), Of(Role::creator, "me"),
                                  Of(Role::service, "me"), Of(Role::admin, "me")};
  std::string row;
  for (const char* owner : {"me", "you"}) {
    const std::string_view owners[] = {owner};
    row += Letter(Authorize(access, nullptr, owners));
    for (const Principal& principal : principals) {
      row += Letter(Authorize(access, &principal, owners));
    }
    row += ' ';
  }
  row.pop_back();
  return row;
}

// CONTRACT §2, written down a second time.
TEST(Routes, AllowWhatTheContractSays) {
  const std::pair<RouteId, const char*> expected[] = {
      {RouteId::register_account, "yyyyy yyyyy"},
      {RouteId::login, "yyyyy yyyyy"},
      {RouteId::refresh, "yyyyy yyyyy"},
      {RouteId::logout, "yyyyy yyyyy"},
      {RouteId::password, "uyyfy uyyfy"},
      {RouteId::delete_account, "uyyfy uyyfy"},
      {RouteId::follow, "uyyfy ufffy"},
      {RouteId::unfollow, "uyyfy ufffy"},
      {RouteId::followers, "ufyfy ufffy"},
      {RouteId::following, "uyyfy ufffy"},
      {RouteId::is_following, "uyyfy ufffy"},
      {RouteId::create_product, "ufyff ufyff"},
      {RouteId::products, "yyyyy yyyyy"},
      {RouteId::product, "yyyyy yyyyy"},
      {RouteId::update_product, "ufyfy ufffy"},
      {RouteId::delete_product, "ufyfy ufffy"},
      {RouteId::put_media, "ufyfy ufffy"},
      {RouteId::media, "yyyyy yyyyy"},
      {RouteId::creator, "yyyyy yyyyy"},
      {RouteId::create_drop, "ufyfy ufffy"},
      {RouteId::drops, "yyyyy yyyyy"},
      {RouteId::drop, "yyyyy yyyyy"},
      {RouteId::update_drop, "ufyfy ufffy"},
      {RouteId::start_drop, "ufyfy ufffy"},
      {RouteId::pause_drop, "ufyfy ufffy"},
      {RouteId::resume_drop, "ufyfy ufffy"},
      {RouteId::end_drop, "ufyfy ufffy"},
      {RouteId::cancel_drop, "ufyfy ufffy"},
      {RouteId::restock, "ufyfy ufffy"},
      {RouteId::drop_orders, "ufyyy uffyy"},
      {RouteId::place_order, "uyyyy uffyy"},
      {RouteId::confirm_order, "uffyf uffyf"},
      {RouteId::extend_order, "uffyf uffyf"},
      {RouteId::cancel_order, "uyyyy unnyy"},
      {RouteId::order, "uyyyy unnyy"},
      {RouteId::orders, "uyyyy uffyy"},
      {RouteId::notifications, "uyyfy ufffy"},
      {RouteId::read_notifications, "uyyfy ufffy"},
      {RouteId::audit, "ufffy ufffy"},
      {RouteId::disable_user, "ufffy ufffy"},
      {RouteId::enable_user, "ufffy ufffy"},
      {RouteId::websocket, "yyyyy yyyyy"},
      {RouteId::events, "yyyyy yyyyy"},
      {RouteId::ticket, "uyyyy uyyyy"},
      {RouteId::openapi, "yyyyy yyyyy"},
      {RouteId::docs, "yyyyy yyyyy"},
      {RouteId::livez, "yyyyy yyyyy"},
      {RouteId::readyz, "yyyyy yyyyy"},
      {RouteId::metrics, "yyyyy yyyyy"},
  };
  EXPECT_EQ(std::size(expected), AllRoutes().size());
  for (const auto& [id, row] : expected) {
    EXPECT_EQ(MatrixRow(RouteOf(id).access), row) << RouteOf(id).path;
  }
}

TEST(Routes, NeedTheOwnerOnlyWhenTheRoleIsNotEnough) {
  const Access& order = RouteOf(RouteId::order).access;
  const Principal user = Of(Role::user, "u");
  const Principal service = Of(Role::service, "s");
  EXPECT_EQ(Authorize(order, &user), Decision::allow_if_owner);
  EXPECT_EQ(Authorize(order, &service), Decision::allow);
  EXPECT_EQ(Authorize(order, nullptr), Decision::unauthenticated);
  EXPECT_EQ(Authorize(order, &user, {}), Decision::not_found);
}

TEST(Routes, CanBelongToTwo) {
  const Access& access = RouteOf(RouteId::is_following).access;
  const std::string_view owners[] = {"u", "c"};
  for (const Principal& principal : {Of(Role::user, "u"), Of(Role::creator, "c")}) {
    EXPECT_EQ(Authorize(access, &principal, owners), Decision::allow);
  }
  const Principal eve = Of(Role::user, "eve");
  EXPECT_EQ(Authorize(access, &eve, owners), Decision::forbidden);
}

TEST(Routes, AreFoundByTheirSegments) {
  EXPECT_EQ(Match(Method::kGet, "/drops/d1").route->id, RouteId::drop);
  EXPECT_EQ(Match(Method::kGet, "/drops/d1").parameter, "d1");
  EXPECT_EQ(Match(Method::kHead, "/drops").route->id, RouteId::drops);
  EXPECT_EQ(Match(Method::kPost, "/drops/d1/restock").route->id, RouteId::restock);
  EXPECT_EQ(Match(Method::kPost, "/admin/users/u1/disable").parameter, "u1");
  for (const Route& route : AllRoutes()) {
    std::string path(route.path);
    if (const std::size_t colon = path.find(':'); colon != std::string::npos) {
      path.replace(colon, path.find('/', colon) - colon, "some.id");
    }
    EXPECT_EQ(Match(route.method, path, route.listener).route, &route) << path;
  }
}

TEST(Routes, AreNotFoundByAnythingElse) {
  for (const char* path : {"/", "", "/drop", "/drops/", "//drops", "/drops//restock", "/Drops",
                           "/drops/d1/", "/drops/d1/x", "/drops/d1/orders/x", "/metrics"}) {
    const RouteMatch match = Match(Method::kGet, path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allowed_methods, 0U) << path;
  }
  EXPECT_EQ(Match(Method::kGet, "/drops", Listener::internal).route, nullptr);
}

TEST(Routes, TellWhichMethodsTheyHave) {
  const RouteMatch match = Match(Method::kPut, "/products/p1");
  EXPECT_EQ(match.route, nullptr);
  const auto bit = [](Method method) { return 1U << static_cast<unsigned>(method); };
  EXPECT_EQ(match.allowed_methods, bit(Method::kGet) | bit(Method::kPatch) | bit(Method::kDelete));
}

TEST(Channels, BelongToWhoTheContractSays) {
  const Principal me = Of(Role::user, "me");
  EXPECT_EQ(AuthorizeChannel("drop:d1", nullptr), Decision::allow);
  EXPECT_EQ(AuthorizeChannel("creator:c1", nullptr), Decision::unauthenticated);
  EXPECT_EQ(AuthorizeChannel("creator:c1", &me), Decision::allow);
  EXPECT_EQ(AuthorizeChannel("user:me", nullptr), Decision::unauthenticated);
  EXPECT_EQ(AuthorizeChannel("user:me", &me), Decision::allow);
  EXPECT_EQ(AuthorizeChannel("user:you", &me), Decision::forbidden);
  for (const char* channel : {"", "drop", "drop:", ":d1", "drop:a b", "shop:1", "user:.."}) {
    EXPECT_FALSE(AuthorizeChannel(channel, &me)) << channel;
  }
}

}  // namespace
}  // namespace livedrops::server
