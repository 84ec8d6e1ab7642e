#include "server/auth/routes.h"

#include <algorithm>

namespace livedrops::server {
namespace {

constexpr Grant kNo = Grant::no;
constexpr Grant kOwn = Grant::own;
constexpr Grant kYes = Grant::yes;

// Columns: no token, user, creator, service, admin. A creator is a user too.
constexpr Access kAnyone{kYes, kYes, kYes, kYes, kYes};
constexpr Access kToken{kNo, kYes, kYes, kYes, kYes};
constexpr Access kAccount{kNo, kYes, kYes, kNo, kYes};  // A service has no password.
constexpr Access kThatUser{kNo, kOwn, kOwn, kNo, kYes};
constexpr Access kThatUserOrService{kNo, kOwn, kOwn, kYes, kYes};
constexpr Access kItsUserOrService{kNo, kOwn, kOwn, kYes, kYes, Foreign::not_found};
constexpr Access kCreator{kNo, kNo, kYes, kNo, kNo};
constexpr Access kThatCreator{kNo, kNo, kOwn, kNo, kYes};
constexpr Access kThatCreatorOrService{kNo, kNo, kOwn, kYes, kYes};
constexpr Access kService{kNo, kNo, kNo, kYes, kNo};  // Whoever takes the money.
constexpr Access kAdmin{kNo, kNo, kNo, kNo, kYes};

constexpr Route kRoutes[] = {
#define X(id, method, path, kind, listener, access) \
  {RouteId::id, Method::method, path, RouteClass::kind, Listener::listener, access},
    LIVEDROPS_ROUTES(X)
#undef X
};

Grant GrantOf(const Access& access, const Principal* principal) {
  if (principal == nullptr) return access.anonymous;
  switch (principal->role) {
    case Role::user:
      return access.user;
    case Role::creator:
      return access.creator;
    case Role::service:
      return access.service;
    case Role::admin:
      return access.admin;
  }
  return Grant::no;
}

bool Matches(std::string_view pattern, std::span<const std::string_view> segments,
             std::string_view* parameter) {
  for (const std::string_view given : segments) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(wanted.size());
    if (wanted.starts_with(':') && !given.empty()) {
      *parameter = given;
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty();
}

}  // namespace

std::span<const Route> AllRoutes() { return kRoutes; }
const Route& RouteOf(RouteId id) { return kRoutes[static_cast<std::size_t>(id)]; }

RouteMatch MatchRoute(Listener listener, Method method,
                      std::span<const std::string_view> segments) {
  if (method == Method::kHead) method = Method::kGet;
  RouteMatch match;
  for (const Route& route : kRoutes) {
    std::string_view parameter;
    if (route.listener != listener || !Matches(route.path, segments, &parameter)) continue;
    if (route.method == method) return {&route, parameter, 0};
    match.allowed_methods |= 1U << static_cast<unsigned>(route.method);
  }
  return match;
}

Decision Authorize(const Access& access, const Principal* principal) {
  switch (GrantOf(access, principal)) {
    case Grant::yes:
      return Decision::allow;
    case Grant::own:
      return Decision::allow_if_owner;
    case Grant::no:
      break;
  }
  return principal == nullptr ? Decision::unauthenticated : Decision::forbidden;
}

Decision Authorize(const Access& access, const Principal* principal,
                   std::span<const std::string_view> owners) {
  const Decision by_role = Authorize(access, principal);
  if (by_role != Decision::allow_if_owner) return by_role;
  if (std::ranges::find(owners, principal->subject.view()) != owners.end()) return Decision::allow;
  return access.foreign == Foreign::not_found ? Decision::not_found : Decision::forbidden;
}

std::optional<Decision> AuthorizeChannel(std::string_view channel, const Principal* principal) {
  const std::size_t colon = channel.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view kind = channel.substr(0, colon);
  const std::string_view id = channel.substr(colon + 1);
  if (!UserId(id).valid()) return std::nullopt;
  if (kind == "drop") return Authorize(kAnyone, principal);
  if (kind == "creator") return Authorize(kToken, principal);
  if (kind == "user") return Authorize(kThatUser, principal, {{id}});
  return std::nullopt;
}

}  // namespace livedrops::server
