#include "server/realtime/session.h"

#include <algorithm>
#include <set>

#include "server/auth/routes.h"

namespace livedrops::server {
namespace {

// Commands of a client that does not wait for its connect reply.
constexpr std::size_t kWaitingMax = 1000;

std::vector<std::string> ServerSideChannels(const UserId& user,
                                            const std::vector<CreatorId>& creators) {
  std::vector<std::string> channels = {"user:" + user.str()};
  for (const CreatorId& creator : creators) channels.push_back("creator:" + creator.str());
  return channels;
}

}  // namespace

Session::Session(SessionPort* port, Hub* hub, const SessionSettings* settings, std::string id,
                 Tick now)
    : port_(*port),
      hub_(*hub),
      settings_(*settings),
      id_(std::move(id)),
      opened_at_(now),
      pinged_at_(now) {}

void Session::Deliver(const Publication& publication) { port_.Send(publication); }

void Session::OnMessage(std::string_view message) {
  if (state_ == State::closed) return;
  const auto commands = ParseCommands(message);
  if (!commands) return Close(kBadRequest);
  for (const Command& command : *commands) Handle(command);
}

void Session::Handle(const Command& command) {
  switch (state_) {
    case State::fresh:
      return command.method == Command::Method::connect ? Connect(command) : Close(kBadRequest);
    case State::connecting:
      if (waiting_.size() >= kWaitingMax) return Close(kBadRequest);
      waiting_.push_back(command);
      return;
    case State::connected:
      return HandleConnected(command);
    case State::closed:
      return;
  }
}

void Session::HandleConnected(const Command& command) {
  switch (command.method) {
    case Command::Method::pong:
      pong_awaited_ = false;
      return;
    case Command::Method::connect:
      return Close(kBadRequest);
    case Command::Method::subscribe:
      return Subscribe(command);
    case Command::Method::unsubscribe:
      return Unsubscribe(command);
    case Command::Method::refresh:
      return Refresh(command);
    case Command::Method::sub_refresh:
      // Subscriptions need no token of their own.
      return Reply(subs_.contains(command.target.channel)
                       ? EmptyReply(command.id, "sub_refresh")
                       : ErrorReply(command.id, kErrorBadRequest));
    case Command::Method::ping:
      return Reply(EmptyReply(command.id, "ping"));
    case Command::Method::send:
      return Close(kNotAvailable);
    case Command::Method::unavailable:
      return Reply(ErrorReply(command.id, kErrorNotAvailable));
  }
}

// --- connect -----------------------------------------------------------------------------------

void Session::Connect(const Command& command) {
  if (!command.token.empty()) {
    TokenCheck check = port_.Verify(command.token);
    if (check.expired) return Reply(ErrorReply(command.id, kErrorTokenExpired));
    if (!check.principal) return Close(check.unknown ? kServerError : kInvalidToken);
    if (!port_.Admit(*check.principal)) return Close(kConnectionLimit);
    principal_ = std::move(check.principal);
  }
  state_ = State::connecting;
  if (!principal_) return FinishConnect(command.id, {}, {});
  LoadRequest request;
  request.following = principal_->subject;
  Command connect = command;
  connect.token.clear();
  port_.Load(std::move(request), [this, connect = std::move(connect)](const Loaded& loaded) {
    OnFollowing(connect, loaded);
  });
}

// The channels are joined before what was missed is read: so nothing falls between.
void Session::OnFollowing(const Command& connect, const Loaded& loaded) {
  if (state_ != State::connecting) return;
  if (!loaded.status.ok()) return Close(kServerError);
  connect_head_ = loaded.head;
  LoadRequest request;
  for (const std::string& channel : ServerSideChannels(principal_->subject, loaded.following)) {
    Add(channel, true);
    const auto stood = std::ranges::find(connect.subs, channel, &Wanted::channel);
    if (stood != connect.subs.end() && stood->since) request.channels.push_back(*stood);
  }
  if (request.channels.empty()) return FinishConnect(connect.id, {}, {});
  std::vector<Wanted> wanted = request.channels;
  port_.Load(std::move(request), [this, id = connect.id, wanted](Loaded recovered) {
    FinishConnect(id, wanted, std::move(recovered));
  });
}

void Session::FinishConnect(std::uint32_t id, std::vector<Wanted> wanted, Loaded loaded) {
  if (state_ != State::connecting) return;
  Connected connected;
  connected.client = id_;
  connected.ttl = TokenTtl();
  connected.ping_seconds = static_cast<std::uint32_t>(
      std::chrono::ceil<std::chrono::seconds>(settings_.ping_interval).count());
  for (const auto& [channel, sub] : subs_) {
    Subscribed subscribed;
    // What was committed before is no news, also when this loop was not told of it yet.
    subscribed.position = {settings_.epoch, std::max(sub.subscription->joined_at(), connect_head_)};
    connected.subs.emplace_back(channel, std::move(subscribed));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!loaded.channels[i].status.ok()) return Close(kServerError);
    const auto sub = std::ranges::find(connected.subs, wanted[i].channel,
                                       &std::pair<std::string, Subscribed>::first);
    sub->second = std::move(loaded.channels[i].subscribed);
  }
  state_ = State::connected;
  Reply(ConnectReply(id, connected));
  for (const auto& [channel, subscribed] : connected.subs) {
    subs_.find(channel)->second.subscription->Begin(subscribed.position.offset);
  }
  const std::vector<Command> waiting = std::move(waiting_);
  for (const Command& command : waiting) Handle(command);
  if (follows_changed_) SyncFollows();
}

Ttl Session::TokenTtl() {
  if (!principal_) return std::nullopt;
  const auto left = std::chrono::floor<std::chrono::seconds>(principal_->expires_at - port_.Now());
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(left.count(), 1, std::int64_t{1} << 30));
}

// --- channels ----------------------------------------------------------------------------------

Session::Sub& Session::Add(const std::string& channel, bool server_side) {
  Sub& sub = subs_[channel];
  sub.subscription = std::make_unique<Subscription>(&hub_, this, channel);
  sub.server_side = server_side;
  sub.serial = ++last_serial_;
  if (!server_side) ++client_side_;
  return sub;
}

void Session::Subscribe(const Command& command) {
  const std::string& channel = command.target.channel;
  const std::optional<Decision> decision = AuthorizeChannel(channel, principal());
  if (!decision) return Reply(ErrorReply(command.id, kErrorUnknownChannel));
  if (*decision != Decision::allow) return Reply(ErrorReply(command.id, kErrorPermissionDenied));
  // A server-side subscription may be taken over: the client then gets a handle of its own.
  const auto found = subs_.find(channel);
  if (found != subs_.end() && !found->second.server_side) {
    return Reply(ErrorReply(command.id, kErrorAlreadySubscribed));
  }
  if (client_side_ >= settings_.channels_max) {
    return Reply(ErrorReply(command.id, kErrorLimitExceeded));
  }
  const std::uint32_t serial = Add(channel, false).serial;
  LoadRequest request;
  request.channels.push_back(command.target);
  port_.Load(std::move(request), [this, id = command.id, channel, serial](const Loaded& loaded) {
    OnSubscribed(id, channel, serial, loaded);
  });
}

void Session::OnSubscribed(std::uint32_t id, const std::string& channel, std::uint32_t serial,
                           const Loaded& loaded) {
  const auto sub = subs_.find(channel);
  if (state_ != State::connected || sub == subs_.end() || sub->second.serial != serial) return;
  const Status& status = loaded.channels.front().status;
  if (!status.ok()) {
    const bool unknown = status.code() == StatusCode::kNotFound;
    subs_.erase(sub);
    --client_side_;
    return Reply(ErrorReply(id, unknown ? kErrorUnknownChannel : kErrorInternal));
  }
  const Subscribed& subscribed = loaded.channels.front().subscribed;
  Reply(SubscribeReply(id, subscribed));
  sub->second.subscription->Begin(subscribed.position.offset);
}

void Session::Unsubscribe(const Command& command) {
  const auto sub = subs_.find(command.target.channel);
  if (sub != subs_.end()) {
    if (!sub->second.server_side) --client_side_;
    subs_.erase(sub);
  }
  Reply(EmptyReply(command.id, "unsubscribe"));
}

// --- follows -----------------------------------------------------------------------------------

void Session::OnFollowsChanged() {
  follows_changed_ = true;
  if (state_ == State::connected && !follows_loading_) SyncFollows();
}

// A change that comes while the list is read makes it be read once more.
void Session::SyncFollows() {
  follows_changed_ = false;
  follows_loading_ = true;
  LoadRequest request;
  request.following = principal_->subject;
  port_.Load(std::move(request), [this](const Loaded& loaded) {
    follows_loading_ = false;
    if (state_ != State::connected) return;
    if (!loaded.status.ok()) return Close(kServerError);
    ApplyFollows(loaded.following);
    if (follows_changed_) SyncFollows();
  });
}

void Session::ApplyFollows(const std::vector<CreatorId>& creators) {
  const std::vector<std::string> channels = ServerSideChannels(principal_->subject, creators);
  const std::set<std::string_view> wanted(channels.begin(), channels.end());
  for (auto sub = subs_.begin(); sub != subs_.end();) {
    if (!sub->second.server_side || wanted.contains(sub->first)) {
      ++sub;
      continue;
    }
    Reply(UnsubscribePush(sub->first, kServerUnsubscribe));
    sub = subs_.erase(sub);
  }
  for (const std::string& channel : channels) {
    if (subs_.contains(channel)) continue;
    Subscription& subscription = *Add(channel, true).subscription;
    Reply(SubscribePush(channel, {settings_.epoch, subscription.joined_at()}));
    subscription.Begin(subscription.joined_at());
  }
}

// --- life --------------------------------------------------------------------------------------

void Session::Refresh(const Command& command) {
  if (!principal_) return Reply(ErrorReply(command.id, kErrorBadRequest));
  TokenCheck check = port_.Verify(command.token);
  if (check.expired) return Reply(ErrorReply(command.id, kErrorTokenExpired));
  if (check.unknown) return Close(kServerError);
  if (!check.principal || check.principal->subject != principal_->subject) {
    return Close(kInvalidToken);
  }
  principal_ = std::move(check.principal);
  Reply(RefreshReply(command.id, id_, TokenTtl()));
}

void Session::OnRevoked() {
  if (principal_ && port_.Revoked(*principal_)) Close(kInvalidToken);
}

void Session::OnEpochChanged() {
  if (state_ != State::closed) Close(kInsufficientState);
}

void Session::OnClosed() {
  state_ = State::closed;
  subs_.clear();
}

void Session::OnTick(Tick now) {
  if (state_ == State::closed) return;
  if (state_ != State::connected) {
    if (now - opened_at_ < settings_.connect_timeout) return;
    return Close(state_ == State::fresh ? kStale : kServerError);
  }
  if (principal_ && principal_->expires_at + settings_.leeway <= port_.Now()) {
    return Close(kExpired);
  }
  if (pong_awaited_) {
    if (now - pinged_at_ >= settings_.pong_timeout) Close(kNoPong);
  } else if (now - pinged_at_ >= settings_.ping_interval) {
    pinged_at_ = now;
    pong_awaited_ = true;
    port_.SendPing();
  }
}

void Session::Reply(const std::string& text) {
  if (state_ != State::closed) port_.Send(text);
}

void Session::Close(const Disconnect& reason) {
  if (state_ == State::closed) return;
  OnClosed();
  port_.Close(reason);
}

}  // namespace livedrops::server
