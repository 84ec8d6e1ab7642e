// The system's clock and id source: the defaults of engine.h.
#include <openssl/rand.h>
#include <time.h>

#include <atomic>
#include <mutex>

#include "base/assert.h"
#include "base/hex.h"
#include "livedrops/spi/clock.h"
#include "livedrops/spi/id_source.h"

namespace livedrops {
namespace {

std::int64_t ReadMs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

// Wall time, bridged by the time since boot when somebody sets the clock back.
class WallClock : public Clock {
 public:
  Time Now() override {
    const std::int64_t offset = ReadMs(CLOCK_REALTIME) - ReadMs(CLOCK_BOOTTIME);
    std::int64_t best = offset_.load(std::memory_order_relaxed);
    while (offset > best && !offset_.compare_exchange_weak(best, offset)) {
    }
    return TimeFromMs(ReadMs(CLOCK_BOOTTIME) + std::max(offset, best));
  }

 private:
  std::atomic<std::int64_t> offset_{INT64_MIN};
};

class RandomIds : public IdSource {
 public:
  std::string NewId(Time now) override {
    std::array<std::uint8_t, 16> bytes;
    LD_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    const auto ms = static_cast<std::uint64_t>(ToMs(now));
    for (int i = 0; i < 6; ++i)
      bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0f));
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
    return OrderId(bytes).str();
  }
};

}  // namespace

Clock& SystemClock() {
  static WallClock clock;
  return clock;
}

IdSource& SystemIdSource() {
  static RandomIds ids;
  return ids;
}

}  // namespace livedrops
