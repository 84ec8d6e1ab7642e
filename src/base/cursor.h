// Cursors: positions in lists, sealed with the shop's secret. A cursor is bound to its list and
// filter; anything else is refused.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "livedrops/status.h"

namespace livedrops {

using CursorSecret = std::array<std::uint8_t, 32>;

// `list` names the list and its filter, `position` the last element seen.
std::string SealCursor(const CursorSecret& secret, std::string_view list,
                       std::string_view position);
// The position. Errors: invalid_argument.
Result<std::string> OpenCursor(const CursorSecret& secret, std::string_view list,
                               std::string_view cursor);

}  // namespace livedrops
