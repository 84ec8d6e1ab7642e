// Session: one client of Centrifugo's protocol, as a state machine over text. It knows no socket,
// no thread and no clock: its port brings and takes everything.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/jwt.h"
#include "server/realtime/hub.h"
#include "server/realtime/loader.h"
#include "server/realtime/protocol.h"

namespace livedrops::server {

// Points of the monotonic clock.
using Tick = std::chrono::steady_clock::time_point;

struct TokenCheck {
  std::optional<Principal> principal;
  bool expired = false;  // It was valid; a new one can be fetched.
  bool unknown = false;  // Nobody can say now: the storage cannot be read.
};

// What a session does to the world and asks of it.
class SessionPort {
 public:
  virtual ~SessionPort() = default;

  virtual void Send(const std::string& text) = 0;
  virtual void Send(const Publication& publication) = 0;
  virtual void SendPing() = 0;
  // Called once; then the session hears nothing more but its end.
  virtual void Close(const Disconnect& reason) = 0;

  virtual TokenCheck Verify(std::string_view token) = 0;
  // False when that user has as many connections as he may. Called once.
  virtual bool Admit(const Principal& principal) = 0;
  // The session, or the account, of the token was revoked.
  virtual bool Revoked(const Principal& principal) = 0;
  // Calls `done` later, unless the session has ended by then.
  virtual void Load(LoadRequest request, std::function<void(Loaded)> done) = 0;
  virtual Time Now() = 0;
};

struct SessionSettings {
  std::string epoch;
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds pong_timeout{8'000};
  std::chrono::milliseconds connect_timeout{10'000};
  Duration leeway{60'000};
  std::size_t channels_max = 512;  // Client-side ones.
};

// Threading: one loop's thread.
class Session final : public Receiver {
 public:
  // All must outlive it. `id` is what the client is called.
  Session(SessionPort* port, Hub* hub, const SessionSettings* settings, std::string id, Tick now);

  void OnMessage(std::string_view message);
  // Called a few times a second: pings, timeouts, expiry.
  void OnTick(Tick now);
  // The user follows somebody, or does no more.
  void OnFollowsChanged();
  // Of the settings: what the client knows of positions is worth nothing.
  void OnEpochChanged();
  // Some token was revoked.
  void OnRevoked();
  // The connection is gone.
  void OnClosed();

  // Null before the connect command, and of an anonymous client.
  const Principal* principal() const { return principal_ ? &*principal_ : nullptr; }
  std::size_t subscription_count() const { return subs_.size(); }

 private:
  enum class State : std::uint8_t { fresh, connecting, connected, closed };

  // A channel of this client. Server-side ones come and go with what he follows.
  struct Sub {
    std::unique_ptr<Subscription> subscription;
    bool server_side = false;
    std::uint32_t serial = 0;  // Tells it from an earlier one of the same name.
  };

  void Deliver(const Publication& publication) override;

  void Handle(const Command& command);
  void HandleConnected(const Command& command);
  void Connect(const Command& command);
  void OnFollowing(const Command& connect, const Loaded& loaded);
  void FinishConnect(std::uint32_t id, std::vector<Wanted> wanted, Loaded loaded);
  void Subscribe(const Command& command);
  void OnSubscribed(std::uint32_t id, const std::string& channel, std::uint32_t serial,
                    const Loaded& loaded);
  void Unsubscribe(const Command& command);
  void Refresh(const Command& command);
  void SyncFollows();
  void ApplyFollows(const std::vector<CreatorId>& creators);

  Sub& Add(const std::string& channel, bool server_side);
  void Reply(const std::string& text);
  void Close(const Disconnect& reason);
  Ttl TokenTtl();

  SessionPort& port_;
  Hub& hub_;
  const SessionSettings& settings_;
  const std::string id_;
  State state_ = State::fresh;
  std::optional<Principal> principal_;
  std::map<std::string, Sub, std::less<>> subs_;
  std::size_t client_side_ = 0;
  std::uint32_t last_serial_ = 0;
  std::vector<Command> waiting_;  // Came while connecting.
  std::uint64_t connect_head_ = 0;
  bool follows_loading_ = false;
  bool follows_changed_ = false;
  bool pong_awaited_ = false;
  const Tick opened_at_;
  Tick pinged_at_;
};

}  // namespace livedrops::server
