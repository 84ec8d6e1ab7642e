#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace livedrops {
namespace {
std::atomic<const char*> broken{nullptr};
}  // namespace

const char* BrokenInvariant() { return broken.load(std::memory_order_relaxed); }

void ReportBrokenInvariant(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "livedrops: broken invariant: %s (%s:%d)\n", expression, file, line);
#ifdef LIVEDROPS_ABORT_ON_BROKEN_INVARIANT
  std::abort();
#else
  const char* none = nullptr;
  broken.compare_exchange_strong(none, expression);
#endif
}

}  // namespace livedrops
