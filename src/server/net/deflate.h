// The raw deflate of permessage-deflate (RFC 7692), without context takeover: every message stands
// alone, so that a deflated message is the same for every receiver.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace livedrops::server {

// Empty when zlib fails (out of memory).
std::string DeflateMessage(std::string_view message);

enum class Inflated : unsigned char { kOk, kTooLarge, kMalformed };

// Appends to `out`, never more than `bytes_max` in all: a bomb stops there.
Inflated InflateMessage(std::string_view deflated, std::size_t bytes_max, std::string* out);

// Whether one of the client's offers (Sec-WebSocket-Extensions) can be met with both sides'
// contexts dropped after each message and windows of the default size.
bool CanDeflate(std::string_view offers);

}  // namespace livedrops::server
