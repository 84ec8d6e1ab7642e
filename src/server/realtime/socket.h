// Socket: joins a WebSocket with its Session.
#pragma once

#include <memory>

#include "server/realtime/surroundings.h"

namespace livedrops::server {

// What HttpServer is given; it keeps the socket alive until it closes. `ended` may be empty.
std::unique_ptr<WebSocketSession> MakeSocket(Surroundings* surroundings, int loop,
                                             SocketEnded ended);
WebSocketOptions SocketOptions(const RealtimeOptions& options);

}  // namespace livedrops::server
