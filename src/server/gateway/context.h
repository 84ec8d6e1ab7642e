// Context: one request on its way through the gateway, and the one way to answer it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "livedrops/server/http_server.h"
#include "livedrops/spi/order_port.h"
#include "server/gateway/shared.h"
#include "server/json/object_reader.h"
#include "server/limits/rate_limiter.h"
#include "server/problem.h"

namespace livedrops::server {

// Threading: the request's loop until a handler hands it on, then whoever answers. Held by a
// shared_ptr; one that goes unanswered is answered 500 by the server.
class Context : public std::enable_shared_from_this<Context> {
 public:
  Context(Shared* shared, Request request, Responder responder);

  // --- what is known of the request; set by the pipeline before a handler sees it

  Shared& shared;
  Request request;  // Moved away only by a handler that gives all of it to somebody else.
  const Responder responder;
  const MonotonicNs began;
  std::string request_id;
  IpAddress address;
  const Route* route = nullptr;
  std::string_view parameter;          // The path's `:name`.
  std::optional<Principal> principal;  // Without a token: nothing.
  LimitAnswer limit;
  std::string tag;     // The answer's ETag, in quotes; empty: none.
  bool stale = false;  // The answer is older than it should be: the storage cannot be read.

  Service& service() const { return shared.service; }
  Time Now() const { return shared.service.reads().Now(); }
  // Only where the route demands a token.
  const UserId& subject() const { return principal->subject; }
  // The path's id. Invalid for what cannot be one: there is no such thing then.
  template <class AnyId>
  AnyId ParameterId() const {
    return AnyId(parameter);
  }
  // The body as an object. An empty body is `{}` where no member is demanded.
  ObjectReader Body() const { return ObjectReader(request.body(), shared.json_limits); }
  ObjectReader OptionalBody() const;
  // What the role left open: may this principal use what belongs to these?
  std::optional<Problem> CheckOwner(std::span<const std::string_view> owners) const;
  std::optional<Problem> CheckOwner(std::string_view owner) const;
  bool is_service_or_admin() const {
    return principal && (principal->role == Role::service || principal->role == Role::admin);
  }

  // --- answers: exactly one; from any thread

  void Send(Response response);
  void SendJson(int status, std::string body);
  // The same with `Idempotent-Replayed: true` when it repeats an earlier answer.
  void SendJson(int status, std::string body, bool replayed);
  void Refuse(const Problem& problem);
  void Refuse(ProblemCode code, std::string detail = {});
  // Of a read: `invalid` as ProblemOf has it.
  void Refuse(const Status& status, ProblemCode invalid = ProblemCode::invalid_field) {
    Refuse(ProblemOf(status, invalid));
  }

  // Hands a change to the service. `answer(Context&, const Reply&)` runs on the thread that
  // releases the answer and must not block; refusals are answered before.
  template <class Answer>
  void Submit(livedrops::Request change, Answer answer) {
    HandToService(std::move(change),
                  [answer = std::move(answer)](Context& self, const Reply& reply) mutable {
                    if (const auto problem = ProblemOf(reply)) {
                      self.Refuse(*problem);
                    } else {
                      answer(self, reply);
                    }
                  });
  }
  // The same, but `answer` gets refusals too.
  template <class Answer>
  void SubmitAndHear(livedrops::Request change, Answer answer) {
    HandToService(std::move(change), std::move(answer));
  }

  // Runs `job(Context&)` on a thread that may block; 503 when too many wait already.
  template <class Job>
  void RunOn(WorkerPool& pool, Job job) {
    HandOn(Stage::waits);
    const bool taken = pool.Submit([self = shared_from_this(), job = std::move(job)]() mutable {
      if (self->Begin()) job(*self);
    });
    if (!taken) Refuse(Overloaded());
  }

  // The same for a read whose cost others decide: how much there is, how rare what is asked for is.
  template <class Job>
  void Read(Job job) {
    RunOn(shared.readers, std::move(job));
  }

  // The answer did not come in time: tells what is known. What has not begun never does.
  void GiveUp();

  // Nothing was done, and when to try again, from the length of the queue.
  Problem Overloaded() const;

  // A line in the access log, and a count; for an answer that was not sent from here.
  void Note(int status, std::size_t bytes = 0) const;

 private:
  // How far a request came that was handed on.
  enum class Stage : std::uint8_t { here, waits, works, given_up };

  template <class Answer>
  void HandToService(livedrops::Request change, Answer answer) {
    HandOn(Stage::works);
    service().requests().Submit(
        std::move(change),
        [self = shared_from_this(), answer = std::move(answer)](const Reply& reply) mutable {
          self->shared.caches.Apply(reply);
          answer(*self, reply);
        });
  }

  void HandOn(Stage stage);
  bool Begin();
  bool IsRead() const;
  bool IsUndone();
  Response ResponseTo(const Problem& problem) const;
  void Finish(Response response);
  void AddCommonFields(Response* response) const;
  bool Compress(Response* response) const;

  std::atomic<Stage> stage_{Stage::here};
};

// An unpredictable short name for a request that brought none.
std::string NewRequestId();

}  // namespace livedrops::server
