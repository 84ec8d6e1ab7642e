// LoopServer: what one loop serves: a listener, its connections, their timeouts, a mailbox. Alive
// until libuv let go of all its handles.
#pragma once

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "livedrops/server/http_server.h"
#include "server/net/frame_decoder.h"
#include "server/net/mailbox.h"
#include "server/net/response_writer.h"
#include "server/net/tls.h"

namespace livedrops::server {

class Connection;

// What all loops of a server have in common. Threading: any.
class ServerShared {
 public:
  ServerShared(HttpServer::Options options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}

  const HttpServer::Options& options() const { return options_; }
  const Handler& handler() const { return handler_; }

  // Null without TLS.
  std::shared_ptr<TlsContext> tls() const;
  void set_tls(std::shared_ptr<TlsContext> context);

  // One more connection, if that is allowed.
  bool TakeConnection();
  void ReturnConnection() { connections_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const HttpServer::Options options_;
  const Handler handler_;
  mutable std::mutex tls_mutex_;
  std::shared_ptr<TlsContext> tls_;
  std::atomic<std::size_t> connections_{0};
};

// Counted on the loop, read anywhere.
class Counter {
 public:
  void Add(std::uint64_t count = 1) { Set(get() + count); }
  void Subtract() { Set(get() - 1); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  void Set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::atomic<std::uint64_t> value_{0};
};

struct LoopCounters {
  Counter connections, websockets, streams, accepted, accept_failed, requests, refused, timed_out,
      slow_closed, dropped;
};

class LoopServer : public std::enable_shared_from_this<LoopServer> {
 public:
  struct Address {
    sockaddr_storage storage{};
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  };

  LoopServer(uv_loop_t* loop, int index, std::shared_ptr<ServerShared> shared)
      : loop_(loop), index_(index), shared_(std::move(shared)) {}
  LoopServer(const LoopServer&) = delete;
  LoopServer& operator=(const LoopServer&) = delete;

  // Binds and listens. With `share_port` other loops may bind the same. Afterwards `address` is
  // what was bound. On failure nothing is left open once the loop has turned. Threading: the
  // loop's.
  Status Listen(Address* address, bool share_port);
  // Threading: the loop's.
  void Stop(const StopOptions& options);

  // Threading: any thread.
  bool Post(Mailbox::Task task) { return mailbox_->Post(std::move(task)); }
  bool OnLoopThread() const { return mailbox_->OnLoopThread(); }
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  const LoopCounters& counters() const { return counters_; }

  // For connections, on the loop.
  uv_loop_t* loop() const { return loop_; }
  int index() const { return index_; }
  const HttpServer::Options& options() const { return shared_->options(); }
  const HttpLimits& limits() const { return shared_->options().limits; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  std::shared_ptr<TlsContext> tls() const { return shared_->tls(); }
  LoopCounters& counters() { return counters_; }
  FrameDecoderPool* decoders() { return &decoders_; }
  std::string_view date() { return date_.Now(); }
  std::uint64_t now_ms() const { return uv_now(loop_); }
  bool stopping() const { return stop_.has_value(); }
  void Handle(Request request, Responder responder);
  Response Refusal(int status, std::string_view detail) const;
  // libuv let go of the connection.
  void Forget(Connection* connection);

 private:
  Status OpenHandles(const Address& address, bool share_port);
  Status Bind(Address* address);
  void CloseListener();
  void OnIncoming(int status);
  void AcceptWaiting();
  void Tick();
  template <class Visit>
  void ForEach(Visit visit);
  void FinishStop();

  uv_loop_t* loop_;
  const int index_;
  const std::shared_ptr<ServerShared> shared_;
  uv_tcp_t listener_{};
  uv_timer_t tick_{};
  std::shared_ptr<Mailbox> mailbox_;
  Connection* first_ = nullptr;  // A list through the connections.
  bool listening_ = false;
  bool accept_waiting_ = false;  // The kernel has one for us, and we are full.
  std::optional<StopOptions> stop_;
  std::uint64_t stop_deadline_ms_ = 0;
  bool finishing_ = false;
  int handles_ = 0;
  std::atomic<bool> stopped_{false};
  LoopCounters counters_;
  FrameDecoderPool decoders_;
  DateField date_;
  std::shared_ptr<LoopServer> self_;  // While libuv has handles.
};

// "HOST:PORT" or "[ADDRESS]:PORT". Errors: invalid_argument.
Result<LoopServer::Address> ResolveAddress(const std::string& text);
// "127.0.0.1:80" or "[::1]:80".
std::string AddressText(const sockaddr* address);
int AddressPort(const sockaddr* address);
// "127.0.0.1" or "::1"; an IPv4 address that came through IPv6 is written as IPv4.
std::string HostText(const sockaddr* address);

}  // namespace livedrops::server
