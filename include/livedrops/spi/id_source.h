// IdSource: where ids come from that a caller did not bring.
#pragma once

#include <string>

#include "livedrops/types.h"

namespace livedrops {

// Threading: called by one thread at a time.
class IdSource {
 public:
  virtual ~IdSource() = default;
  // A new id, never given before: a UUIDv7 of `now` by default.
  virtual std::string NewId(Time now) = 0;
};

// UUIDv7 from the system's random source.
IdSource& SystemIdSource();

}  // namespace livedrops
