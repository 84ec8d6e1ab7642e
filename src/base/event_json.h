// An event as one line of JSON: CONTRACT §5 with what the audit knows besides. `livedrops events
// --json` and the transports write the same text.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/reply.h"

namespace livedrops {

// Appends {"type":…,"eventId":…,…}, without a line end. With an epoch it is the last member: then
// the line alone tells its position. Bytes that are not UTF-8 become U+FFFD.
void AppendEventJson(const Event& event, std::string_view epoch, std::string* out);

}  // namespace livedrops
