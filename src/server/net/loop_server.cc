#include "server/net/loop_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/assert.h"
#include "server/net/connection.h"

namespace livedrops::server {
namespace {

constexpr int kBacklog = 4096;
// Timeouts are looked at that often, while stopping more often.
constexpr std::uint64_t kTickMinMs = 10;
constexpr std::uint64_t kTickMaxMs = 500;
constexpr std::uint64_t kStopTickMs = 20;

Status UvStatus(const std::string& what, int error) {
  return {StatusCode::kUnavailable, what + ": " + uv_strerror(error)};
}

// A quarter of the shortest timeout, so that none is late by more.
std::uint64_t TickMs(const HttpLimits& limits) {
  const auto shortest = std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                                  limits.write_timeout, limits.linger_timeout});
  return std::clamp(static_cast<std::uint64_t>(shortest.count()) / 4, kTickMinMs, kTickMaxMs);
}

const sockaddr_in* Ipv4(const sockaddr* address) {
  return reinterpret_cast<const sockaddr_in*>(address);
}

const sockaddr_in6* Ipv6(const sockaddr* address) {
  return reinterpret_cast<const sockaddr_in6*>(address);
}

Status BadAddress(const std::string& text) {
  return {StatusCode::kInvalidArgument, "no address HOST:PORT or [ADDRESS]:PORT: " + text};
}

}  // namespace

// --- addresses -----------------------------------------------------------------------------------

Result<LoopServer::Address> ResolveAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return BadAddress(text);
  std::string host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (host.find(':') != std::string::npos) != bracketed) return BadAddress(text);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number > 65535) {
    return BadAddress(text);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); failed != 0) {
    return Status(StatusCode::kInvalidArgument,
                  "cannot resolve " + text + ": " + gai_strerror(failed));
  }
  LoopServer::Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return address;
}

std::string HostText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    uv_ip4_name(Ipv4(address), text.data(), text.size());
    return text.data();
  }
  const in6_addr& ip = Ipv6(address)->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    inet_ntop(AF_INET, &ip.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  uv_ip6_name(Ipv6(address), text.data(), text.size());
  return text.data();
}

int AddressPort(const sockaddr* address) {
  return ntohs(address->sa_family == AF_INET ? Ipv4(address)->sin_port : Ipv6(address)->sin6_port);
}

std::string AddressText(const sockaddr* address) {
  const std::string host = HostText(address);
  const std::string port = std::to_string(AddressPort(address));
  return address->sa_family == AF_INET ? host + ":" + port : "[" + host + "]:" + port;
}

// --- ServerShared --------------------------------------------------------------------------------

std::shared_ptr<TlsContext> ServerShared::tls() const {
  const std::lock_guard lock(tls_mutex_);
  return tls_;
}

void ServerShared::set_tls(std::shared_ptr<TlsContext> context) {
  const std::lock_guard lock(tls_mutex_);
  tls_ = std::move(context);
}

bool ServerShared::TakeConnection() {
  if (connections_.fetch_add(1, std::memory_order_relaxed) < options_.limits.connections_max) {
    return true;
  }
  ReturnConnection();
  return false;
}

// --- listening -----------------------------------------------------------------------------------

Status LoopServer::Listen(Address* address, bool share_port) {
  int error = 0;
  mailbox_ = Mailbox::Open(loop_, &error);
  if (mailbox_ == nullptr) return UvStatus("cannot open a mailbox", error);
  self_ = shared_from_this();
  ++handles_;
  uv_timer_init(loop_, &tick_);
  tick_.data = listener_.data = this;
  ++handles_;
  const std::uint64_t tick_ms = TickMs(limits());
  uv_timer_start(
      &tick_, [](uv_timer_t* timer) { static_cast<LoopServer*>(timer->data)->Tick(); }, tick_ms,
      tick_ms);
  Status status = OpenHandles(*address, share_port);
  if (status.ok()) status = Bind(address);
  if (!status.ok()) Stop({});
  return status;
}

// The socket is made before it is bound, for SO_REUSEPORT has to be set in between.
Status LoopServer::OpenHandles(const Address& address, bool share_port) {
  const unsigned family = address.storage.ss_family;
  if (const int error = uv_tcp_init_ex(loop_, &listener_, family); error != 0) {
    return UvStatus("cannot make a socket", error);
  }
  listening_ = true;
  ++handles_;
  uv_os_fd_t fd = -1;
  const int on = 1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&listener_), &fd);
  if (share_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    return UvStatus("cannot share the port", uv_translate_sys_error(errno));
  }
  return OkStatus();
}

Status LoopServer::Bind(Address* address) {
  int error = uv_tcp_bind(&listener_, address->get(), 0);
  if (error == 0) {
    error = uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), kBacklog,
                      [](uv_stream_t* listener, int status) {
                        static_cast<LoopServer*>(listener->data)->OnIncoming(status);
                      });
  }
  if (error != 0) return UvStatus("cannot listen on " + AddressText(address->get()), error);
  int size = sizeof address->storage;
  uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&address->storage), &size);
  return OkStatus();
}

void LoopServer::OnIncoming(int status) {
  if (status != 0) {
    // Not when descriptors are short: then libuv closes what comes, and says nothing.
    counters_.accept_failed.Add();
    return;
  }
  accept_waiting_ = true;
  AcceptWaiting();
}

// libuv takes the next connection only when this one was accepted: while we are full, the rest
// waits in the kernel.
void LoopServer::AcceptWaiting() {
  if (!accept_waiting_ || stopping() || !shared_->TakeConnection()) return;
  accept_waiting_ = false;
  const auto connection = std::make_shared<Connection>(this);
  connection->next_ = first_;
  if (first_ != nullptr) first_->previous_ = connection.get();
  first_ = connection.get();
  counters_.connections.Add();
  const bool accepted = connection->Accept(reinterpret_cast<uv_stream_t*>(&listener_));
  (accepted ? counters_.accepted : counters_.accept_failed).Add();
}

void LoopServer::Forget(Connection* connection) {
  if (connection->previous_ != nullptr) connection->previous_->next_ = connection->next_;
  if (connection->next_ != nullptr) connection->next_->previous_ = connection->previous_;
  if (first_ == connection) first_ = connection->next_;
  counters_.connections.Subtract();
  shared_->ReturnConnection();
  AcceptWaiting();
  FinishStop();
}

// --- requests ------------------------------------------------------------------------------------

void LoopServer::Handle(Request request, Responder responder) {
  try {
    shared_->handler()(std::move(request), std::move(responder));
  } catch (...) {  // NOLINT(bugprone-empty-catch): the responder has gone, which answers 500.
  }
}

Response LoopServer::Refusal(int status, std::string_view detail) const {
  if (options().refusal) return options().refusal(status, detail);
  std::string body = R"({"type":"about:blank","title":")";
  body.append(ReasonPhrase(status)).append(R"(","status":)").append(std::to_string(status));
  body.append(R"(,"code":")")
      .append(RefusalCode(status))
      .append(R"(","detail":")")
      .append(detail)
      .append("\"}");
  return {status, "application/problem+json", std::move(body)};
}

// --- time and the end ----------------------------------------------------------------------------

// Connections leave the list only when libuv let go of them, on a later turn of the loop.
template <class Visit>
void LoopServer::ForEach(Visit visit) {
  for (Connection* connection = first_; connection != nullptr;) {
    Connection* next = connection->next_;
    visit(connection);
    connection = next;
  }
}

void LoopServer::Tick() {
  const std::uint64_t now = now_ms();
  ForEach([now](Connection* connection) { connection->Tick(now); });
  AcceptWaiting();
  if (stopping() && now >= stop_deadline_ms_) {
    ForEach([](Connection* connection) { connection->Abort(); });
  }
}

void LoopServer::Stop(const StopOptions& options) {
  LD_ASSERT(OnLoopThread());
  if (stopping()) return;
  stop_ = options;
  stop_deadline_ms_ = now_ms() + static_cast<std::uint64_t>(options.deadline.count());
  uv_timer_start(
      &tick_, [](uv_timer_t* timer) { static_cast<LoopServer*>(timer->data)->Tick(); }, 0,
      kStopTickMs);
  CloseListener();
  ForEach([this](Connection* connection) { connection->BeginStop(*stop_); });
  FinishStop();
}

void LoopServer::CloseListener() {
  if (!listening_) return;
  listening_ = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&listener_), [](uv_handle_t* handle) {
    auto* self = static_cast<LoopServer*>(handle->data);
    --self->handles_;
    self->FinishStop();
  });
}

// The mailbox stays until every connection is gone: their last answers and calls come through it.
void LoopServer::FinishStop() {
  if (!stopping() || first_ != nullptr) return;
  if (!finishing_) {
    finishing_ = true;
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), [](uv_handle_t* handle) {
      auto* self = static_cast<LoopServer*>(handle->data);
      --self->handles_;
      self->FinishStop();
    });
    mailbox_->Close([this] {
      --handles_;
      FinishStop();
    });
  }
  if (handles_ != 0) return;
  const std::shared_ptr<LoopServer> last = std::move(self_);
  stopped_.store(true, std::memory_order_release);
}

}  // namespace livedrops::server
