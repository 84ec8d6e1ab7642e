// HttpServer: HTTP/1.1 and WebSockets on one port, on libuv.
//
//     HttpServer::Options options;
//     options.listen = "127.0.0.1:8080";
//     auto server = HttpServer::Start(options, [](Request request, Responder responder) {
//       responder.Send(Response(200, "text/plain", "hello\n"));
//     });
//
// A handler runs on a loop's thread and must not block. It answers at once, or keeps the responder
// and answers later from any thread; each request gets exactly one answer, also when the handler
// forgets (500). Requests of one connection are handled one after the other, as they came.
//
// What cannot be read unambiguously never reaches a handler: it is answered 400, 408, 413, 414,
// 417, 431, 501 or 505, and the connection is closed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/server/http.h"
#include "livedrops/server/websocket.h"
#include "livedrops/status.h"

struct uv_loop_s;

namespace livedrops::server {

class Exchange;
class LoopServer;
class ServerShared;

// What a client may use up. Bytes and times are checked while they arrive, not afterwards.
struct HttpLimits {
  std::size_t target_bytes = 8 << 10;   // Above: 414.
  std::size_t header_bytes = 16 << 10;  // All header fields together. Above: 431.
  std::size_t header_fields = 100;      // Above: 431.
  std::size_t body_bytes = 64 << 10;    // Above: 413. See Options::body_limit.
  std::chrono::milliseconds header_timeout{
      10000};                                      // First byte (or accept) to the head's end: 408.
  std::chrono::milliseconds body_timeout{30000};   // Head's end to the body's end: 408.
  std::chrono::milliseconds idle_timeout{60000};   // Between requests: closed without a word.
  std::chrono::milliseconds write_timeout{30000};  // The peer takes nothing of what waits: cut.
  std::chrono::milliseconds linger_timeout{2000};  // The answer was the last: time to read it.
  // Connections above it wait in the kernel's queue until another one ends.
  std::size_t connections_max = 20000;
};

// The one way to answer one request. Copies mean the same request; the first answer counts.
// Threading: Send from any thread, also after the client or the server went away (then it does
// nothing). Upgrade and Stream on the request's loop. When the last copy goes unanswered: 500.
class Responder {
 public:
  // Takes over an exchange; made by the server.
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  // False when this request was answered before.
  bool Send(Response response) const;

  // Checks the handshake (RFC 6455) and makes the connection a WebSocket; `session` then hears from
  // it, OnOpen first, before this returns. A wrong handshake is answered 400, 405 or 426 and the
  // session is destroyed unheard. Check the Origin before: browsers connect from any page. The
  // header fields of `fields` are added to the answer, whatever it is. Errors: invalid_argument
  // with what was wrong with the handshake; closed.
  Status Upgrade(const Request& request, std::unique_ptr<WebSocketSession> session,
                 const WebSocketOptions& options = {}, const Response& fields = Response()) const;

  // Answers with `head` and leaves the body open. `on_close` is called exactly once, unless this
  // fails: after End, or when the client or the server went away. HTTP/1.0 clients get the
  // stream without chunks, up to the connection's end; HEAD gets the head only.
  // Errors: closed.
  Result<ResponseStream> Stream(const Response& head, std::function<void()> on_close,
                                const QueueLimits& queue = {}) const;

  // The client is gone or was answered: work for it may be left undone. A hint, not a promise.
  bool abandoned() const;

 private:
  std::shared_ptr<Exchange> exchange_;
};

// Exceptions: one that leaves a handler is caught; the request is answered 500.
using Handler = std::function<void(Request request, Responder responder)>;

// What is running and what happened since the start.
struct ServerStats {
  std::uint64_t connections = 0;  // Open now, with WebSockets and streams.
  std::uint64_t websockets = 0;   // Open now.
  std::uint64_t streams = 0;      // Open now.
  std::uint64_t accepted = 0;
  std::uint64_t accept_failed = 0;  // Without those that come while no file descriptor is left.
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;    // Requests that no handler saw.
  std::uint64_t timed_out = 0;  // Header, body, write and pong timeouts.
  std::uint64_t slow_closed = 0;
  std::uint64_t dropped = 0;  // Droppable messages that were.
};

struct StopOptions {
  // What is still open then is cut.
  std::chrono::milliseconds deadline{4000};
  // WebSockets are closed with it: 1012 "service restart" makes well-behaved clients reconnect.
  std::uint16_t websocket_code = 1012;
  std::string websocket_reason = "server is stopping";
};

class HttpServer {
 public:
  struct Options {
    // "HOST:PORT" or "[ADDRESS]:PORT"; port 0 binds a free one, see address().
    std::string listen = "127.0.0.1:0";
    // Loops, one thread each; the kernel spreads connections over them. Ignored by Attach.
    int threads = 1;
    HttpLimits limits;
    // PEM files; both or none. With them the port speaks TLS 1.2 and 1.3 only.
    std::string tls_cert_file;
    std::string tls_key_file;
    // The limit of one request's body, asked when its head is complete; the body is still empty.
    // Without it: limits.body_bytes.
    std::function<std::size_t(const Request&)> body_limit;
    // Hand a request with a body above its limit to the handler (Request::body_too_large), which
    // may have better reasons to refuse it, instead of answering 413.
    bool deliver_too_large = false;
    // Makes the body of answers that the server gives itself. `detail` says what was wrong. Without
    // it: application/problem+json. May be called on any loop.
    std::function<Response(int status, std::string_view detail)> refusal;
  };

  // Binds, and serves on threads of its own. Errors: invalid_argument (address, certificate,
  // limits), unavailable (the address is in use or not ours).
  static Result<std::unique_ptr<HttpServer>> Start(Options options, Handler handler);

  // Binds, and serves on the host's loop, which the calling thread must run. The loop must not be
  // closed before stopped(). Blocks SIGPIPE in this thread, for libuv writes to sockets that may be
  // closed. Errors: as Start.
  static Result<std::unique_ptr<HttpServer>> Attach(uv_loop_s* loop, Options options,
                                                    Handler handler);

  // Started: stops without a deadline and joins the threads. Attached: begins to stop; the loop
  // needs one more turn to let go.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "127.0.0.1:41234": where it listens, with the port that was bound.
  const std::string& address() const { return address_; }
  int port() const { return port_; }
  int loop_count() const { return static_cast<int>(loops_.size()); }

  // Runs `task` on a loop's thread, after this call. Tasks of one thread keep their order. False,
  // and the task is destroyed, when the loop has stopped. Threading: any thread.
  bool Post(int loop, std::function<void()> task);
  // The same on every loop; `task` is called with the loop's number.
  void PostAll(const std::function<void(int loop)>& task);

  // Refuses new connections, lets requests in flight be answered, tells WebSockets to go, ends
  // streams, and cuts what is left at the deadline. Returns at once; calling again changes nothing.
  // Threading: any thread.
  void Stop(const StopOptions& options = {});
  // Every connection is gone. Threading: any thread.
  bool stopped() const;
  // Blocks until stopped(). Only for a started server, and not on its loops.
  void Join();

  // Reads the certificate and key again; new connections use them. Errors: invalid_argument, and
  // the old ones stay. Threading: any thread.
  Status ReloadCertificate();

  // Sums of all loops. Threading: any thread.
  ServerStats stats() const;

 private:
  struct Thread;
  HttpServer();

  std::shared_ptr<ServerShared> shared_;
  std::string address_;
  int port_ = 0;
  std::vector<std::shared_ptr<LoopServer>> loops_;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace livedrops::server
