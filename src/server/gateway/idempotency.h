// The idempotency key of a request: in the Idempotency-Key header, or for orders in the body.
#pragma once

#include <optional>

#include "server/gateway/context.h"

namespace livedrops::server {

// The header's key; empty without one. Errors: a key that is none, two different ones.
std::optional<Problem> ReadKey(const Context& context, Key* key);
// The same, and the key must be there; `in_body` counts too, and must not be another one.
std::optional<Problem> ReadNeededKey(const Context& context, const Key& in_body, Key* key);

}  // namespace livedrops::server
