#include "storage/memory/memory_database.h"

#include <random>

#include "base/hex.h"

namespace livedrops {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): one seed gives the same epoch and secret everywhere.
std::uint64_t NextRandom(std::uint64_t* state) {
  std::uint64_t value = *state += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::uint8_t RandomByte(std::uint64_t* state, std::random_device* device) {
  return static_cast<std::uint8_t>(device != nullptr ? (*device)() : NextRandom(state));
}

ShopInfo MakeInfo(std::uint64_t seed) {
  std::optional<std::random_device> device;
  if (seed == 0) device.emplace();
  std::random_device* const source = device ? &*device : nullptr;
  ShopInfo info;
  std::array<std::uint8_t, 8> epoch{};
  for (std::uint8_t& byte : epoch) byte = RandomByte(&seed, source);
  for (std::uint8_t& byte : info.secret) byte = RandomByte(&seed, source);
  info.epoch = ToHex(epoch);
  return info;
}

}  // namespace

MemoryDatabase::MemoryDatabase(const MemoryOptions& options)
    : info_(MakeInfo(options.seed)), wait_for_lock_(options.wait_for_lock) {}

Status MemoryDatabase::TakeWriteLock(const void* owner, Duration deadline) {
  std::unique_lock guard(mutex);
  const auto is_free = [&] { return lock_owner_ == nullptr || lock_owner_ == owner; };
  if (!is_free() && wait_for_lock_) lock_released_.wait_for(guard, deadline, is_free);
  if (!is_free()) return {StatusCode::kUnavailable, "another process holds the write lock"};
  lock_owner_ = owner;
  return OkStatus();
}

void MemoryDatabase::ReleaseWriteLock(const void* owner) {
  const std::lock_guard guard(mutex);
  if (lock_owner_ != owner) return;
  lock_owner_ = nullptr;
  lock_released_.notify_one();
}

std::shared_ptr<MemoryDatabase> NewMemoryDatabase(const MemoryOptions& options) {
  return std::make_shared<MemoryDatabase>(options);
}

}  // namespace livedrops
