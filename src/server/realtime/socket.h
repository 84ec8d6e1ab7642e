// Socket: joins a WebSocket with its Session.
#pragma once

#include <memory>

#include "server/realtime/surroundings.h"

namespace livedrops::server {

// What HttpServer is given; it keeps the socket alive until it closes.
std::unique_ptr<WebSocketSession> MakeSocket(Surroundings* surroundings, int loop);
WebSocketOptions SocketOptions(const RealtimeOptions& options);

}  // namespace livedrops::server
