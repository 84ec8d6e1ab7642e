// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace livedrops {

// Bytes of the character at the front of the text, 1 to 4; 0 when there is none.
std::size_t Utf8Length(std::string_view text);

// Characters (code points) of the text. A byte that begins no character counts as one.
std::size_t Characters(std::string_view text);

}  // namespace livedrops
