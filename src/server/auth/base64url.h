// base64url without padding, RFC 4648 §5, in its canonical form only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace livedrops::server {

std::string ToBase64Url(std::string_view bytes);

// Nothing for padding, blanks, other characters, an impossible length, or bits set behind the last
// byte: one value has one text, so that a token cannot be written in two ways.
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace livedrops::server
