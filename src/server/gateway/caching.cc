#include "server/gateway/caching.h"

#include <algorithm>

#include "server/auth/crypto.h"
#include "server/gateway/negotiation.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kTagDigits = 20;  // 80 bits: no two answers meet by chance.

std::string Short(std::string_view text) { return Sha256Hex(text).substr(0, kTagDigits); }

std::string Quoted(std::string tag, std::string_view form) {
  if (!form.empty()) tag.append("-").append(Short(form));
  return "\"" + tag + "\"";
}

}  // namespace

void TagBuilder::Add(const Drop& drop) {
  text_.append(drop.id.view()).append(TagOf(drop)).append(",");
  changes_at_ = std::min(changes_at_, NextChangeOf(drop, now_));
}

void TagBuilder::Add(const Product& product) {
  text_.append(product.id.view()).append(TagOf(product)).append(",");
}

void TagBuilder::Add(std::string_view text) { text_.append(text).append(","); }

std::string TagBuilder::Take() const { return "\"" + Short(text_) + "\""; }

std::string TagOf(const Drop& drop, std::string_view form) {
  return Quoted(std::to_string(drop.version) + "-" + std::string(ToString(drop.status)), form);
}

std::string TagOf(const Product& product, std::string_view form) {
  return Quoted(std::to_string(product.version), form);
}

Time NextChangeOf(const Drop& drop, Time now) {
  if (drop.start_time > now) return drop.start_time;
  return drop.end_time > now ? drop.end_time : Time::max();
}

std::string_view CacheUntil(Time changes_at, Time now) {
  // A cache counts whole seconds: one that reaches past the moment is too long.
  return changes_at - now < std::chrono::seconds(1) ? "public, max-age=0" : "public, max-age=1";
}

void AnswerPublic(Context& context, std::string body, const std::string& tag,
                  std::string_view cache_control) {
  AnswerPublic(context, std::make_shared<const std::string>(std::move(body)), tag, cache_control);
}

void AnswerPublic(Context& context, std::shared_ptr<const std::string> body, const std::string& tag,
                  std::string_view cache_control) {
  // How many requests one client has left is nothing for a shared cache.
  if (context.limit.policy != nullptr) context.limit = {};
  const auto known = context.request.Header("If-None-Match");
  Response response(200);
  if (known && HasTag(*known, tag)) {
    response.set_status(304);
  } else {
    response.Set("Content-Type", "application/json");
    response.set_body(std::move(body));
  }
  // What is old here must not grow older in the caches of others.
  if (!context.stale) response.Set("Cache-Control", cache_control);
  context.tag = tag;
  context.Send(std::move(response));
}

void AnswerThing(Context& context, int status, std::string body, const std::string& tag,
                 bool replayed) {
  Response response(status, "application/json", std::move(body));
  context.tag = tag;
  if (replayed) response.Set("Idempotent-Replayed", "true");
  context.Send(std::move(response));
}

std::optional<std::uint64_t> WantedVersionOf(const Context& context, std::uint64_t present,
                                             std::optional<Problem>* problem) {
  const auto field = context.request.Header("If-Match");
  if (!field) return std::nullopt;
  const WantedVersion wanted = ParseIfMatch(*field, present);
  if (wanted.any) return std::nullopt;
  if (wanted.version && *wanted.version == present) return wanted.version;
  problem->emplace().code = ProblemCode::precondition_failed;
  return std::nullopt;
}

}  // namespace livedrops::server
