// ReadCache: what was read from the storage a moment ago, by key. It saves reads and decides
// nothing: orders never look at it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace livedrops::server {

struct ReadCacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

// An entry is given out for `ttl` at most, and not after Forget, which whoever changed the thing
// calls before he answers: so a client that knows of a change sees it in its next read. A value
// that was read before a Forget and comes after it is not kept: an older one never replaces a newer
// one.
//
// Threading: any thread. Locking: one of 16 locks, held for a look-up.
template <class Value>
class ReadCache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  using Clock = std::chrono::steady_clock;

  // About `entries_max` are kept; when a part of the cache is full, it begins anew.
  ReadCache(std::chrono::milliseconds ttl, std::size_t entries_max)
      : ttl_(ttl), entries_of_part_max_(entries_max / kParts + 1) {}

  // The value, from here or from `load(Ptr*)`, which returns a Status; what failed is not kept.
  template <class Load>
  auto Get(std::string_view key, Ptr* out, Load load) {
    Part& part = PartOf(key);
    std::uint64_t generation = 0;
    {
      const std::lock_guard lock(part.mutex);
      const auto found = part.entries.find(std::string(key));
      if (found != part.entries.end() && Clock::now() < found->second.fresh_until) {
        hits_.fetch_add(1, std::memory_order_relaxed);
        *out = found->second.value;
        return decltype(load(out))();
      }
      generation = part.generation;
    }
    misses_.fetch_add(1, std::memory_order_relaxed);
    auto status = load(out);
    if (!status.ok()) return status;
    const std::lock_guard lock(part.mutex);
    if (part.generation != generation) return status;
    if (part.entries.size() >= entries_of_part_max_) part.entries.clear();
    part.entries[std::string(key)] = {*out, Clock::now() + ttl_};
    return status;
  }

  void Forget(std::string_view key) {
    Part& part = PartOf(key);
    const std::lock_guard lock(part.mutex);
    ++part.generation;
    part.entries.erase(std::string(key));
  }

  void ForgetAll() {
    for (Part& part : parts_) {
      const std::lock_guard lock(part.mutex);
      ++part.generation;
      part.entries.clear();
    }
  }

  ReadCacheCounters counters() const {
    return {hits_.load(std::memory_order_relaxed), misses_.load(std::memory_order_relaxed)};
  }

 private:
  static constexpr std::size_t kParts = 16;

  struct Entry {
    Ptr value;
    Clock::time_point fresh_until;
  };
  struct Part {
    std::mutex mutex;
    std::uint64_t generation = 0;  // Of Forget.
    std::unordered_map<std::string, Entry> entries;
  };

  Part& PartOf(std::string_view key) { return parts_[std::hash<std::string_view>()(key) % kParts]; }

  const std::chrono::milliseconds ttl_;
  const std::size_t entries_of_part_max_;
  std::array<Part, kParts> parts_;
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
};

}  // namespace livedrops::server
