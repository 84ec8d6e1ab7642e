// SimClock and SequentialIds: time and ids that a test controls (EngineOptions).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "livedrops/spi/clock.h"
#include "livedrops/spi/id_source.h"

namespace livedrops {

// Stands still until it is told otherwise. It may be set back, as a system's clock may.
// Threading: any thread.
class SimClock : public Clock {
 public:
  explicit SimClock(Time now = TimeFromMs(1'700'000'000'000)) : now_ms_(ToMs(now)) {}

  Time Now() override { return TimeFromMs(now_ms_.load()); }
  void Set(Time now) { now_ms_.store(ToMs(now)); }
  void Advance(Duration by) { now_ms_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> now_ms_;
};

// UUIDv7s that count 1, 2, 3 after the time. Sources with different numbers never give the same id.
// Threading: one thread at a time.
class SequentialIds : public IdSource {
 public:
  explicit SequentialIds(std::uint16_t source = 0) : source_(source) {}

  std::string NewId(Time now) override {
    std::array<std::uint8_t, 16> bytes{};
    Put(static_cast<std::uint64_t>(ToMs(now)), 0, 6, &bytes);
    Put(0x7000, 6, 2, &bytes);  // Version 7.
    Put(std::uint64_t{0x8000} << 16 | source_, 8, 4, &bytes);
    Put(++count_, 12, 4, &bytes);
    return OrderId(bytes).str();
  }

 private:
  // Writes `size` bytes, the most significant first.
  static void Put(std::uint64_t value, std::size_t at, std::size_t size,
                  std::array<std::uint8_t, 16>* bytes) {
    for (std::size_t i = size; i-- > 0; value >>= 8) {
      (*bytes)[at + i] = static_cast<std::uint8_t>(value);
    }
  }

  std::uint16_t source_;
  std::uint32_t count_ = 0;
};

}  // namespace livedrops
