#include "server/realtime/realtime.h"

#include <algorithm>

#include "livedrops/spi/order_port.h"
#include "livedrops/spi/storage.h"
#include "server/net/handshake.h"
#include "server/problem.h"
#include "server/realtime/event_stream.h"
#include "server/realtime/log_follower.h"
#include "server/realtime/socket.h"

namespace livedrops::server {
namespace {

constexpr std::chrono::milliseconds kTickInterval{250};
constexpr std::chrono::minutes kForgetInterval{1};
// Batches of events that loops have not told yet. More would only wait in memory.
constexpr int kBatchesMax = 16;

constexpr EventType kRevoking[] = {EventType::sessionRevoked, EventType::accountDisabled,
                                   EventType::accountErased, EventType::accountEnabled};

bool Revokes(const Event& event) { return std::ranges::count(kRevoking, event.type) != 0; }

// What loops are told of one reading of the log.
struct Batch {
  std::vector<PublicationPtr> publications;
  std::uint64_t seq = 0;
  bool revoked = false;
  std::vector<std::string> followers;  // Users who follow or unfollowed somebody.
};

Problem NotRunning() {
  Problem problem;
  problem.code = ProblemCode::unavailable;
  problem.detail = "the server starts or stops";
  problem.retry_after_s = 1;
  return problem;
}

Problem OriginRefused() {
  Problem problem;
  problem.code = ProblemCode::forbidden;
  problem.detail = "this origin may not connect";
  return problem;
}

}  // namespace

// The follower's side: from events to what loops are told.
class Realtime::Impl {
 public:
  Impl(Service& service, Revocations* revocations, RealtimeOptions options)
      : surroundings(std::make_shared<Surroundings>(service, revocations, std::move(options))),
        follower_(&service, surroundings->options.poll_interval,
                  {[this](const Events& events, std::uint64_t seq) { OnEvents(events, seq); },
                   [this] { OnTurn(); }, [this] { return in_flight_ < kBatchesMax; },
                   [this](const Status&) { ++surroundings->counters.log_errors; }}) {}

  Status Start(HttpServer& server);
  void Stop();

  std::vector<std::function<void(std::span<const Event>)>> listeners;
  const std::shared_ptr<Surroundings> surroundings;

 private:
  void OnEvents(const Events& events, std::uint64_t seq);
  void OnTurn();
  void Tell(Batch batch);
  void Publish(Loop& loop, const Batch& batch);
  void LookAtEpoch();

  Publisher publisher_;
  std::string epoch_;  // What loops were told.
  Tick ticked_at_{};
  Tick forgot_at_{};
  std::atomic<int> in_flight_{0};  // Batches that were posted, once per loop.
  int loop_count_ = 0;
  bool started_ = false;
  LogFollower follower_;
};

Status Realtime::Impl::Start(HttpServer& server) {
  if (started_) return {StatusCode::kClosed, "realtime was started before"};
  const auto head = surroundings->service.audit().ReadHead();
  if (!head.ok()) return head.status();
  // What was revoked before is not read: whoever brings an older token is looked up.
  surroundings->revocations.FollowFrom(surroundings->Now());
  started_ = true;
  surroundings->Start(&server);
  epoch_ = surroundings->ReadEpoch();
  loop_count_ = server.loop_count();
  for (int i = 0; i < loop_count_; ++i) surroundings->loop(i).hub.Publish({}, head->seq);
  surroundings->counters.log_seq = head->seq;
  surroundings->Serve();
  follower_.Start(head->seq);
  return OkStatus();
}

void Realtime::Impl::Stop() {
  follower_.Stop();
  surroundings->Stop();
}

void Realtime::Impl::OnEvents(const Events& events, std::uint64_t seq) {
  Batch batch;
  batch.seq = seq;
  for (const auto& event : events) {
    if (Revokes(*event)) {
      surroundings->revocations.Apply(*event);
      batch.revoked = true;
    } else if (event->type == EventType::followed || event->type == EventType::unfollowed) {
      batch.followers.push_back(event->subject);
    }
    for (const auto& listener : listeners) listener({event.get(), 1});
  }
  batch.publications = publisher_.Publish(events);
  surroundings->counters.publications += batch.publications.size();
  surroundings->counters.log_seq = seq;
  Tell(std::move(batch));
}

void Realtime::Impl::OnTurn() {
  const Tick now = Tick::clock::now();
  if (auto tickers = publisher_.Tickers(now); !tickers.empty()) {
    Batch batch;
    batch.publications = std::move(tickers);
    Tell(std::move(batch));
  }
  if (now - forgot_at_ >= kForgetInterval) {
    forgot_at_ = now;
    surroundings->revocations.Forget(surroundings->Now());
  }
  if (now - ticked_at_ < kTickInterval) return;
  ticked_at_ = now;
  LookAtEpoch();
  surroundings->PostAll([now](Loop& loop) {
    const std::vector<std::shared_ptr<Client>> clients(loop.clients.begin(), loop.clients.end());
    for (const auto& client : clients) client->OnTick(now);
  });
}

// A standby was promoted, or a backup restored: clients connect anew and are told of a gap.
void Realtime::Impl::LookAtEpoch() {
  const std::string present = surroundings->ReadEpoch();
  if (present == epoch_) return;
  const auto head = surroundings->service.audit().ReadHead();
  if (!head.ok()) return;  // A later turn tries again.
  epoch_ = present;
  // The log may have become shorter, and rows of it were not heard of.
  follower_.GoOnFrom(head->seq);
  surroundings->revocations.FollowFrom(surroundings->Now());
  surroundings->PostAll([present, seq = head->seq](Loop& loop) {
    loop.settings.epoch = present;
    loop.hub.GoOnFrom(seq);
    const std::vector<std::shared_ptr<Client>> clients(loop.clients.begin(), loop.clients.end());
    for (const auto& client : clients) client->OnEpochChanged();
  });
}

void Realtime::Impl::Tell(Batch batch) {
  const auto shared = std::make_shared<const Batch>(std::move(batch));
  in_flight_ += loop_count_;
  surroundings->PostAll([this, shared](Loop& loop) {
    Publish(loop, *shared);
    --in_flight_;
  });
}

void Realtime::Impl::Publish(Loop& loop, const Batch& batch) {
  const Time now = surroundings->Now();
  loop.hub.Publish(batch.publications, batch.seq,
                   [&](const Publication& publication, std::size_t receivers) {
                     if (publication.ticker()) return;
                     const auto delay = (now - publication.at()).count();
                     surroundings->counters.CountDelivery(delay, receivers);
                   });
  if (batch.revoked) {
    const std::vector<std::shared_ptr<Client>> clients(loop.clients.begin(), loop.clients.end());
    for (const auto& client : clients) client->OnRevoked();
  }
  for (const std::string& user : batch.followers) {
    const auto [first, last] = loop.of_user.equal_range(user);
    for (auto entry = first; entry != last; ++entry) entry->second->OnFollowsChanged();
  }
}

// --- the public face ---------------------------------------------------------------------------

Realtime::Realtime(Service& service, Revocations* revocations, RealtimeOptions options)
    : impl_(std::make_shared<Impl>(service, revocations, std::move(options))) {}

Realtime::~Realtime() { Stop(); }

void Realtime::Listen(std::function<void(std::span<const Event> events)> listener) {
  impl_->listeners.push_back(std::move(listener));
}

Status Realtime::Start(HttpServer& server) { return impl_->Start(server); }
void Realtime::Stop() { impl_->Stop(); }

void Realtime::OnWebSocket(const Request& request, const Responder& responder, Caller caller) {
  const auto tell = [&caller](int status) {
    if (caller.answered) caller.answered(status);
  };
  const auto refuse = [&](const Problem& problem) {
    responder.Send(RefusalTo(caller.request_id, problem));
    tell(problem.status());
  };
  Surroundings& surroundings = *impl_->surroundings;
  if (!surroundings.running()) return refuse(NotRunning());
  if (!surroundings.AllowsOrigin(request)) return refuse(OriginRefused());
  Response fields;
  if (!caller.request_id.empty()) fields.Set("X-Request-Id", caller.request_id);
  const Status upgraded =
      responder.Upgrade(request, MakeSocket(&surroundings, request.loop(), std::move(caller.ended)),
                        SocketOptions(surroundings.options), fields);
  // A wrong handshake was answered by Upgrade itself; whoever has gone got no answer.
  if (upgraded.code() != StatusCode::kClosed) tell(CheckHandshake(request).status);
}

void Realtime::OnEvents(const Request& request, const Responder& responder, Caller caller) {
  if (impl_->surroundings->running()) {
    return OpenEventStream(impl_->surroundings, request, responder, std::move(caller));
  }
  responder.Send(RefusalTo(caller.request_id, NotRunning()));
  if (caller.answered) caller.answered(NotRunning().status());
}

std::string Realtime::IssueTicket(const Principal& principal) {
  return impl_->surroundings->tickets.Issue(principal, impl_->surroundings->Now());
}

RealtimeStats Realtime::stats() const { return impl_->surroundings->counters.Read(); }

StopOptions Realtime::StopOptionsFor(std::chrono::milliseconds deadline) {
  StopOptions options;
  options.deadline = deadline;
  options.websocket_code = kShutdown.code;
  options.websocket_reason = kShutdown.reason;
  return options;
}

}  // namespace livedrops::server
