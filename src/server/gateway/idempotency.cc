#include "server/gateway/idempotency.h"

#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

constexpr const char* kHeader = "Idempotency-Key";

}  // namespace

std::optional<Problem> ReadKey(const Context& context, Key* key) {
  const auto field = context.request.Header(kHeader);
  if (!field) return std::nullopt;
  if (context.request.CountHeader(kHeader) > 1) {
    return InvalidField(kHeader, "must be there once");
  }
  *key = Key(*field);
  if (key->valid()) return std::nullopt;
  return InvalidField(kHeader,
                      "must be 1 to 255 visible ASCII characters, not \"" + Shown(*field) + "\"");
}

std::optional<Problem> ReadNeededKey(const Context& context, const Key& in_body, Key* key) {
  if (auto problem = ReadKey(context, key)) return problem;
  if (!key->empty() && !in_body.empty() && *key != in_body) {
    return InvalidField("/idempotencyKey", "differs from the Idempotency-Key header");
  }
  if (key->empty()) *key = in_body;
  if (!key->empty()) return std::nullopt;
  Problem problem;
  problem.code = ProblemCode::missing_idempotency_key;
  return problem;
}

}  // namespace livedrops::server
