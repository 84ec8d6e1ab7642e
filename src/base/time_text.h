// Times as text: RFC 3339, UTC, with milliseconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "livedrops/types.h"

namespace livedrops {

constexpr std::size_t kTimeTextBytes = 24;

// Writes "2026-11-23T12:56:45.123Z" and returns the position after it. Years 0 to 9999.
char* WriteTime(Time time, char* out);
std::string ToText(Time time);

// Takes "2026-11-23T12:56:45Z" with any number of digits behind the second (finer than a
// millisecond is cut off), and offsets such as "+02:00". Nothing for any other text, for dates that
// do not exist, and for times outside the years 0 to 9999.
std::optional<Time> ParseTime(std::string_view text);

// True for a date that exists, "2026-02-28".
bool IsDate(std::string_view text);

}  // namespace livedrops
