#include "cli/stop.h"

#include <atomic>
#include <csignal>

namespace livedrops::cli {
namespace {

std::atomic<bool> stopped{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // A signal handler may touch it.

}  // namespace

void StopOnSignals() {
  std::signal(SIGINT, [](int) { stopped = true; });
  std::signal(SIGTERM, [](int) { stopped = true; });
}

bool Stopped() { return stopped; }

}  // namespace livedrops::cli
