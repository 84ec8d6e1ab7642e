// Handlers: one function per route, named as the route. A route without one does not link.
#pragma once

#include "server/auth/routes.h"
#include "server/gateway/context.h"

namespace livedrops::server {

// Called on the request's loop after the pipeline let the request pass: everything up to the size
// of the body is checked. Answers at once, or hands the context on.
using RouteHandler = void (*)(Context& context);

namespace handle {
#define X(id, method, path, kind, listener, access) void id(Context& context);
LIVEDROPS_ROUTES(X)
#undef X
}  // namespace handle

RouteHandler HandlerOf(RouteId id);

}  // namespace livedrops::server
