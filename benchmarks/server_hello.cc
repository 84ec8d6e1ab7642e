// The bare "hello" of the network layer, for load generators:
//
//   server_hello [LISTEN] [THREADS]
//
//   GET /hello        a small JSON body
//   POST /echo        the body
//   GET /ws           a WebSocket that is told what is broadcast
//   POST /broadcast   sends the body to all of them; answered when it was handed to every socket
//
// It prints where it listens; SIGTERM stops it, and it prints the processor time it used.

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <unordered_set>
#include <vector>

#include "livedrops/server/http_server.h"

namespace {

using namespace livedrops::server;  // NOLINT(google-build-using-namespace): a program of its own.

class Subscriber;
// Of one loop, used on its thread only.
using Subscribers = std::unordered_set<Subscriber*>;

class Subscriber final : public WebSocketSession {
 public:
  explicit Subscriber(Subscribers* all) : all_(all) {}
  void OnOpen(WebSocket socket) override {
    socket_ = socket;
    all_->insert(this);
  }
  void OnMessage(std::string_view, bool) override {}
  void OnClose(std::uint16_t) override { all_->erase(this); }
  void Send(const Frame& frame) { socket_.Send(frame); }

 private:
  Subscribers* all_;
  WebSocket socket_;
};

void Broadcast(HttpServer* server, std::vector<Subscribers>* subscribers, const Request& request,
               const Responder& responder) {
  const Frame frame = Frame::Text(request.body());
  auto left = std::make_shared<std::atomic<int>>(server->loop_count());
  server->PostAll([subscribers, frame, responder, left](int loop) {
    for (Subscriber* subscriber : (*subscribers)[static_cast<std::size_t>(loop)]) {
      subscriber->Send(frame);
    }
    if (left->fetch_sub(1) == 1) responder.Send(Response(202, "application/json", "{}"));
  });
}

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  HttpServer::Options options;
  if (argc > 1) options.listen = argv[1];
  if (argc > 2) options.threads = std::atoi(argv[2]);
  std::vector<Subscribers> subscribers(static_cast<std::size_t>(options.threads));
  HttpServer* running = nullptr;
  const Handler handler = [&](Request request, Responder responder) {
    if (request.path() == "/hello") {
      responder.Send(Response(200, "application/json", R"({"hello":"world"})"));
    } else if (request.path() == "/echo") {
      responder.Send(Response(200, "application/json", request.TakeBody()));
    } else if (request.path() == "/ws") {
      auto* all = &subscribers[static_cast<std::size_t>(request.loop())];
      (void)responder.Upgrade(request, std::make_unique<Subscriber>(all));
    } else if (request.path() == "/broadcast") {
      Broadcast(running, &subscribers, request, responder);
    } else {
      responder.Send(Response(404));
    }
  };
  auto server = HttpServer::Start(options, handler);
  if (!server.ok()) {
    std::fprintf(stderr, "server_hello: %s\n", server.status().ToString().c_str());
    return 2;
  }
  running = server->get();
  std::printf("%s\n", running->address().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  const std::uint64_t requests = running->stats().requests;
  running->Stop();
  running->Join();
  const double seconds = ProcessorSeconds();
  std::printf("requests %llu, processor %.3f s, %.2f us a request\n",
              static_cast<unsigned long long>(requests), seconds,
              requests == 0 ? 0 : seconds * 1e6 / static_cast<double>(requests));
  return 0;
}
