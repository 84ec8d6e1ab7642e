#include "server/gateway/context.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "base/hex.h"
#include "base/json_writer.h"
#include "server/auth/crypto.h"
#include "server/gateway/negotiation.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kGzipFrom = 1024;  // Below it the answer fits one packet anyway.
constexpr std::string_view kJson = "application/json";

bool HasField(const Response& response, std::string_view name) {
  const std::string& fields = response.fields();
  for (std::size_t at = fields.find(name); at != std::string::npos;
       at = fields.find(name, at + 1)) {
    const bool line_start = at == 0 || fields[at - 1] == '\n';
    if (line_start && fields.compare(at + name.size(), 1, ":") == 0) return true;
  }
  return false;
}

}  // namespace

std::string NewRequestId() {
  static const std::string process = Sha256Hex(RandomBytes(16)).substr(0, 10);
  static std::atomic<std::uint64_t> count{0};
  return process + "-" + std::to_string(count.fetch_add(1, std::memory_order_relaxed));
}

Context::Context(Shared* the_shared, Request the_request, Responder the_responder)
    : shared(*the_shared),
      request(std::move(the_request)),
      responder(std::move(the_responder)),
      began(MonotonicNow()) {}

ObjectReader Context::OptionalBody() const {
  return request.body().empty() ? ObjectReader("{}", shared.json_limits) : Body();
}

std::optional<Problem> Context::CheckOwner(std::span<const std::string_view> owners) const {
  Problem problem;
  switch (Authorize(route->access, principal ? &*principal : nullptr, owners)) {
    case Decision::allow:
    case Decision::allow_if_owner:
      return std::nullopt;
    case Decision::unauthenticated:
      problem.code = ProblemCode::unauthenticated;
      break;
    case Decision::forbidden:
      problem.code = ProblemCode::forbidden;
      break;
    case Decision::not_found:
      problem.code = ProblemCode::not_found;
      break;
  }
  return problem;
}

std::optional<Problem> Context::CheckOwner(std::string_view owner) const {
  return CheckOwner({&owner, 1});
}

void Context::SendJson(int status, std::string body) {
  Send(Response(status, kJson, std::move(body)));
}

void Context::SendJson(int status, std::string body, bool replayed) {
  Response response(status, kJson, std::move(body));
  if (replayed) response.Set("Idempotent-Replayed", "true");
  Send(std::move(response));
}

void Context::Refuse(ProblemCode code, std::string detail) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  Refuse(problem);
}

void Context::Refuse(const Problem& problem) { Send(ResponseTo(problem)); }

Response Context::ResponseTo(const Problem& told) const {
  const Problem problem = told.code == ProblemCode::overloaded ? Overloaded() : told;
  Response response = AnswerOf(problem, request_id);
  // Of a body that was not read the rest would be taken for the next request.
  if (problem.code == ProblemCode::body_too_large) response.set_close(true);
  return response;
}

Problem Context::Overloaded() const {
  constexpr std::uint64_t kRetryMax = 30;
  Problem problem;
  problem.code = ProblemCode::overloaded;
  const std::uint64_t per_second = std::max<std::uint64_t>(1, shared.decided_per_second);
  const std::uint64_t seconds = service().stats().queue_depth / per_second + 1;
  problem.retry_after_s = static_cast<int>(std::min(seconds, kRetryMax));
  return problem;
}

void Context::Send(Response response) {
  const bool packed = Compress(&response);
  if (!tag.empty()) {
    // Other bytes, another strong tag.
    response.Set("ETag", packed ? tag.substr(0, tag.size() - 1) + "-gzip\"" : tag);
  }
  Finish(std::move(response));
}

void Context::Finish(Response response) {
  AddCommonFields(&response);
  const int status = response.status();
  const std::size_t bytes = response.body().size();
  if (responder.Send(std::move(response))) Note(status, bytes);
}

// Only the first time counts, and then this is the request's loop: what is handed on again may have
// done something already.
void Context::HandOn(Stage stage) {
  Stage here = Stage::here;
  if (!stage_.compare_exchange_strong(here, stage)) return;
  shared.deadlines.Add(request.loop(), shared_from_this());
}

bool Context::Begin() {
  Stage before = Stage::waits;
  return stage_.compare_exchange_strong(before, Stage::works) || before != Stage::given_up;
}

// Runs beside whoever answers after all: what he may be writing is left alone.
void Context::GiveUp() {
  Problem problem;
  const bool undone = IsUndone() || IsRead();
  problem.code = undone ? ProblemCode::unavailable : ProblemCode::outcome_unknown;
  problem.detail = undone ? "nothing was done: the storage does not answer"
                          : "the storage does not answer: retry with the same key";
  problem.retry_after_s = 1;
  Finish(ResponseTo(problem));
}

bool Context::IsRead() const {
  return request.method() == Method::kGet || request.method() == Method::kHead;
}

// For certain, and for ever: it was not begun and will not be. Of an order nobody can say so: an
// earlier try with the same key may be in the commit that hangs.
bool Context::IsUndone() {
  Stage waits = Stage::waits;
  return stage_.compare_exchange_strong(waits, Stage::given_up);
}

// Whether it did.
bool Context::Compress(Response* response) const {
  const std::string_view body = response->body();
  const bool text = response->fields().find("Content-Type: image/") == std::string::npos;
  if (body.size() < kGzipFrom || !text) return false;
  if (!AcceptsGzip(request.Header("Accept-Encoding").value_or(""))) return false;
  auto packed = Gzip(body);
  if (!packed || packed->size() >= body.size()) return false;
  // Shared, because a shared body would win over one that is not.
  response->set_body(std::make_shared<const std::string>(std::move(*packed)));
  response->Set("Content-Encoding", "gzip");
  return true;
}

void Context::AddCommonFields(Response* response) const {
  response->Set("X-Request-Id", request_id);
  if (!HasField(*response, "Cache-Control")) response->Set("Cache-Control", "no-store");
  response->Set("X-Content-Type-Options", "nosniff");
  if (response->status() < 400 && stale) {
    response->Set("Cache-Status", "livedrops; hit; detail=stale");
  }
  if (limit.policy != nullptr) {
    response->Set("RateLimit-Policy", PolicyField(*limit.policy));
    response->Set("RateLimit", LimitField(*limit.policy, limit.decision));
  }
  const auto& origins = shared.config.server.cors_origins;
  response->Set("Vary", origins.empty() ? "Accept-Encoding" : "Accept-Encoding, Origin");
  if (origins.empty()) return;
  const auto origin = request.Header("Origin");
  if (!origin || std::ranges::find(origins, *origin) == origins.end()) return;
  response->Set("Access-Control-Allow-Origin", *origin);
  response->Set("Access-Control-Expose-Headers",
                "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, "
                "X-Request-Id");
}

void Context::Note(int status, std::size_t bytes) const {
  const std::chrono::nanoseconds took(MonotonicNow() - began);
  shared.requests.Count(route, status, took);
  if (!shared.log.WantsLine(status >= 500 ? LogLevel::warning : LogLevel::info)) return;
  thread_local std::string line;  // Its memory is used again.
  line.clear();
  JsonWriter json(&line);
  json.BeginObject().Member("event", "request").Member("at", shared.clock.Now());
  json.Member("id", request_id).Member("method", ToString(request.method()));
  // The path only: a query may hold what a log must not.
  json.Member("path", request.path()).Member("status", status);
  json.Member("us", std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  json.Member("bytes", bytes).Member("address", address.ToString());
  if (principal) json.Member("subject", principal->subject.view());
  json.EndObject();
  shared.log.Line(line);
}

}  // namespace livedrops::server
