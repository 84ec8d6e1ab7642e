#include "server/gateway/pipeline.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "server/gateway/handlers.h"
#include "server/gateway/negotiation.h"
#include "server/net/text.h"

namespace livedrops::server {
namespace {

constexpr RouteHandler kHandlers[] = {
#define X(id, method, path, kind, listener, access) &handle::id,
    LIVEDROPS_ROUTES(X)
#undef X
};

constexpr std::size_t kSegmentsMax = 8;  // No route has more than 4.

RouteMatch MatchOf(const Request& request, Listener listener) {
  std::array<std::string_view, kSegmentsMax> segments;
  const std::size_t count = request.segment_count();
  if (count > segments.size()) return {};
  for (std::size_t i = 0; i < count; ++i) segments[i] = request.segment(i);
  return MatchRoute(listener, request.method(), {segments.data(), count});
}

// An id of the client's own is kept when it is harmless in a log.
std::string RequestIdOf(const Request& request) {
  const auto given = request.Header("X-Request-Id");
  return given && UserId(*given).valid() ? std::string(*given) : NewRequestId();
}

IpAddress AddressOf(const Shared& shared, const Request& request) {
  const IpAddress peer = IpAddress::Parse(request.peer()).value_or(IpAddress());
  if (shared.trusted_proxies.empty()) return peer;
  std::vector<std::string_view> forwarded;
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    if (EqualsIgnoringCase(request.header_name(i), "X-Forwarded-For")) {
      forwarded.push_back(request.header_value(i));
    }
  }
  return ClientAddress(peer, forwarded, shared.trusted_proxies);
}

std::string MethodsOf(std::uint32_t bits) {
  std::string methods;
  for (unsigned i = 0; bits >> i != 0; ++i) {
    if ((bits >> i & 1U) == 0) continue;
    if (!methods.empty()) methods += ", ";
    methods += ToString(static_cast<Method>(i));
    if (static_cast<Method>(i) == Method::kGet) methods += ", HEAD";
  }
  return methods + ", OPTIONS";
}

// A browser's question before a request that it would not send otherwise.
void AnswerOptions(Context& context, std::uint32_t methods) {
  Response response(204);
  response.Set("Allow", MethodsOf(methods));
  const auto& origins = context.shared.config.server.cors_origins;
  const auto origin = context.request.Header("Origin");
  if (origin && std::ranges::find(origins, *origin) != origins.end()) {
    response.Set("Access-Control-Allow-Methods", MethodsOf(methods));
    response.Set("Access-Control-Allow-Headers",
                 "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
                 "Last-Event-ID, X-Request-Id");
    response.Set("Access-Control-Max-Age", "600");
  }
  context.Send(std::move(response));
}

void RefuseRoute(Context& context, std::uint32_t methods) {
  Problem problem;
  problem.code = methods == 0 ? ProblemCode::not_found : ProblemCode::method_not_allowed;
  if (methods == 0) return context.Refuse(problem);
  if (context.request.method() == Method::kOptions) return AnswerOptions(context, methods);
  Response response = AnswerOf(problem, context.request_id);
  response.Set("Allow", MethodsOf(methods));
  context.Send(std::move(response));
}

// The form that a route answers in.
std::string_view TypeOf(RouteId route) {
  switch (route) {
    case RouteId::docs:
      return "text/html";
    case RouteId::events:
      return "text/event-stream";
    case RouteId::metrics:
    case RouteId::livez:
    case RouteId::readyz:
      return "text/plain";
    default:
      return "application/json";
  }
}

bool IsAcceptable(const Context& context) {
  const auto accept = context.request.Header("Accept");
  const RouteId route = context.route->id;
  // A picture has the type it has; a socket has none.
  if (!accept || route == RouteId::media || route == RouteId::websocket) return true;
  return Accepts(*accept, TypeOf(route));
}

// The token as sent: nothing when there is none, empty when the field is not as it must be.
std::optional<std::string_view> TokenOf(const Request& request) {
  const auto field = request.Header("Authorization");
  if (!field) return std::nullopt;
  constexpr std::string_view kScheme = "Bearer ";
  const bool bearer = field->size() > kScheme.size() &&
                      EqualsIgnoringCase(field->substr(0, kScheme.size()), kScheme);
  if (!bearer || request.CountHeader("Authorization") != 1) return "";
  return Trim(field->substr(kScheme.size()));
}

std::optional<Problem> CheckRate(Context& context) {
  context.limit = context.shared.limits.Take(context.route->kind,
                                             context.principal ? &*context.principal : nullptr,
                                             context.address, context.began);
  if (context.limit.allowed()) return std::nullopt;
  Problem problem;
  problem.code = ProblemCode::rate_limited;
  problem.retry_after_s = static_cast<int>(context.limit.decision.retry_after_s);
  return problem;
}

std::optional<Problem> CheckRole(const Context& context) {
  Problem problem;
  switch (Authorize(context.route->access, context.principal ? &*context.principal : nullptr)) {
    case Decision::allow:
    case Decision::allow_if_owner:
      return std::nullopt;
    case Decision::unauthenticated:
      problem.code = ProblemCode::unauthenticated;
      break;
    case Decision::forbidden:
    case Decision::not_found:
      problem.code = ProblemCode::forbidden;
      break;
  }
  return problem;
}

std::optional<Problem> CheckType(const Request& request, RouteId route) {
  if (request.body().empty() && !request.body_too_large()) return std::nullopt;
  const std::string type = MediaType(request.Header("Content-Type").value_or(""));
  const bool fits = route == RouteId::put_media
                        ? type == "image/jpeg" || type == "image/png" || type == "image/webp"
                        : type == "application/json";
  if (fits) return std::nullopt;
  Problem problem;
  problem.code = ProblemCode::unsupported_media_type;
  problem.detail = route == RouteId::put_media ? "image/jpeg, image/png or image/webp is taken"
                                               : "application/json is taken";
  return problem;
}

Problem ProblemWith(ProblemCode code) {
  Problem problem;
  problem.code = code;
  return problem;
}

Problem ProblemOfToken(std::string_view reason) {
  if (reason != kStandingUnknown) return ProblemWith(ProblemCode::unauthenticated);
  Problem problem = ProblemWith(ProblemCode::unavailable);
  problem.retry_after_s = 1;
  return problem;
}

std::optional<Problem> Check(Context& context) {
  if (!IsAcceptable(context)) return ProblemWith(ProblemCode::not_acceptable);
  // The rate is the subject's, so the token is read first; that it is wrong is told afterwards.
  const auto token = TokenOf(context.request);
  std::string reason;
  const auto loop = static_cast<std::size_t>(context.request.loop());
  if (token && !token->empty()) {
    context.principal = context.shared.verifiers.at(loop)->Verify(*token, context.Now(), &reason);
  }
  if (auto problem = CheckRate(context)) return problem;
  if (token && !context.principal) return ProblemOfToken(reason);
  if (auto problem = CheckRole(context)) return problem;
  if (auto problem = CheckType(context.request, context.route->id)) return problem;
  if (context.request.body_too_large()) return ProblemWith(ProblemCode::body_too_large);
  return std::nullopt;
}

}  // namespace

RouteHandler HandlerOf(RouteId id) { return kHandlers[static_cast<std::size_t>(id)]; }

void Serve(Shared* shared, Listener listener, Request request, Responder responder) {
  const auto context = std::make_shared<Context>(shared, std::move(request), std::move(responder));
  context->request_id = RequestIdOf(context->request);
  context->address = AddressOf(*shared, context->request);
  const RouteMatch match = MatchOf(context->request, listener);
  if (match.route == nullptr) return RefuseRoute(*context, match.allowed_methods);
  context->route = match.route;
  context->parameter = match.parameter;
  if (listener == Listener::open) {
    if (shared->pressure.Sheds(context->request.loop(), *match.route)) {
      return context->Refuse(ProblemCode::overloaded);
    }
    if (const auto problem = Check(*context)) return context->Refuse(*problem);
  }
  try {
    HandlerOf(match.route->id)(*context);
  } catch (const std::exception& error) {  // A bug, or no memory: the responder answers 500.
    shared->log.Say(LogLevel::error, "request " + context->request_id + ": " + error.what());
    throw;
  }
}

std::size_t BodyLimit(const Config& config, const Request& request) {
  const RouteMatch match = MatchOf(request, Listener::open);
  const bool picture = match.route != nullptr && match.route->id == RouteId::put_media;
  return static_cast<std::size_t>(picture ? config.media.bytes_max : config.limits.body_bytes);
}

Response RefusalOf(int status, std::string_view detail) {
  Problem problem;
  problem.detail = detail;
  problem.code = status == 405   ? ProblemCode::method_not_allowed
                 : status == 413 ? ProblemCode::body_too_large
                 : status == 414 ? ProblemCode::uri_too_long
                 : status == 431 ? ProblemCode::headers_too_large
                                 : ProblemCode::invalid_field;
  if (problem.status() != status && status != 400) {
    // 408, 417, 426, 501, 505: of HTTP alone, without a page of ours.
    std::string body;
    JsonWriter(&body)
        .BeginObject()
        .Member("type", "about:blank")
        .Member("title", ReasonPhrase(status))
        .Member("status", status)
        .Member("detail", detail)
        .Member("code", RefusalCode(status))
        .EndObject();
    return Response(status, "application/problem+json", std::move(body));
  }
  return AnswerOf(problem);
}

}  // namespace livedrops::server
