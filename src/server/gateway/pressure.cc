#include "server/gateway/pressure.h"

#include <algorithm>

namespace livedrops::server {
namespace {

// Measured ten times a second, an old value has lost two thirds of its weight after a second.
constexpr MonotonicNs kSmoothing = 10;

bool IsList(RouteId route) {
  switch (route) {
    case RouteId::products:
    case RouteId::drops:
    case RouteId::followers:
    case RouteId::following:
    case RouteId::drop_orders:
    case RouteId::orders:
    case RouteId::notifications:
    case RouteId::audit:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Pressure::Measure(int loop, double queue_share, MonotonicNs now) {
  Loop& measured = loops_.at(static_cast<std::size_t>(loop));
  const MonotonicNs sent = measured.sent.load(std::memory_order_acquire);
  // A loop that does not even answer is at least so far behind.
  const MonotonicNs lag = std::max(measured.lag.load(), sent == 0 ? 0 : now - sent);
  measured.smoothed += (lag - measured.smoothed) / kSmoothing;
  Level level = kNothing;
  if (queue_share >= limits_.lists_queue || measured.smoothed >= limits_.lists_lag_ns)
    level = kLists;
  if (queue_share >= limits_.reads_queue || measured.smoothed >= limits_.reads_lag_ns)
    level = kReads;
  measured.level.store(level, std::memory_order_relaxed);
  if (sent != 0) return false;
  measured.sent.store(now, std::memory_order_release);
  return true;
}

void Pressure::Answer(int loop, MonotonicNs now) {
  Loop& measured = loops_.at(static_cast<std::size_t>(loop));
  measured.lag.store(now - measured.sent.load());
  measured.sent.store(0, std::memory_order_release);
}

bool Pressure::Sheds(int loop, const Route& route) const {
  const Level level =
      loops_.at(static_cast<std::size_t>(loop)).level.load(std::memory_order_relaxed);
  if (level == kNothing || route.kind != RouteClass::read) return false;
  return level == kReads || IsList(route.id);
}

}  // namespace livedrops::server
