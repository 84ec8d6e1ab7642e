// LD_ASSERT: a broken invariant is a bug in livedrops, never a wrong input.
//
// In debug builds, tests and the simulator it aborts. In release it records the break and goes on:
// the engine looks at it before each commit and refuses to write any more, while reads go on. A bug
// may neither kill the host nor go on selling.
#pragma once

#include <atomic>

namespace livedrops {

// The first invariant that broke in this process, or null.
const char* BrokenInvariant();
void ReportBrokenInvariant(const char* expression, const char* file, int line);

}  // namespace livedrops

#define LD_ASSERT(expression)                                              \
  do {                                                                     \
    if (!(expression)) [[unlikely]]                                        \
      ::livedrops::ReportBrokenInvariant(#expression, __FILE__, __LINE__); \
  } while (false)
