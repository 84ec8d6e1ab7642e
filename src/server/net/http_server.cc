#include "livedrops/server/http_server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <future>
#include <thread>

#include "server/net/loop_server.h"

namespace livedrops::server {
namespace {

constexpr int kThreadsMax = 256;

Status CheckOptions(const HttpServer::Options& options, const Handler& handler) {
  const auto invalid = [](std::string message) {
    return Status(StatusCode::kInvalidArgument, std::move(message));
  };
  if (!handler) return invalid("no handler");
  if (options.threads < 1 || options.threads > kThreadsMax) {
    return invalid("threads not in 1…256: " + std::to_string(options.threads));
  }
  if (options.tls_cert_file.empty() != options.tls_key_file.empty()) {
    return invalid("a certificate needs a key: " + options.tls_cert_file + options.tls_key_file);
  }
  const HttpLimits& limits = options.limits;
  if (limits.target_bytes == 0 || limits.header_bytes == 0 || limits.connections_max == 0) {
    return invalid("a limit of a server is 0");
  }
  for (const auto timeout : {limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                             limits.write_timeout, limits.linger_timeout}) {
    if (timeout.count() <= 0) {
      return invalid("a timeout of a server is not positive: " + std::to_string(timeout.count()));
    }
  }
  return OkStatus();
}

Result<std::shared_ptr<TlsContext>> LoadTls(const HttpServer::Options& options) {
  if (options.tls_cert_file.empty()) return std::shared_ptr<TlsContext>();
  return TlsContext::Load(options.tls_cert_file, options.tls_key_file);
}

// Loops share a port by SO_REUSEPORT, and so would, unnoticed, another process of the same user.
// Binding once without it tells whether somebody is there.
Status CheckPortIsFree(const LoopServer::Address& address) {
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {StatusCode::kUnavailable, "cannot make a socket"};
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool ipv4 = address.storage.ss_family == AF_INET;
  const socklen_t size = ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  const int error = bind(fd, address.get(), size) == 0 ? 0 : errno;
  close(fd);
  if (error == 0) return OkStatus();
  return {StatusCode::kUnavailable, "cannot listen on " + AddressText(address.get()) + ": " +
                                        uv_strerror(uv_translate_sys_error(error))};
}

// libuv writes without MSG_NOSIGNAL: a client that is gone must not end the process.
void BlockBrokenPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

// A loop and the thread that runs it.
struct HttpServer::Thread {
  uv_loop_t loop{};
  std::thread thread;

  // Returns when the loop listens, or could not.
  Status Start(const std::shared_ptr<LoopServer>& server, LoopServer::Address* address,
               bool share_port) {
    std::promise<Status> listening;
    std::future<Status> listened = listening.get_future();
    thread =
        std::thread([this, server, address, share_port, done = std::move(listening)]() mutable {
          BlockBrokenPipeSignal();
          done.set_value(server->Listen(address, share_port));
          uv_run(&loop, UV_RUN_DEFAULT);
        });
    return listened.get();
  }
};

HttpServer::HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Start(Options options, Handler handler) {
  if (Status status = CheckOptions(options, handler); !status.ok()) return status;
  auto address = ResolveAddress(options.listen);
  if (!address.ok()) return address.status();
  auto tls = LoadTls(options);
  if (!tls.ok()) return tls.status();
  const int threads = options.threads;
  if (threads > 1) {
    if (Status status = CheckPortIsFree(*address); !status.ok()) return status;
  }
  auto shared = std::make_shared<ServerShared>(std::move(options), std::move(handler));
  shared->set_tls(*tls);

  std::unique_ptr<HttpServer> server(new HttpServer);
  server->shared_ = shared;
  for (int i = 0; i < threads; ++i) {
    auto thread = std::make_unique<Thread>();
    if (const int error = uv_loop_init(&thread->loop); error != 0) {
      return Status(StatusCode::kUnavailable,
                    std::string("cannot make a loop: ") + uv_strerror(error));
    }
    auto loop = std::make_shared<LoopServer>(&thread->loop, i, shared);
    // The first one finds the port that the others share.
    Status status = thread->Start(loop, &*address, threads > 1);
    server->loops_.push_back(std::move(loop));
    server->threads_.push_back(std::move(thread));
    if (!status.ok()) return status;
  }
  server->address_ = AddressText(address->get());
  server->port_ = AddressPort(address->get());
  return server;
}

Result<std::unique_ptr<HttpServer>> HttpServer::Attach(uv_loop_s* loop, Options options,
                                                       Handler handler) {
  if (Status status = CheckOptions(options, handler); !status.ok()) return status;
  auto address = ResolveAddress(options.listen);
  if (!address.ok()) return address.status();
  auto tls = LoadTls(options);
  if (!tls.ok()) return tls.status();
  BlockBrokenPipeSignal();
  std::unique_ptr<HttpServer> server(new HttpServer);
  server->shared_ = std::make_shared<ServerShared>(std::move(options), std::move(handler));
  server->shared_->set_tls(*tls);
  auto loop_server = std::make_shared<LoopServer>(loop, 0, server->shared_);
  if (Status status = loop_server->Listen(&*address, false); !status.ok()) return status;
  server->loops_.push_back(std::move(loop_server));
  server->address_ = AddressText(address->get());
  server->port_ = AddressPort(address->get());
  return server;
}

HttpServer::~HttpServer() {
  StopOptions at_once;
  at_once.deadline = std::chrono::milliseconds(0);
  Stop(at_once);
  Join();
}

void HttpServer::Stop(const StopOptions& options) {
  for (const auto& loop : loops_) {
    loop->Post([loop, options] { loop->Stop(options); });
  }
}

bool HttpServer::stopped() const {
  for (const auto& loop : loops_) {
    if (!loop->stopped()) return false;
  }
  return true;
}

void HttpServer::Join() {
  for (const auto& thread : threads_) {
    if (!thread->thread.joinable()) continue;
    thread->thread.join();
    uv_loop_close(&thread->loop);
  }
}

bool HttpServer::Post(int loop, std::function<void()> task) {
  return loops_[static_cast<std::size_t>(loop)]->Post(std::move(task));
}

void HttpServer::PostAll(const std::function<void(int loop)>& task) {
  for (int i = 0; i < loop_count(); ++i) {
    Post(i, [task, i] { task(i); });
  }
}

Status HttpServer::ReloadCertificate() {
  auto tls = LoadTls(shared_->options());
  if (!tls.ok()) return tls.status();
  shared_->set_tls(std::move(*tls));
  return OkStatus();
}

ServerStats HttpServer::stats() const {
  ServerStats sum;
  for (const auto& loop : loops_) {
    const LoopCounters& one = loop->counters();
    sum.connections += one.connections.get();
    sum.websockets += one.websockets.get();
    sum.streams += one.streams.get();
    sum.accepted += one.accepted.get();
    sum.accept_failed += one.accept_failed.get();
    sum.requests += one.requests.get();
    sum.refused += one.refused.get();
    sum.timed_out += one.timed_out.get();
    sum.slow_closed += one.slow_closed.get();
    sum.dropped += one.dropped.get();
  }
  return sum;
}

}  // namespace livedrops::server
