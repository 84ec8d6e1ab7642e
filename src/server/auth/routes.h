// Routes: all of CONTRACT §2 and who may use them, as data. The gateway routes by this table, the
// authorization matrix of the tests and the reference page come from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "livedrops/accounts.h"
#include "livedrops/server/http.h"
#include "server/auth/jwt.h"

namespace livedrops::server {

// Which rate limit a route counts against (limits/rate_limiter.h).
enum class RouteClass : std::uint8_t { read, write, order, sign_in, socket, internal };

// Where a route can be reached.
enum class Listener : std::uint8_t { open, internal };

// What a kind of principal may do: `own` only with what belongs to it.
enum class Grant : std::uint8_t { no, own, yes };

// Who a foreigner's request is told: that it is forbidden, or nothing of what exists.
enum class Foreign : std::uint8_t { forbidden, not_found };

struct Access {
  Grant anonymous;
  Grant user;
  Grant creator;
  Grant service;
  Grant admin;
  Foreign foreign = Foreign::forbidden;
};

// X(id, method, path, class, listener, access). In paths, `:name` stands for one segment.
// clang-format off
#define LIVEDROPS_ROUTES(X)                                                           \
  X(register_account, kPost, "/register", sign_in, open, kAnyone)                     \
  X(login, kPost, "/login", sign_in, open, kAnyone)                                   \
  X(refresh, kPost, "/refresh", write, open, kAnyone)                                 \
  X(logout, kPost, "/logout", write, open, kAnyone)                                   \
  X(password, kPost, "/password", sign_in, open, kAccount)                            \
  X(delete_account, kDelete, "/account", write, open, kAccount)                       \
  X(follow, kPost, "/follow", write, open, kThatUser)                                 \
  X(unfollow, kDelete, "/follow", write, open, kThatUser)                             \
  X(followers, kGet, "/followers/:creatorId", read, open, kThatCreator)               \
  X(following, kGet, "/following/:userId", read, open, kThatUser)                     \
  X(is_following, kGet, "/isFollowing", read, open, kThatUser)                        \
  X(create_product, kPost, "/createProd", write, open, kCreator)                      \
  X(products, kGet, "/products", read, open, kAnyone)                                 \
  X(product, kGet, "/products/:prodId", read, open, kAnyone)                          \
  X(update_product, kPatch, "/products/:prodId", write, open, kThatCreator)           \
  X(delete_product, kDelete, "/products/:prodId", write, open, kThatCreator)          \
  X(put_media, kPut, "/products/:prodId/media", write, open, kThatCreator)            \
  X(media, kGet, "/media/:sha256", read, open, kAnyone)                               \
  X(creator, kGet, "/creators/:creatorId", read, open, kAnyone)                       \
  X(create_drop, kPost, "/createDrop", write, open, kThatCreator)                     \
  X(drops, kGet, "/drops", read, open, kAnyone)                                       \
  X(drop, kGet, "/drops/:dropId", read, open, kAnyone)                                \
  X(update_drop, kPatch, "/drops/:dropId", write, open, kThatCreator)                 \
  X(start_drop, kPost, "/drops/:dropId/start", write, open, kThatCreator)             \
  X(pause_drop, kPost, "/drops/:dropId/pause", write, open, kThatCreator)             \
  X(resume_drop, kPost, "/drops/:dropId/resume", write, open, kThatCreator)           \
  X(end_drop, kPost, "/drops/:dropId/end", write, open, kThatCreator)                 \
  X(cancel_drop, kPost, "/drops/:dropId/cancel", write, open, kThatCreator)           \
  X(restock, kPost, "/drops/:dropId/restock", write, open, kThatCreator)              \
  X(drop_orders, kGet, "/drops/:dropId/orders", read, open, kThatCreatorOrService)    \
  X(place_order, kPost, "/order", order, open, kThatUserOrService)                    \
  X(confirm_order, kPost, "/orders/:orderId/confirm", order, open, kService)          \
  X(extend_order, kPost, "/orders/:orderId/extend", order, open, kService)            \
  X(cancel_order, kPost, "/orders/:orderId/cancel", order, open, kItsUserOrService)   \
  X(order, kGet, "/orders/:orderId", read, open, kItsUserOrService)                   \
  X(orders, kGet, "/orders", read, open, kThatUserOrService)                          \
  X(notifications, kGet, "/notifications", read, open, kThatUser)                     \
  X(read_notifications, kPost, "/notifications/read", write, open, kThatUser)         \
  X(audit, kGet, "/audit", read, open, kAdmin)                                        \
  X(disable_user, kPost, "/admin/users/:userId/disable", write, open, kAdmin)         \
  X(enable_user, kPost, "/admin/users/:userId/enable", write, open, kAdmin)           \
  X(websocket, kGet, "/connection/websocket", socket, open, kAnyone)                  \
  X(events, kGet, "/events", socket, open, kAnyone)                                   \
  X(ticket, kPost, "/connection/ticket", write, open, kToken)                         \
  X(openapi, kGet, "/openapi.json", read, open, kAnyone)                              \
  X(docs, kGet, "/docs", read, open, kAnyone)                                         \
  X(livez, kGet, "/livez", internal, internal, kAnyone)                               \
  X(readyz, kGet, "/readyz", internal, internal, kAnyone)                             \
  X(metrics, kGet, "/metrics", internal, internal, kAnyone)
// clang-format on

enum class RouteId : std::uint8_t {
#define X(id, method, path, kind, listener, access) id,
  LIVEDROPS_ROUTES(X)
#undef X
};

struct Route {
  RouteId id;
  Method method;
  std::string_view path;
  RouteClass kind;
  Listener listener;
  Access access;
};

std::span<const Route> AllRoutes();
const Route& RouteOf(RouteId id);

// The route of a request, by the decoded segments of its path. HEAD finds what GET has.
struct RouteMatch {
  const Route* route = nullptr;
  // Value of the `:name` segment; no route has more than one.
  std::string_view parameter;
  // When no route matched: the methods that the path has, as bits by Method; 0: no such path.
  std::uint32_t allowed_methods = 0;
};
RouteMatch MatchRoute(Listener listener, Method method, std::span<const std::string_view> segments);

enum class Decision : std::uint8_t {
  allow,
  allow_if_owner,   // Ask again with the owner, once it is known.
  unauthenticated,  // 401: no token.
  forbidden,        // 403
  not_found,        // 404: what exists is not told to strangers.
};

// What the role allows, before anything is read. `principal` is null without a token.
Decision Authorize(const Access& access, const Principal* principal);
// The rest, when the owners are known: the account, creator or user that the thing belongs to. Some
// have two: isFollowing is for both. Never allow_if_owner. Admin may do what an owner may.
Decision Authorize(const Access& access, const Principal* principal,
                   std::span<const std::string_view> owners);

// Who may subscribe: "drop:ID" anyone, "creator:ID" any token, "user:ID" that user. Nothing when
// there is no such channel.
std::optional<Decision> AuthorizeChannel(std::string_view channel, const Principal* principal);

}  // namespace livedrops::server
