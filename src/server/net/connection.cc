#include "server/net/connection.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "server/net/loop_server.h"

namespace livedrops::server {
namespace {

// One read takes that much; the buffer is shared by all connections of a thread.
constexpr std::size_t kReadBytes = 64 << 10;
// One write gives the kernel that much, so that little is in flight when a slow peer is cut.
constexpr std::size_t kWriteBytes = 64 << 10;
constexpr unsigned kWriteBuffers = 16;
// Requests that came ahead of their turn wait up to that size; then the client is not read.
constexpr std::size_t kInputMax = 64 << 10;
// A client that goes on sending after the last answer is cut then.
constexpr std::size_t kDiscardMax = 1 << 20;
// An unfinished request's room is kept up to that size.
constexpr std::size_t kInputKeptMax = 4096;
// In the kernel, for receivers of events: by itself it would grow to 4 MiB for each stalled peer.
constexpr int kSendBufferBytes = 64 << 10;
constexpr unsigned kTcpKeepAliveSeconds = 60;

std::array<char, kReadBytes>& ReadBuffer() {
  static thread_local std::array<char, kReadBytes> buffer;
  return buffer;
}

Connection* SelfOf(void* data) { return static_cast<Connection*>(data); }

}  // namespace

Connection::Connection(LoopServer* server)
    : server_(server),
      mailbox_(server->mailbox()),
      parser_(std::make_unique<HttpParser>(server->limits(), server->options().body_limit)) {}

Connection::~Connection() = default;

bool Connection::Accept(uv_stream_t* listener) {
  const int initialised = uv_tcp_init(server_->loop(), &tcp_);
  LD_ASSERT(initialised == 0);  // Only a socket could be lacking, and none is made here.
  self_ = shared_from_this();
  tcp_.data = write_.data = shutdown_.data = this;
  auto* stream = reinterpret_cast<uv_stream_t*>(&tcp_);
  if (uv_accept(listener, stream) != 0) {
    Abort();
    return false;
  }
  uv_tcp_nodelay(&tcp_, 1);
  uv_tcp_keepalive(&tcp_, 1, kTcpKeepAliveSeconds);
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getpeername(&tcp_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    peer_ = HostText(reinterpret_cast<const sockaddr*>(&address));
  }
  if (auto context = server_->tls()) tls_ = std::make_unique<TlsSession>(std::move(context));
  SetDeadline(server_->limits().header_timeout);
  UpdateReading();
  return true;
}

// --- reading -------------------------------------------------------------------------------------

bool Connection::WantsToRead() const {
  if (peer_ended_) return false;
  switch (state_) {
    case State::kReading:
      return !Backlogged();
    case State::kHandling:
    case State::kStreaming:
      return input_.size() < kInputMax;
    case State::kWebSocket:
    case State::kFinishing:
    case State::kLingering:
      return true;
    case State::kClosed:
      return false;
  }
  return false;
}

void Connection::UpdateReading() {
  const bool wanted = WantsToRead();
  if (wanted == reading_ || state_ == State::kClosed) return;
  reading_ = wanted;
  auto* stream = reinterpret_cast<uv_stream_t*>(&tcp_);
  if (!wanted) {
    uv_read_stop(stream);
    return;
  }
  uv_read_start(
      stream,
      [](uv_handle_t*, std::size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(ReadBuffer().data(), static_cast<unsigned>(kReadBytes));
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        const std::size_t size = count > 0 ? static_cast<std::size_t>(count) : 0;
        SelfOf(handle->data)->OnRead(count, {buffer->base, size});
      });
}

void Connection::OnRead(ssize_t count, std::string_view bytes) {
  if (count == 0) return;
  const auto self = shared_from_this();
  if (count == UV_EOF) {
    OnEnd();
  } else if (count < 0) {
    Abort();
  } else if (tls_) {
    OnCipher(bytes);
  } else {
    OnBytes(bytes);
  }
}

void Connection::OnCipher(std::string_view bytes) {
  std::string plain;
  const TlsSession::Progress progress = tls_->Decrypt(bytes, &plain);
  cipher_.PushOwned(tls_->TakeOutput());
  if (!plain.empty()) OnBytes(plain);
  if (state_ == State::kClosed || !Flush()) return;
  if (progress == TlsSession::Progress::kPeerClosed) OnEnd();
  if (progress == TlsSession::Progress::kFailed) Abort();
}

void Connection::OnBytes(std::string_view bytes) {
  switch (state_) {
    case State::kReading:
    case State::kHandling:
    case State::kStreaming:
      OnHttpBytes(bytes);
      break;
    case State::kWebSocket:
      OnWebSocketBytes(bytes);
      break;
    case State::kFinishing:
    case State::kLingering:
      discarded_ += bytes.size();
      if (discarded_ > kDiscardMax) Abort();
      break;
    case State::kClosed:
      break;
  }
  if (input_.empty() && input_.capacity() > kInputKeptMax) std::string().swap(input_);
}

// The client has closed its side. What it asked for before is still answered.
void Connection::OnEnd() {
  if (peer_ended_) return;
  peer_ended_ = true;
  UpdateReading();
  switch (state_) {
    case State::kReading:
      if (!Backlogged()) Finish();
      break;
    case State::kHandling:
      break;
    case State::kFinishing:
      Flush();
      break;
    case State::kLingering:
      Close();
      break;
    case State::kStreaming:
    case State::kWebSocket:
      Abort();
      break;
    case State::kClosed:
      break;
  }
}

// --- writing -------------------------------------------------------------------------------------

// Writes what the kernel takes at once; the rest by uv_write. At most one of those is under way:
// libuv would tell the end of only one in each turn of the loop. False: the connection is closed.
bool Connection::Flush() {
  while (state_ != State::kClosed && !writing_) {
    if (tls_ && cipher_.empty() && !EncryptSome()) return false;
    OutQueue& wire = tls_ ? cipher_ : queue_;
    if (wire.empty()) {
      if (state_ == State::kFinishing) Shutdown();
      break;
    }
    std::array<uv_buf_t, kWriteBuffers> buffers;
    const unsigned count = wire.Gather(buffers.data(), kWriteBuffers, kWriteBytes, false);
    const int written = uv_try_write(reinterpret_cast<uv_stream_t*>(&tcp_), buffers.data(), count);
    if (written == UV_EAGAIN || written == 0) {
      StartWrite();
    } else if (written < 0) {
      Abort();
    } else {
      wire.Consume(static_cast<std::size_t>(written));
    }
  }
  return state_ != State::kClosed;
}

// Encrypts what the kernel may take next, and no more: what waits stays shared with others.
bool Connection::EncryptSome() {
  if (queue_.empty()) return true;
  std::array<uv_buf_t, kWriteBuffers> buffers;
  const unsigned count = queue_.Gather(buffers.data(), kWriteBuffers, kWriteBytes, false);
  std::size_t bytes = 0;
  for (unsigned i = 0; i < count && bytes < kWriteBytes; ++i) {
    const std::size_t part = std::min(buffers[i].len, kWriteBytes - bytes);
    if (!tls_->Encrypt({buffers[i].base, part})) {
      Abort();
      return false;
    }
    bytes += part;
  }
  queue_.Consume(bytes);
  cipher_.PushOwned(tls_->TakeOutput());
  return true;
}

void Connection::StartWrite() {
  OutQueue& wire = tls_ ? cipher_ : queue_;
  std::array<uv_buf_t, kWriteBuffers> buffers;
  const unsigned count = wire.Gather(buffers.data(), kWriteBuffers, kWriteBytes, true);
  in_flight_ = 0;
  for (unsigned i = 0; i < count; ++i) in_flight_ += buffers[i].len;
  const int error =
      uv_write(&write_, reinterpret_cast<uv_stream_t*>(&tcp_), buffers.data(), count,
               [](uv_write_t* request, int status) { SelfOf(request->data)->OnWritten(status); });
  if (error != 0) {
    Abort();
    return;
  }
  writing_ = true;
  write_progress_ms_ = server_->now_ms();
}

void Connection::OnWritten(int status) {
  writing_ = false;
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  if (status < 0) {
    Abort();
    return;
  }
  (tls_ ? cipher_ : queue_).Consume(in_flight_);
  in_flight_ = 0;
  if (!Flush()) return;
  if (state_ == State::kReading && !Backlogged()) Resume();
  UpdateReading();
}

void Connection::LimitSendBuffer() {
  int bytes = kSendBufferBytes;
  uv_send_buffer_size(reinterpret_cast<uv_handle_t*>(&tcp_), &bytes);
}

// --- time ----------------------------------------------------------------------------------------

void Connection::SetDeadline(std::chrono::milliseconds after) {
  deadline_ms_ = server_->now_ms() + static_cast<std::uint64_t>(after.count());
}

void Connection::Tick(std::uint64_t now_ms) {
  const auto stalled = static_cast<std::uint64_t>(server_->limits().write_timeout.count());
  if (writing_ && now_ms >= write_progress_ms_ + stalled) {
    server_->counters().timed_out.Add();
    Abort();
  } else if (deadline_ms_ != 0 && now_ms >= deadline_ms_) {
    OnDeadline();
  }
}

void Connection::OnDeadline() {
  ClearDeadline();
  switch (state_) {
    case State::kReading:
      if (wait_ == Wait::kRequest) {
        FinishIdle();
        break;
      }
      server_->counters().timed_out.Add();
      if (wait_ == Wait::kFirst) {
        Abort();
      } else {
        Refuse(408, wait_ == Wait::kHead ? "the head did not arrive in time"
                                         : "the body did not arrive in time");
      }
      break;
    case State::kWebSocket:
      OnWebSocketDeadline();
      break;
    case State::kLingering:
      Close();
      break;
    case State::kHandling:
    case State::kStreaming:
    case State::kFinishing:
    case State::kClosed:
      break;
  }
}

// --- the end -------------------------------------------------------------------------------------

void Connection::BeginStop(const StopOptions& options) {
  keep_alive_ = false;
  switch (state_) {
    case State::kReading:
      if (wait_ == Wait::kFirst || wait_ == Wait::kRequest) FinishIdle();
      break;
    case State::kStreaming:
      EndStream(exchange_);
      break;
    case State::kWebSocket:
      CloseWebSocket(options.websocket_code, options.websocket_reason);
      break;
    case State::kHandling:
    case State::kFinishing:
    case State::kLingering:
    case State::kClosed:
      break;
  }
}

// No more input counts; what waits is written, and then the connection ends.
void Connection::Finish() {
  if (state_ == State::kFinishing || state_ == State::kLingering || state_ == State::kClosed)
    return;
  state_ = State::kFinishing;
  ClearDeadline();
  if (!corked_) {
    Flush();
    UpdateReading();
  }
}

// Between two requests: nothing is on its way that could be lost.
void Connection::FinishIdle() {
  linger_ = false;
  Finish();
}

// Everything is written. Closing now, with input unread, would reset the connection, and the client
// might lose the answer: so only this side is closed, and the client's end is waited for.
void Connection::Shutdown() {
  if (tls_) {
    tls_->Close();
    const std::string goodbye = tls_->TakeOutput();
    uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(goodbye.data()), static_cast<unsigned>(goodbye.size()));
    if (!goodbye.empty()) uv_try_write(reinterpret_cast<uv_stream_t*>(&tcp_), &buffer, 1);
  }
  if (peer_ended_ || !linger_ ||
      uv_shutdown(&shutdown_, reinterpret_cast<uv_stream_t*>(&tcp_), [](uv_shutdown_t*, int) {}) !=
          0) {
    Close();
    return;
  }
  state_ = State::kLingering;
  SetDeadline(server_->limits().linger_timeout);
  UpdateReading();
}

void Connection::Abort() {
  if (state_ == State::kClosed) return;
  Close();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  closed_.store(true, std::memory_order_release);
  EndSession(kCloseAbnormal);
  EndStreamState();
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), [](uv_handle_t* handle) {
    Connection* self = SelfOf(handle->data);
    const std::shared_ptr<Connection> last = std::move(self->self_);
    self->server_->Forget(self);
  });
}

}  // namespace livedrops::server
