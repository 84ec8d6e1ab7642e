// A server for tests in other languages: `server_net_echo LISTEN [CERT KEY]`.
//
//   GET /ws        a WebSocket that sends every message back
//   GET /events    three events as a stream, then its end
//   POST /echo     the body
//   GET /reload    reads the certificate again
//   GET /stop      answers and stops
//
// The first line on standard output is where it listens.

#include <cstdio>
#include <memory>
#include <string>

#include "livedrops/server/http_server.h"

namespace {

using namespace livedrops::server;  // NOLINT(google-build-using-namespace): a program of its own.

class EchoSession final : public WebSocketSession {
 public:
  void OnOpen(WebSocket socket) override { socket_ = socket; }
  void OnMessage(std::string_view payload, bool binary) override {
    socket_.Send(binary ? Frame::Binary(payload, Deflate::kYes)
                        : Frame::Text(payload, Deflate::kYes));
  }
  void OnClose(std::uint16_t) override {}

 private:
  WebSocket socket_;
};

void SendEvents(const Responder& responder) {
  Response head(200);
  head.Set("Content-Type", "text/event-stream");
  auto stream = responder.Stream(std::move(head), [] {});
  if (!stream.ok()) return;
  for (const char* event : {"data: 1\n\n", "data: 2\n\n", "data: 3\n\n"}) {
    stream->Send(Chunk(event));
  }
  stream->End();
}

}  // namespace

int main(int argc, char** argv) {
  HttpServer::Options options;
  options.threads = 2;
  options.limits.body_bytes = 8 << 20;
  if (argc > 1) options.listen = argv[1];
  if (argc > 3) {
    options.tls_cert_file = argv[2];
    options.tls_key_file = argv[3];
  }
  HttpServer* running = nullptr;
  auto server = HttpServer::Start(options, [&running](Request request, Responder responder) {
    if (request.path() == "/ws") {
      WebSocketOptions websocket;
      websocket.deflate = true;
      websocket.message_bytes_max = 1 << 20;
      websocket.queue.bytes_max = 4 << 20;
      websocket.ping_interval = std::chrono::milliseconds(500);
      const auto upgraded = responder.Upgrade(request, std::make_unique<EchoSession>(), websocket);
      if (!upgraded.ok()) std::fprintf(stderr, "%s\n", upgraded.ToString().c_str());
    } else if (request.path() == "/events") {
      SendEvents(responder);
    } else if (request.path() == "/echo") {
      responder.Send(Response(200, "application/octet-stream", request.TakeBody()));
    } else if (request.path() == "/reload") {
      const auto status = running->ReloadCertificate();
      responder.Send(Response(status.ok() ? 200 : 500, "text/plain", status.ToString() + "\n"));
    } else if (request.path() == "/stop") {
      responder.Send(Response(200, "text/plain", "stopping\n"));
      running->Stop();
    } else {
      responder.Send(Response(404, "text/plain", "not found\n"));
    }
  });
  if (!server.ok()) {
    std::fprintf(stderr, "server_net_echo: %s\n", server.status().ToString().c_str());
    return 2;
  }
  running = server->get();
  std::printf("%s\n", running->address().c_str());
  std::fflush(stdout);
  running->Join();
  return 0;
}
