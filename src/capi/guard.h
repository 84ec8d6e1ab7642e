// Guard: the one way out of every exported function. No exception passes it; every failure is told
// in the caller's ld_error_t.
#pragma once

#include <string_view>

#include "livedrops/c.h"
#include "livedrops/status.h"

namespace livedrops::capi {

// Writes the status, with its message cut to what fits, if there is an error to write to.
ld_status_t Tell(const Status& status, ld_error_t* error) noexcept;
// Tells the exception that is being handled.
ld_status_t TellException(ld_error_t* error) noexcept;

// True for well-formed UTF-8 without NUL.
bool IsUtf8(std::string_view text);

template <class Body>
ld_status_t Guard(ld_error_t* error, Body body) noexcept {
  try {
    return Tell(body(), error);
  } catch (...) {
    return TellException(error);
  }
}

}  // namespace livedrops::capi
