#include "server/net/exchange.h"

#include "server/net/connection.h"

namespace livedrops::server {

Exchange::Exchange(std::shared_ptr<Connection> connection, std::uint64_t number)
    : connection_(std::move(connection)), number_(number) {}

Exchange::~Exchange() {
  if (!Claim()) return;
  Response response(500, "application/problem+json",
                    R"({"type":"about:blank","title":"Internal Server Error","status":500})");
  Deliver(std::move(response));
}

void Exchange::Deliver(Response response) {
  if (connection_->closed()) return;
  if (connection_->mailbox()->OnLoopThread()) {
    connection_->Answer(number_, std::move(response));
    return;
  }
  connection_->mailbox()->Post(
      [connection = connection_, number = number_, response = std::move(response)]() mutable {
        connection->Answer(number, std::move(response));
      });
}

// --- Responder -----------------------------------------------------------------------------------

bool Responder::Send(Response response) const {
  if (!exchange_->Claim()) return false;
  exchange_->Deliver(std::move(response));
  return true;
}

Status Responder::Upgrade(const Request& request, std::unique_ptr<WebSocketSession> session,
                          const WebSocketOptions& options, const Response& fields) const {
  if (!exchange_->Claim()) return {StatusCode::kClosed, "the request was answered before"};
  return exchange_->connection()->Upgrade(exchange_->number(), request, std::move(session), options,
                                          fields);
}

Result<ResponseStream> Responder::Stream(const Response& head, std::function<void()> on_close,
                                         const QueueLimits& queue) const {
  if (!exchange_->Claim()) {
    return Status(StatusCode::kClosed, "the request was answered before");
  }
  return exchange_->connection()->Stream(exchange_->number(), head, std::move(on_close), queue);
}

bool Responder::abandoned() const {
  return exchange_->answered() || exchange_->connection()->closed();
}

// --- handles -------------------------------------------------------------------------------------

Sent WebSocket::Send(const Frame& frame, Droppable droppable) {
  return connection_ ? connection_->SendFrame(frame, droppable) : Sent::kClosed;
}

void WebSocket::Close(std::uint16_t code, std::string_view reason) {
  if (connection_) connection_->CloseWebSocket(code, reason);
}

bool WebSocket::open() const { return connection_ && connection_->websocket_open(); }

std::size_t WebSocket::queued_bytes() const {
  return connection_ ? connection_->queued_bytes() : 0;
}

Sent ResponseStream::Send(const Chunk& chunk, Droppable droppable) {
  return connection_ ? connection_->SendChunk(exchange_, chunk, droppable) : Sent::kClosed;
}

void ResponseStream::End() {
  if (connection_) connection_->EndStream(exchange_);
}

bool ResponseStream::open() const { return connection_ && connection_->stream_open(exchange_); }

std::size_t ResponseStream::queued_bytes() const {
  return open() ? connection_->queued_bytes() : 0;
}

}  // namespace livedrops::server
