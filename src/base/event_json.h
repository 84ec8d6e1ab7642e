// Events as JSON: what every form of CONTRACT §5 has, and one line with what the audit knows
// besides, which `livedrops events --json` and the transports write.
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "livedrops/reply.h"

namespace livedrops {

// dropId, creatorId, orderId and userId, those that there are.
void WriteSubjects(const Event& event, JsonWriter* json);
// type, eventId, the subjects, at and offset.
void WriteCommonMembers(const Event& event, JsonWriter* json);

// Appends {"type":…,"eventId":…,…}, without a line end. With an epoch it is the last member: then
// the line alone tells its position. Bytes that are not UTF-8 become U+FFFD.
void AppendEventJson(const Event& event, std::string_view epoch, std::string* out);

}  // namespace livedrops
