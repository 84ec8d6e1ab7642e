// The pipeline: what is checked of every request before its handler sees it, in the order of
// CONTRACT §3: route, rate, token, role, type, size. What needs the body is the handler's.
#pragma once

#include "server/gateway/context.h"

namespace livedrops::server {

// Takes one request from the HTTP server.
void Serve(Shared* shared, Listener listener, Request request, Responder responder);

// The largest body that this request may have, by its route.
std::size_t BodyLimit(const Config& config, const Request& request);

// The answer to what the HTTP server itself refuses.
Response RefusalOf(int status, std::string_view detail);

}  // namespace livedrops::server
