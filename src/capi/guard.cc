#include "capi/guard.h"

#include <cstring>
#include <new>
#include <system_error>

namespace livedrops::capi {
namespace {

// Bytes of the character that `text` begins with; 0 when it is none.
// https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf, table 3-7
std::size_t CharacterBytes(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
  const bool surrogate = lead == 0xed && at(1) >= 0xa0;
  const bool too_big = lead == 0xf4 && at(1) >= 0x90;
  return overlong || surrogate || too_big ? 0 : length;
}

// One line of UTF-8, whatever the message quotes.
void CopyMessage(std::string_view from, char (&to)[LD_MESSAGE_SIZE]) {
  std::size_t size = 0;
  while (!from.empty()) {
    const std::size_t known = CharacterBytes(from);
    const std::size_t bytes = known == 0 ? 1 : known;
    if (size + bytes >= sizeof to) break;
    const bool printable = known > 1 || (known == 1 && from[0] >= 0x20 && from[0] != 0x7f);
    if (printable) std::memcpy(to + size, from.data(), bytes);
    if (!printable) to[size] = '?';
    size += bytes;
    from.remove_prefix(bytes);
  }
  to[size] = '\0';
}

// The codes have the same numbers (names.cc); a storage's word to the engine is none of ours.
ld_status_t CodeOf(StatusCode code) {
  if (code == StatusCode::kFenced) return LD_UNAVAILABLE;
  return static_cast<ld_status_t>(code);
}

ld_status_t Tell(ld_status_t code, std::string_view message, ld_error_t* error) noexcept {
  if (error != nullptr) {
    error->code = code;
    CopyMessage(message, error->message);
  }
  return code;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

ld_status_t Tell(const Status& status, ld_error_t* error) noexcept {
  return Tell(CodeOf(status.code()), status.message(), error);
}

ld_status_t TellException(ld_error_t* error) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Tell(LD_UNAVAILABLE, "out of memory", error);
  } catch (const std::system_error& e) {  // No thread or lock to be had.
    return Tell(LD_UNAVAILABLE, e.what(), error);
  } catch (const std::exception& e) {
    return Tell(LD_BROKEN_INVARIANT, e.what(), error);
  } catch (...) {
    return Tell(LD_BROKEN_INVARIANT, "unknown exception", error);
  }
}

}  // namespace livedrops::capi
