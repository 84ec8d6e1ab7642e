// ReadCache: what was read from the storage a moment ago, by key. It saves reads and decides
// nothing: orders never look at it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "livedrops/status.h"

namespace livedrops::server {

struct ReadCacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // With those who waited for another's read.
  std::uint64_t stale = 0;   // Old ones that were given out because the storage could not be read.
};

// How large a kept value is, in bytes. Values with texts have an overload of their own.
template <class Value>
std::size_t WeightOf(const Value& value) {
  return sizeof value;
}

// A storage that could not be read is not asked again for a moment: asking may take long.
// Threading: any thread.
class Outage {
 public:
  using Clock = std::chrono::steady_clock;

  void Begin() { until_ = (Clock::now() + kPause).time_since_epoch().count(); }
  void End() {
    if (until_.load(std::memory_order_relaxed) != 0) until_ = 0;
  }
  bool Lasts() const {
    const auto until = until_.load(std::memory_order_relaxed);
    return until != 0 && Clock::now().time_since_epoch().count() < until;
  }

 private:
  static constexpr std::chrono::milliseconds kPause{250};
  std::atomic<Clock::rep> until_{0};
};

template <class Value>
struct Cached {
  std::shared_ptr<const Value> value;
  bool stale = false;  // Older than it should be: the storage cannot be read.
};

struct ReadCacheLimits {
  std::chrono::milliseconds ttl{1000};
  std::size_t entries_max = 4096;
  std::size_t bytes_max = std::size_t{64} << 20;
};

// An entry is fresh for `ttl` at most, and until Forget, which whoever changed the thing calls
// before he answers: so a client that knows of a change sees it in its next read. What is no longer
// fresh is kept for a minute: it is given out, marked as stale, while the storage cannot be read.
//
// Readers of one key at a time read it once. Reads are numbered in the order in which they began: a
// value never replaces one that was read later, and is not fresh when Forget came meanwhile.
//
// Threading: any thread. Locking: one of 16 locks, held for a look-up.
template <class Value>
class ReadCache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds kStaleFor{60};

  // `outage`, shared by caches of one storage, may be null; else it must outlive this.
  explicit ReadCache(const ReadCacheLimits& limits, Outage* outage = nullptr)
      : limits_(limits), outage_(outage) {}

  // The value, from here or from `load()`, which returns a Result<Ptr>. Errors: those of `load`,
  // when nothing is kept that could stand in.
  template <class Load>
  Result<Cached<Value>> Get(std::string_view key, Load load) {
    Part& part = PartOf(key);
    std::shared_ptr<Flight> flight;
    bool mine = false;
    {
      const std::lock_guard lock(part.mutex);
      Entry& entry = EntryOf(part, key);
      if (entry.value != nullptr && Clock::now() < entry.fresh_until) {
        hits_.fetch_add(1, std::memory_order_relaxed);
        return Cached<Value>{entry.value};
      }
      mine = entry.flight == nullptr;
      if (mine) entry.flight = std::make_shared<Flight>(++part.begun);
      flight = entry.flight;
    }
    misses_.fetch_add(1, std::memory_order_relaxed);
    const Result<Ptr> read = mine ? Fly(part, key, flight, load) : flight->landed.get();
    return read.ok() ? Result<Cached<Value>>(Cached<Value>{*read}) : OrStale(part, key, read);
  }

  // The value if it is here and fresh: costs a look-up and no read.
  Ptr Fresh(std::string_view key) {
    Part& part = PartOf(key);
    const std::lock_guard lock(part.mutex);
    const auto found = part.entries.find(key);
    if (found == part.entries.end() || found->second.value == nullptr ||
        Clock::now() >= found->second.fresh_until) {
      return nullptr;
    }
    hits_.fetch_add(1, std::memory_order_relaxed);
    return found->second.value;
  }

  // For what nothing makes the cache forget: always reads, and keeps it for when that fails.
  template <class Load>
  Result<Cached<Value>> GetNow(std::string_view key, Load load) {
    Part& part = PartOf(key);
    std::shared_ptr<Flight> flight;
    {
      const std::lock_guard lock(part.mutex);
      EntryOf(part, key);
      flight = std::make_shared<Flight>(++part.begun);
    }
    misses_.fetch_add(1, std::memory_order_relaxed);
    const Result<Ptr> read = Fly(part, key, flight, load);
    return read.ok() ? Result<Cached<Value>>(Cached<Value>{*read}) : OrStale(part, key, read);
  }

  // It changed. A read under way does not count as fresh; nobody new waits for it.
  void Forget(std::string_view key) {
    Part& part = PartOf(key);
    const std::lock_guard lock(part.mutex);
    if (const auto found = part.entries.find(key); found != part.entries.end()) {
      found->second.Forget();
    }
  }

  void ForgetAll() {
    for (Part& part : parts_) {
      const std::lock_guard lock(part.mutex);
      for (auto& [key, entry] : part.entries) entry.Forget();
    }
  }

  // It is gone: not even a stale one may be seen.
  void Erase(std::string_view key) {
    Part& part = PartOf(key);
    const std::lock_guard lock(part.mutex);
    const auto found = part.entries.find(key);
    if (found == part.entries.end()) return;
    part.bytes -= found->second.bytes;
    part.entries.erase(found);
  }

  void EraseAll() {
    for (Part& part : parts_) {
      const std::lock_guard lock(part.mutex);
      part.Clear();
    }
  }

  ReadCacheCounters counters() const {
    return {hits_.load(std::memory_order_relaxed), misses_.load(std::memory_order_relaxed),
            stale_.load(std::memory_order_relaxed)};
  }

 private:
  static constexpr std::size_t kParts = 16;

  // A read under way, and who waits for it.
  struct Flight {
    explicit Flight(std::uint64_t the_number)
        : number(the_number), landed(promise.get_future().share()) {}
    const std::uint64_t number;
    const Clock::time_point began = Clock::now();
    std::promise<Result<Ptr>> promise;
    const std::shared_future<Result<Ptr>> landed;
  };
  struct Entry {
    void Forget() {
      fresh_until = {};
      flight = nullptr;
    }
    Ptr value;
    std::uint64_t number = 0;  // Of the read that it comes from.
    std::size_t bytes = 0;
    Clock::time_point read_at;
    Clock::time_point fresh_until;
    std::shared_ptr<Flight> flight;
  };
  struct HashOf {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  struct Part {
    void Clear() {
      entries.clear();
      bytes = 0;
    }
    std::mutex mutex;
    std::uint64_t begun = 0;  // Reads.
    std::size_t bytes = 0;
    std::unordered_map<std::string, Entry, HashOf, std::equal_to<>> entries;
  };

  Part& PartOf(std::string_view key) { return parts_[HashOf()(key) % kParts]; }

  // An entry that goes while it is read is not kept: room is made before, never after.
  Entry& EntryOf(Part& part, std::string_view key) {
    if (const auto found = part.entries.find(key); found != part.entries.end()) {
      return found->second;
    }
    if (part.entries.size() > limits_.entries_max / kParts ||
        part.bytes > limits_.bytes_max / kParts) {
      MakeRoom(part);
    }
    return part.entries[std::string(key)];
  }

  void MakeRoom(Part& part) {
    const auto oldest = Clock::now() - kStaleFor;
    std::erase_if(part.entries, [&](const auto& entry) {
      const bool old = entry.second.read_at < oldest && entry.second.flight == nullptr;
      if (old) part.bytes -= entry.second.bytes;
      return old;
    });
    // All of it is in use: beginning anew costs nothing but reads.
    if (part.entries.size() > limits_.entries_max / kParts ||
        part.bytes > limits_.bytes_max / kParts) {
      part.Clear();
    }
  }

  // Reads, keeps what was read, tells who waits. `load` may throw, by having no memory: then they
  // hear of it too.
  template <class Load>
  Result<Ptr> Fly(Part& part, std::string_view key, const std::shared_ptr<Flight>& flight,
                  Load& load) {
    Result<Ptr> read = Status(StatusCode::kUnavailable, "not read");
    try {
      if (outage_ == nullptr || !outage_->Lasts()) read = load();
    } catch (...) {
      flight->promise.set_exception(std::current_exception());
      Land(part, key, *flight, nullptr);
      throw;
    }
    if (outage_ != nullptr && !outage_->Lasts()) {
      CannotBeRead(read.status()) ? outage_->Begin() : outage_->End();
    }
    Land(part, key, *flight, read.ok() ? *read : nullptr);
    flight->promise.set_value(read);
    return read;
  }

  void Land(Part& part, std::string_view key, const Flight& flight, Ptr value) {
    const std::lock_guard lock(part.mutex);
    const auto found = part.entries.find(key);
    if (found == part.entries.end()) return;
    Entry& entry = found->second;
    const bool current = entry.flight.get() == &flight;
    if (current) entry.flight = nullptr;
    if (entry.value == nullptr && value == nullptr && entry.flight == nullptr) {
      part.entries.erase(found);
    }
    if (value == nullptr || entry.number > flight.number) return;
    const std::size_t bytes = WeightOf(*value) + key.size() + sizeof(Entry);
    part.bytes += bytes - entry.bytes;
    entry.bytes = bytes;
    entry.value = std::move(value);
    entry.number = flight.number;
    entry.read_at = flight.began;
    entry.fresh_until = current ? flight.began + limits_.ttl : Clock::time_point();
  }

  Result<Cached<Value>> OrStale(Part& part, std::string_view key, const Result<Ptr>& read) {
    if (!CannotBeRead(read.status())) return read.status();
    const std::lock_guard lock(part.mutex);
    const auto found = part.entries.find(key);
    if (found == part.entries.end() || found->second.value == nullptr ||
        found->second.read_at + kStaleFor < Clock::now()) {
      return read.status();
    }
    stale_.fetch_add(1, std::memory_order_relaxed);
    return Cached<Value>{found->second.value, true};
  }

  // As opposed to: there is no such thing, or it was asked for wrongly.
  static bool CannotBeRead(const Status& status) {
    return !status.ok() && status.code() != StatusCode::kNotFound &&
           status.code() != StatusCode::kInvalidArgument;
  }

  const ReadCacheLimits limits_;
  Outage* const outage_;
  std::array<Part, kParts> parts_;
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
  std::atomic<std::uint64_t> stale_{0};
};

}  // namespace livedrops::server
