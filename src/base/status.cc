#include "livedrops/status.h"

namespace livedrops {

std::string_view ToString(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kInvalidArgument:
      return "invalid_argument";
    case StatusCode::kNotFound:
      return "not_found";
    case StatusCode::kClosed:
      return "closed";
    case StatusCode::kOverloaded:
      return "overloaded";
    case StatusCode::kUnavailable:
      return "unavailable";
    case StatusCode::kOutcomeUnknown:
      return "outcome_unknown";
    case StatusCode::kCorrupt:
      return "corrupt";
    case StatusCode::kUnsupported:
      return "unsupported";
    case StatusCode::kBrokenInvariant:
      return "broken_invariant";
    case StatusCode::kFenced:
      return "fenced";
  }
  return "unknown";
}

std::string Status::ToString() const {
  std::string text(livedrops::ToString(code_));
  if (!message_.empty()) text.append(": ").append(message_);
  return text;
}

}  // namespace livedrops
