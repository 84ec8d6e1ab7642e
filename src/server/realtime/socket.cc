#include "server/realtime/socket.h"

#include "server/auth/base64url.h"
#include "server/auth/crypto.h"

namespace livedrops::server {
namespace {

class Socket final : public Client,
                     public SessionPort,
                     public std::enable_shared_from_this<Socket> {
 public:
  Socket(Surroundings* surroundings, int loop, SocketEnded ended)
      : surroundings_(*surroundings),
        loop_(surroundings->loop(loop)),
        ended_(std::move(ended)),
        opened_at_(Tick::clock::now()),
        session_(this, &loop_.hub, &loop_.settings, ToBase64Url(RandomBytes(12)), opened_at_) {}

  void OnOpen(WebSocket socket) {
    socket_ = std::move(socket);
    loop_.clients.insert(shared_from_this());
    ++surroundings_.counters.sockets;
    ++surroundings_.counters.connects;
  }
  void OnMessage(std::string_view payload) {
    session_.OnMessage(payload);
    CountSubscriptions();
  }
  void OnClose(std::uint16_t code) {
    if (code == kSlow.code) ++surroundings_.counters.closed_slow;
    TellEnd(code);
    session_.OnClosed();
    CountSubscriptions();
    --surroundings_.counters.sockets;
    if (admitted_) surroundings_.users.Leave(admitted_->subject);
    loop_.Forget(shared_from_this(), admitted_ ? &*admitted_ : nullptr);
  }

  void OnTick(Tick now) override { session_.OnTick(now); }
  void OnRevoked() override { session_.OnRevoked(); }
  void OnFollowsChanged() override { session_.OnFollowsChanged(); }
  void OnEpochChanged() override { session_.OnEpochChanged(); }

  void Send(const std::string& text) override { Send(Frame::Text(text)); }
  void Send(const Publication& publication) override {
    const auto droppable = publication.ticker() ? Droppable::kYes : Droppable::kNo;
    const Sent sent = Send(publication.frame(), droppable);
    if (sent == Sent::kDropped) ++surroundings_.counters.dropped;
  }
  void SendPing() override {
    static const Frame ping = Frame::Text("{}");
    Send(ping);
  }
  void Close(const Disconnect& reason) override {
    surroundings_.counters.CountClose(reason);
    socket_.Close(reason.code, reason.reason);
  }

  TokenCheck Verify(std::string_view token) override {
    return surroundings_.Verify(loop_.number, token);
  }
  bool Admit(const Principal& principal) override {
    if (!surroundings_.users.Enter(principal.subject)) return false;
    admitted_ = principal;
    loop_.of_user.emplace(principal.subject.str(), this);
    return true;
  }
  bool Revoked(const Principal& principal) override {
    const bool revoked = surroundings_.Revoked(principal);
    if (revoked) ++surroundings_.counters.closed_revoked;
    return revoked;
  }
  void Load(LoadRequest request, std::function<void(Loaded)> done) override {
    surroundings_.Load(loop_.number, weak_from_this(), request,
                       [this, done = std::move(done)](Loaded loaded) {
                         done(std::move(loaded));
                         CountSubscriptions();
                       });
  }
  Time Now() override { return surroundings_.Now(); }

 private:
  Sent Send(const Frame& frame, Droppable droppable = Droppable::kNo) {
    const Sent sent = socket_.Send(frame, droppable);
    if (sent == Sent::kQueued) bytes_ += frame.size();
    return sent;
  }

  void TellEnd(std::uint16_t code) {
    if (!ended_) return;
    SocketEnd end;
    end.code = code;
    end.reason = ReasonOf(code);
    if (admitted_) end.subject = admitted_->subject.view();
    end.lasted = std::chrono::floor<std::chrono::milliseconds>(Tick::clock::now() - opened_at_);
    end.bytes = bytes_;
    ended_(end);
  }

  void CountSubscriptions() {
    const auto count = static_cast<std::int64_t>(session_.subscription_count());
    surroundings_.counters.subscriptions += count - counted_;
    counted_ = count;
  }

  Surroundings& surroundings_;
  Loop& loop_;
  const SocketEnded ended_;
  const Tick opened_at_;
  std::uint64_t bytes_ = 0;
  WebSocket socket_;
  std::optional<Principal> admitted_;
  std::int64_t counted_ = 0;
  Session session_;
};

// Forwards to the socket, which others share for the time of a call.
class SocketOwner final : public WebSocketSession {
 public:
  explicit SocketOwner(std::shared_ptr<Socket> socket) : socket_(std::move(socket)) {}

  void OnOpen(WebSocket socket) override { socket_->OnOpen(std::move(socket)); }
  void OnMessage(std::string_view payload, bool) override { socket_->OnMessage(payload); }
  void OnClose(std::uint16_t code) override { socket_->OnClose(code); }

 private:
  const std::shared_ptr<Socket> socket_;
};

}  // namespace

std::unique_ptr<WebSocketSession> MakeSocket(Surroundings* surroundings, int loop,
                                             SocketEnded ended) {
  return std::make_unique<SocketOwner>(
      std::make_shared<Socket>(surroundings, loop, std::move(ended)));
}

WebSocketOptions SocketOptions(const RealtimeOptions& options) {
  WebSocketOptions socket;
  socket.message_bytes_max = options.message_bytes_max;
  socket.queue.bytes_max = options.send_queue_bytes_max;
  socket.queue.bytes_soft = options.send_queue_bytes_max / 16;
  socket.slow_code = kSlow.code;
  socket.slow_reason = kSlow.reason;
  return socket;
}

}  // namespace livedrops::server
