// The defaults of EngineOptions that are objects.
#pragma once

#include "livedrops/engine.h"

namespace livedrops {

inline EngineOptions WithDefaults(EngineOptions options) {
  if (options.clock == nullptr) options.clock = &SystemClock();
  if (options.ids == nullptr) options.ids = &SystemIdSource();
  return options;
}

}  // namespace livedrops
