#include "server/realtime/event_stream.h"

#include <charconv>
#include <utility>

#include "base/json_writer.h"
#include "server/auth/routes.h"
#include "server/auth/token_verifier.h"
#include "server/problem.h"

namespace livedrops::server {
namespace {

// Proxies cut what is silent for long, often after a minute.
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::string_view kBearer = "bearer ";

std::optional<Problem> ProblemOf(Decision decision) {
  Problem problem;
  switch (decision) {
    case Decision::allow:
      return std::nullopt;
    case Decision::unauthenticated:
      problem.code = ProblemCode::unauthenticated;
      break;
    case Decision::not_found:
      problem.code = ProblemCode::not_found;
      break;
    case Decision::forbidden:
    case Decision::allow_if_owner:
      problem.code = ProblemCode::forbidden;
      break;
  }
  return problem;
}

Problem Make(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  return problem;
}

// The token of `Authorization: Bearer TOKEN`; empty when it is of another kind.
std::string_view BearerToken(std::string_view field) {
  for (std::size_t i = 0; i < kBearer.size(); ++i) {
    if (i >= field.size() || (field[i] | 0x20) != (kBearer[i] | 0x20)) return {};
  }
  return field.substr(kBearer.size());
}

class EventStream final : public Client,
                          public Receiver,
                          public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(std::shared_ptr<Surroundings> surroundings, int loop, Realtime::Caller caller)
      : surroundings_(std::move(surroundings)),
        loop_(surroundings_->loop(loop)),
        caller_(std::move(caller)) {}

  void Open(const Request& request, const Responder& responder);

  void OnTick(Tick now) override;
  void OnRevoked() override;
  void OnFollowsChanged() override {}
  void OnEpochChanged() override;
  void Deliver(const Publication& publication) override {
    const auto droppable = publication.ticker() ? Droppable::kYes : Droppable::kNo;
    const Chunk& chunk = publication.chunk(loop_.settings.epoch);
    if (stream_.Send(chunk, droppable) == Sent::kDropped) ++surroundings_->counters.dropped;
  }

 private:
  std::optional<Problem> Authenticate(const Request& request);
  std::optional<Problem> Prepare(const Request& request);
  void Answer(const Responder& responder, const Wanted& wanted, Loaded loaded);
  void Refuse(const Responder& responder, const Problem& problem);
  void Tell(int status);
  void SendBeginning(const Wanted& wanted, const Subscribed& subscribed);
  void Leave();

  const std::shared_ptr<Surroundings> surroundings_;
  Loop& loop_;
  Realtime::Caller caller_;
  std::optional<Principal> principal_;
  bool admitted_ = false;
  std::string allowed_origin_;
  std::unique_ptr<Subscription> subscription_;
  ResponseStream stream_;
  Tick spoke_at_;
};

std::optional<Problem> EventStream::Authenticate(const Request& request) {
  Problem refused = Make(ProblemCode::unauthenticated, "");
  if (const auto ticket = request.Query("ticket")) {
    principal_ = surroundings_->tickets.Take(*ticket, surroundings_->Now());
    if (!principal_ || surroundings_->Revoked(*principal_)) return refused;
  } else if (const auto field = request.Header("Authorization")) {
    TokenCheck check = surroundings_->Verify(loop_.number, BearerToken(*field));
    if (check.unknown) return Make(ProblemCode::unavailable, std::string(kStandingUnknown));
    if (!check.principal) return refused;
    principal_ = std::move(check.principal);
  }
  return std::nullopt;
}

// Everything that can be refused before the storage is asked.
std::optional<Problem> EventStream::Prepare(const Request& request) {
  if (!surroundings_->AllowsOrigin(request)) {
    return Make(ProblemCode::forbidden, "this origin may not connect");
  }
  allowed_origin_ = request.Header("Origin").value_or("");
  if (auto problem = Authenticate(request)) return problem;
  const auto channel = request.Query("channel");
  if (!channel) return InvalidField("?channel", "must be given");
  const auto decision = AuthorizeChannel(*channel, principal_ ? &*principal_ : nullptr);
  if (!decision) return Make(ProblemCode::not_found, "there is no such channel");
  if (auto problem = ProblemOf(*decision)) return problem;
  if (principal_ && !surroundings_->users.Enter(principal_->subject)) {
    ++surroundings_->counters.closed_limit;
    Problem problem = Make(ProblemCode::rate_limited, "too many connections of this user");
    problem.retry_after_s = 60;
    return problem;
  }
  admitted_ = principal_.has_value();
  return std::nullopt;
}

void EventStream::Open(const Request& request, const Responder& responder) {
  if (const auto problem = Prepare(request)) {
    return Refuse(responder, *problem);
  }
  Wanted wanted{std::string(*request.Query("channel")), {}};
  if (const auto id = request.Header("Last-Event-ID")) wanted.since = ParseEventId(*id);
  loop_.clients.insert(shared_from_this());
  ++surroundings_->counters.streams;
  ++surroundings_->counters.subscriptions;
  subscription_ = std::make_unique<Subscription>(&loop_.hub, this, wanted.channel);
  LoadRequest load;
  load.channels.push_back(wanted);
  surroundings_->Load(
      loop_.number, weak_from_this(), load,
      [this, responder, wanted](Loaded loaded) { Answer(responder, wanted, std::move(loaded)); });
}

void EventStream::Answer(const Responder& responder, const Wanted& wanted, Loaded loaded) {
  LoadedChannel& channel = loaded.channels.front();
  if (!channel.status.ok()) {
    Refuse(responder, server::ProblemOf(channel.status));
    return Leave();
  }
  // Since it was looked at last.
  if (principal_ && surroundings_->Revoked(*principal_)) {
    Refuse(responder, Make(ProblemCode::unauthenticated, ""));
    return Leave();
  }
  Response head(200);
  head.Set("Content-Type", "text/event-stream").Set("Cache-Control", "no-store");
  head.Set("X-Accel-Buffering", "no");  // Or nginx keeps the events back.
  if (!caller_.request_id.empty()) head.Set("X-Request-Id", caller_.request_id);
  if (!allowed_origin_.empty()) {
    head.Set("Access-Control-Allow-Origin", allowed_origin_).Set("Vary", "Origin");
  }
  QueueLimits limits;
  limits.bytes_max = surroundings_->options.send_queue_bytes_max;
  limits.bytes_soft = limits.bytes_max / 16;
  auto stream = responder.Stream(head, [self = shared_from_this()] { self->Leave(); }, limits);
  if (!stream.ok()) return Leave();
  Tell(200);
  stream_ = *stream;
  SendBeginning(wanted, channel.subscribed);
  if (subscription_ != nullptr) subscription_->Begin(channel.subscribed.position.offset);
  // It was read before the epoch changed: the client comes back at once.
  if (channel.subscribed.position.epoch != loop_.settings.epoch) OnEpochChanged();
}

void EventStream::Refuse(const Responder& responder, const Problem& problem) {
  responder.Send(RefusalTo(caller_.request_id, problem));
  Tell(problem.status());
}

// And lets go of what the listener holds: a stream may live for days.
void EventStream::Tell(int status) {
  const Realtime::Caller caller = std::exchange(caller_, {});
  if (caller.answered) caller.answered(status);
}

// First what the subscription begins with, as an event of its own name; then what was missed.
void EventStream::SendBeginning(const Wanted& wanted, const Subscribed& subscribed) {
  PublicationText beginning;
  JsonWriter json(&beginning.data);
  json.BeginObject().Member("channel", std::string_view(wanted.channel));
  if (subscribed.was_recovering) json.Member("recovered", subscribed.recovered);
  if (!subscribed.data.empty()) json.Name("data").Raw(subscribed.data);
  json.EndObject();
  // With missed events behind it, the place reached is theirs.
  if (subscribed.publications.empty()) beginning.offset = subscribed.position.offset;
  const std::string& epoch = subscribed.position.epoch;
  std::string text = "retry: 2000\nevent: subscribed\n" + ServerSentEvent(epoch, beginning);
  for (const PublicationText& missed : subscribed.publications) {
    text += ServerSentEvent(epoch, missed);
  }
  spoke_at_ = Tick::clock::now();
  stream_.Send(Chunk(text));
}

void EventStream::OnTick(Tick now) {
  if (!stream_.open()) return;
  if (principal_ &&
      principal_->expires_at + surroundings_->options.leeway <= surroundings_->Now()) {
    surroundings_->counters.CountClose(kExpired);
    stream_.End();
  } else if (now - spoke_at_ >= kHeartbeat) {
    static const Chunk heartbeat(":\n\n");
    spoke_at_ = now;
    stream_.Send(heartbeat);
  }
}

void EventStream::OnRevoked() {
  if (!principal_ || !stream_.open() || !surroundings_->Revoked(*principal_)) return;
  ++surroundings_->counters.closed_revoked;
  stream_.End();
}

// The client comes back with the position that it has, and hears that it is none.
void EventStream::OnEpochChanged() {
  if (stream_.open()) stream_.End();
}

void EventStream::Leave() {
  if (subscription_ == nullptr) return;
  subscription_.reset();
  --surroundings_->counters.streams;
  --surroundings_->counters.subscriptions;
  if (admitted_) surroundings_->users.Leave(principal_->subject);
  loop_.Forget(shared_from_this(), nullptr);
}

}  // namespace

Position ParseEventId(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  Position position{std::string(text.substr(0, colon)), 0};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, position.offset);
  if (parsed.ec != std::errc() || parsed.ptr != end) return {};
  return position;
}

void OpenEventStream(const std::shared_ptr<Surroundings>& surroundings, const Request& request,
                     const Responder& responder, Realtime::Caller caller) {
  std::make_shared<EventStream>(surroundings, request.loop(), std::move(caller))
      ->Open(request, responder);
}

}  // namespace livedrops::server
