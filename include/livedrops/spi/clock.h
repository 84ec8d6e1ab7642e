// Clock: the only source of time. The engine never asks the system.
#pragma once

#include "livedrops/types.h"

namespace livedrops {

// Threading: Now may be called by any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC now. It may go back; engine time does not: max(clock, time of the last commit).
  virtual Time Now() = 0;
};

// The system's clock: never back and never frozen while the process lives. A step forward of the
// system's clock is taken at once, a step back is bridged by the time since boot.
Clock& SystemClock();

}  // namespace livedrops
