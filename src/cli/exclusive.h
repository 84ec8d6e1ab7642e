// One at a time: work that goes wrong when two processes do it at once, though each of their
// commits is safe.
#pragma once

#include <functional>
#include <string>

#include "livedrops/status.h"

namespace livedrops::cli {

// Held by one process of this machine at a time, from Wait to the destructor or the end of the
// process, however it ends. It is a Unix socket in the kernel's abstract name space: no file stays
// behind. Processes on other machines, or in other network name spaces, do not know of it.
class Exclusive {
 public:
  Exclusive() = default;
  ~Exclusive();
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;

  // Waits until no other process holds `name` (up to 100 bytes); `on_wait` is called once when one
  // does. Errors: unavailable.
  Status Wait(const std::string& name, const std::function<void()>& on_wait);

 private:
  int socket_ = -1;
};

}  // namespace livedrops::cli
