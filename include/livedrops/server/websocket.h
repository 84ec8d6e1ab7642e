// WebSockets and streamed answers: long-lived receivers of events.
//
// What many receivers get is encoded once, as a Frame or a Chunk, and shared by all of them:
// sending to one more costs a reference and a write, not a copy. Every receiver has a bounded
// queue; one that does not keep up is closed, or misses messages that the sender called droppable.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace livedrops::server {

class Connection;
struct EncodedFrame;
struct EncodedChunk;

enum class Deflate : bool { kNo, kYes };

// A WebSocket message, ready to be sent. Immutable: copies share it, on any thread.
class Frame {
 public:
  // kYes also keeps a deflated form, for the receivers that negotiated it, if that is smaller.
  static Frame Text(std::string_view payload, Deflate deflate = Deflate::kNo);
  static Frame Binary(std::string_view payload, Deflate deflate = Deflate::kNo);

  // Bytes on the wire when not deflated.
  std::size_t size() const;

 private:
  friend class Connection;
  explicit Frame(std::shared_ptr<const EncodedFrame> encoded) : encoded_(std::move(encoded)) {}
  std::shared_ptr<const EncodedFrame> encoded_;
};

// A part of a streamed answer, ready to be sent. Immutable: copies share it, on any thread.
class Chunk {
 public:
  explicit Chunk(std::string_view content);

 private:
  friend class Connection;
  std::shared_ptr<const EncodedChunk> encoded_;
};

enum class Sent : std::uint8_t {
  kQueued,   // It was written, or will be.
  kDropped,  // It was droppable, and the receiver is behind.
  kClosed,   // The receiver is gone, or was closed just now because its queue is full.
};

enum class Droppable : bool { kNo, kYes };

// Limits of one receiver's queue, counted in bytes that wait in this process.
struct QueueLimits {
  std::size_t bytes_max = 1 << 20;    // Above it the receiver is closed.
  std::size_t bytes_soft = 64 << 10;  // Above it droppable messages are dropped.
};

struct WebSocketOptions {
  // A longer message closes the socket with 1009; counted after inflating.
  std::size_t message_bytes_max = 64 << 10;
  QueueLimits queue;
  // The close code that a receiver with a full queue is given.
  std::uint16_t slow_code = 3008;
  std::string slow_reason = "slow";
  // Pings of the WebSocket protocol; zero for none, as for a protocol that has pings of its own.
  std::chrono::milliseconds ping_interval{0};
  // Without a pong within this time the socket is cut.
  std::chrono::milliseconds pong_timeout{8000};
  // How long a close frame waits for the peer's.
  std::chrono::milliseconds close_timeout{5000};
  // Agrees to permessage-deflate when the client offers it (without context takeover, so that a
  // deflated frame can be shared).
  bool deflate = false;
};

// A handle on one socket. Copies mean the same socket; it may outlive it.
// Threading: the socket's loop; HttpServer::Post leads there from other threads.
class WebSocket {
 public:
  WebSocket() = default;

  // Never calls back into the session: when it returns kClosed, OnClose follows on a later turn of
  // the loop. So a caller may send to all members of a set without expecting the set to change.
  Sent Send(const Frame& frame, Droppable droppable = Droppable::kNo);

  // Sends what is queued and then a close frame, and waits for the peer's. Further messages of the
  // peer are ignored. `reason` is cut after 123 bytes. Closing again does nothing.
  void Close(std::uint16_t code, std::string_view reason = {});

  bool open() const;
  // Bytes that wait in this process.
  std::size_t queued_bytes() const;

 private:
  friend class Connection;
  explicit WebSocket(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  std::shared_ptr<Connection> connection_;
};

// What happens on one socket. The server owns it and destroys it after OnClose.
// Threading: every call comes on the socket's loop. Exceptions: none may leave a member.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;

  // The first call, after the handshake was answered.
  virtual void OnOpen(WebSocket socket) = 0;
  // A whole message; a text message is valid UTF-8. `payload` lives until the call returns.
  virtual void OnMessage(std::string_view payload, bool binary) = 0;
  // The last call, exactly once: nothing can be sent any more. `code` is the peer's, or the one
  // this side closed with; 1005 when the peer gave none, 1006 when the connection was lost.
  virtual void OnClose(std::uint16_t code) = 0;
};

// A handle on an answer that has no end yet, such as Server-Sent Events. Copies mean the same
// answer. Threading: the request's loop.
class ResponseStream {
 public:
  ResponseStream() = default;

  // As WebSocket::Send; a receiver whose queue is full is cut, for this protocol has no close code.
  Sent Send(const Chunk& chunk, Droppable droppable = Droppable::kNo);
  // Ends the answer. The connection can then be used for the next request.
  void End();
  bool open() const;
  std::size_t queued_bytes() const;

 private:
  friend class Connection;
  friend class Responder;
  explicit ResponseStream(std::shared_ptr<Connection> connection, std::uint64_t exchange)
      : connection_(std::move(connection)), exchange_(exchange) {}
  std::shared_ptr<Connection> connection_;
  std::uint64_t exchange_ = 0;
};

}  // namespace livedrops::server
