// Connection: one client, on its loop, from accept to close.
//
//     kReading ⇄ kHandling → kStreaming → kReading …      requests, one after the other
//         └─────────┴──→ kWebSocket                       after an upgrade
//     any → kFinishing (write what waits) → kLingering (let the client read it) → kClosed
//
// docs/internals/network.md shows all of it.
#pragma once

#include <uv.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "livedrops/server/http_server.h"
#include "server/net/http_parser.h"
#include "server/net/mailbox.h"
#include "server/net/out_queue.h"
#include "server/net/response_writer.h"
#include "server/net/tls.h"
#include "server/net/websocket_reader.h"

namespace livedrops::server {

class LoopServer;

// Threading: the loop's thread, but for mailbox() and closed().
class Connection final : public std::enable_shared_from_this<Connection>,
                         private WebSocketReader::Events {
 public:
  explicit Connection(LoopServer* server);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Takes the connection that waits at `listener`; false when that fails. Either way libuv has its
  // handle from now on, and Forget tells the server when it has it no more.
  bool Accept(uv_stream_t* listener);
  void Tick(std::uint64_t now_ms);
  void BeginStop(const StopOptions& options);
  // At once, without a word.
  void Abort();

  // For Exchange and Responder; nothing happens when `exchange` is not the one that is waited for.
  void Answer(std::uint64_t exchange, Response response);
  Status Upgrade(std::uint64_t exchange, const Request& request,
                 const std::shared_ptr<WebSocketSession>& session, const WebSocketOptions& options,
                 const Response& fields);
  Result<ResponseStream> Stream(std::uint64_t exchange, const Response& head,
                                std::function<void()> on_close, const QueueLimits& queue);

  // For WebSocket.
  Sent SendFrame(const Frame& frame, Droppable droppable);
  void CloseWebSocket(std::uint16_t code, std::string_view reason);
  bool websocket_open() const { return state_ == State::kWebSocket && !websocket_->close_sent; }

  // For ResponseStream.
  Sent SendChunk(std::uint64_t exchange, const Chunk& chunk, Droppable droppable);
  void EndStream(std::uint64_t exchange);
  bool stream_open(std::uint64_t exchange) const {
    return state_ == State::kStreaming && exchange == exchange_;
  }

  std::size_t queued_bytes() const { return queue_.bytes() + cipher_.bytes(); }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  LoopServer* server() const { return server_; }
  bool closed() const { return closed_.load(std::memory_order_acquire); }

 private:
  friend class LoopServer;  // The list.

  enum class State { kReading, kHandling, kStreaming, kWebSocket, kFinishing, kLingering, kClosed };
  // What of a request is being waited for.
  enum class Wait { kFirst, kRequest, kHead, kBody };

  struct WebSocketState {
    WebSocketState(FrameDecoderPool* pool, Connection* connection, const WebSocketOptions& wanted,
                   bool deflated)
        : options(wanted),
          deflate(deflated),
          reader(pool, connection, wanted.message_bytes_max, deflated) {}
    WebSocketOptions options;
    bool deflate;
    bool close_sent = false;
    bool pong_awaited = false;
    std::shared_ptr<WebSocketSession> session;
    WebSocketReader reader;
  };

  struct StreamState {
    QueueLimits limits;
    bool chunked = true;
    std::function<void()> on_close;
  };

  // connection.cc: the socket.
  void OnRead(ssize_t count, std::string_view bytes);
  void OnCipher(std::string_view bytes);
  void OnBytes(std::string_view bytes);
  void OnEnd();
  void OnDeadline();
  void OnWritten(int status);
  bool Flush();
  bool EncryptSome();
  void StartWrite();
  void UpdateReading();
  bool WantsToRead() const;
  void Finish();
  void FinishIdle();
  void Shutdown();
  void Close();
  void SetDeadline(std::chrono::milliseconds after);
  void ClearDeadline() { deadline_ms_ = 0; }
  void LimitSendBuffer();

  // connection_http.cc: requests and answers.
  void OnHttpBytes(std::string_view bytes);
  std::size_t Process(std::string_view bytes);
  void Resume();
  void Settle();
  void WaitForRequest();
  void SetWait(Wait wait);
  void Dispatch(Request request, bool keep_alive);
  void Refuse(int status, std::string_view detail);
  void WriteResponse(Response response);
  void WriteHead(int status, const std::string& fields, Framing framing);
  void FinishAnswer();
  bool Backlogged() const;
  void EndStreamState();

  // connection_websocket.cc: frames.
  void OnWebSocketBytes(std::string_view bytes);
  bool OnMessage(std::string_view payload, bool binary) override;
  void OnPing(std::string_view payload) override;
  void OnPong() override;
  void OnCloseFrame(std::uint16_t code) override;
  void OnWebSocketDeadline();
  void SendControl(std::string frame);
  void CloseSlow();
  void EndSession(std::uint16_t code);
  void FlushUnlessCorked();

  LoopServer* server_;  // Valid until closed.
  const std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<Connection> self_;  // While libuv has the handle.
  Connection* next_ = nullptr;
  Connection* previous_ = nullptr;

  uv_tcp_t tcp_{};
  uv_write_t write_{};
  uv_shutdown_t shutdown_{};
  State state_ = State::kReading;
  Wait wait_ = Wait::kFirst;
  bool reading_ = false;
  bool writing_ = false;     // One uv_write is under way; what it writes is at the queue's front.
  bool corked_ = false;      // Input is being processed; what it causes is written afterwards.
  bool stalled_ = false;     // Requests wait in input_ until answers before them are written.
  bool peer_ended_ = false;  // The client will send nothing more.
  bool linger_ = true;       // The client may be sending still, when we close.
  bool keep_alive_ = true;
  bool head_only_ = false;
  int minor_version_ = 1;
  std::size_t discarded_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t deadline_ms_ = 0;
  std::uint64_t write_progress_ms_ = 0;
  std::uint64_t exchange_ = 0;  // The number of the request that is being handled.
  std::atomic<bool> closed_{false};

  std::string input_;  // Arrived, and not used yet.
  OutQueue queue_;     // In clear.
  OutQueue cipher_;    // Encrypted; only with TLS.
  std::string peer_;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<HttpParser> parser_;  // Not in a WebSocket.
  std::unique_ptr<WebSocketState> websocket_;
  std::unique_ptr<StreamState> stream_;
};

}  // namespace livedrops::server
