// EventStream: one channel as Server-Sent Events, for clients that no WebSocket reaches.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/realtime/surroundings.h"

namespace livedrops::server {

// "EPOCH:OFFSET". A text that is no position becomes one that is never recovered.
Position ParseEventId(std::string_view text);

// Answers GET /events and tells the caller with which status, unless the client went before.
// Threading: the request's loop.
void OpenEventStream(const std::shared_ptr<Surroundings>& surroundings, const Request& request,
                     const Responder& responder, Realtime::Caller caller);

}  // namespace livedrops::server
