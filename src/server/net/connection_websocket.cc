#include "base/assert.h"
#include "server/net/connection.h"
#include "server/net/handshake.h"
#include "server/net/loop_server.h"

namespace livedrops::server {

Status Connection::Upgrade(std::uint64_t exchange, const Request& request,
                           const std::shared_ptr<WebSocketSession>& session,
                           const WebSocketOptions& options, const Response& fields) {
  if (state_ != State::kHandling || exchange != exchange_) {
    return {StatusCode::kClosed, "the client is gone"};
  }
  const auto self = shared_from_this();
  const Handshake handshake = CheckHandshake(request);
  if (handshake.status != 101) {
    Response refusal = server_->Refusal(handshake.status, handshake.detail);
    refusal.fields_.append(fields.fields());
    if (handshake.status == 405) refusal.Set("Allow", "GET");
    if (handshake.status == 426) {
      refusal.Set("Upgrade", "websocket").Set("Sec-WebSocket-Version", "13");
    }
    Answer(exchange, std::move(refusal));
    return {StatusCode::kInvalidArgument, std::string(handshake.detail)};
  }
  const bool deflate = options.deflate && handshake.deflate;
  std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
  head.append(handshake.accept_key).append("\r\n").append(fields.fields());
  if (deflate) {
    head.append(
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
        "client_no_context_takeover\r\n");
  }
  queue_.Append(head.append("\r\n"));
  websocket_ = std::make_unique<WebSocketState>(server_->decoders(), this, options, deflate);
  state_ = State::kWebSocket;
  parser_.reset();
  LimitSendBuffer();
  if (options.ping_interval.count() > 0) SetDeadline(options.ping_interval);
  // Written before anything that could be given up.
  if (!Flush()) return {StatusCode::kClosed, "the client is gone"};
  server_->counters().websockets.Add();
  websocket_->session = session;
  session->OnOpen(WebSocket(self));
  if (!corked_) Settle();
  return OkStatus();
}

// --- what the client sends -----------------------------------------------------------------------

void Connection::OnWebSocketBytes(std::string_view bytes) {
  corked_ = true;
  const CloseCode code = websocket_->reader.Feed(bytes);
  corked_ = false;
  if (code != kCloseNone && state_ == State::kWebSocket) {
    if (!websocket_->close_sent) {
      queue_.PushOwned(EncodeClose(code, {}));
      websocket_->close_sent = true;
      EndSession(code);
    }
    Finish();
  }
  if (Flush()) UpdateReading();
}

bool Connection::OnMessage(std::string_view payload, bool binary) {
  const std::shared_ptr<WebSocketSession> session = websocket_->session;
  if (session) session->OnMessage(payload, binary);
  return state_ == State::kWebSocket;
}

void Connection::OnPing(std::string_view payload) {
  if (!websocket_->close_sent) SendControl(EncodeFrame(Opcode::kPong, payload));
}

void Connection::OnPong() {
  if (!websocket_->pong_awaited) return;
  websocket_->pong_awaited = false;
  if (!websocket_->close_sent) SetDeadline(websocket_->options.ping_interval);
}

// The closing handshake is complete when both sides have sent a close frame.
void Connection::OnCloseFrame(std::uint16_t code) {
  if (state_ != State::kWebSocket) return;
  if (!websocket_->close_sent) {
    queue_.PushOwned(code == kCloseNoCode ? EncodeFrame(Opcode::kClose, {})
                                          : EncodeClose(code, {}));
    websocket_->close_sent = true;
    EndSession(code);
  }
  linger_ = false;  // A close frame is the last thing that a client sends.
  Finish();
}

void Connection::OnWebSocketDeadline() {
  if (websocket_->close_sent || websocket_->pong_awaited) {
    if (!websocket_->close_sent) server_->counters().timed_out.Add();
    Abort();
    return;
  }
  websocket_->pong_awaited = true;
  SetDeadline(websocket_->options.pong_timeout);
  SendControl(EncodeFrame(Opcode::kPing, {}));
}

// --- what the server sends -----------------------------------------------------------------------

void Connection::FlushUnlessCorked() {
  // What is corked for long is no sign that the receiver is slow.
  if (!corked_ || Backlogged()) Flush();
}

Sent Connection::SendFrame(const Frame& frame, Droppable droppable) {
  LD_ASSERT(mailbox_->OnLoopThread());
  if (!websocket_open()) return Sent::kClosed;
  const EncodedFrame& encoded = *frame.encoded_;
  const bool deflated = websocket_->deflate && !encoded.deflated.empty();
  const std::string& bytes = deflated ? encoded.deflated : encoded.plain;
  const QueueLimits& limits = websocket_->options.queue;
  if (droppable == Droppable::kYes && queued_bytes() > limits.bytes_soft) {
    server_->counters().dropped.Add();
    return Sent::kDropped;
  }
  if (bytes.size() + queued_bytes() > limits.bytes_max) {
    CloseSlow();
    return Sent::kClosed;
  }
  queue_.Push(frame.encoded_, bytes);
  FlushUnlessCorked();
  return state_ == State::kClosed ? Sent::kClosed : Sent::kQueued;
}

// Answers to pings are bounded as messages are: a client can make us send them.
void Connection::SendControl(std::string frame) {
  if (frame.size() + queued_bytes() > websocket_->options.queue.bytes_max) {
    CloseSlow();
    return;
  }
  queue_.PushOwned(std::move(frame));
  FlushUnlessCorked();
}

void Connection::CloseWebSocket(std::uint16_t code, std::string_view reason) {
  LD_ASSERT(mailbox_->OnLoopThread());
  if (!websocket_open()) return;
  queue_.PushOwned(EncodeClose(code, reason));
  websocket_->close_sent = true;
  SetDeadline(websocket_->options.close_timeout);
  EndSession(code);
  FlushUnlessCorked();
}

// What waits is given up, so that the reason is the next thing that the peer reads, if it does.
void Connection::CloseSlow() {
  server_->counters().slow_closed.Add();
  queue_.DropBehind(tls_ ? 0 : in_flight_);
  CloseWebSocket(websocket_->options.slow_code, websocket_->options.slow_reason);
}

// The session's last call comes on a later turn of the loop, so that sending never calls back.
void Connection::EndSession(std::uint16_t code) {
  if (!websocket_ || !websocket_->session) return;
  server_->counters().websockets.Subtract();
  mailbox_->Post([session = std::move(websocket_->session), code] { session->OnClose(code); });
  websocket_->session = nullptr;
}

}  // namespace livedrops::server
