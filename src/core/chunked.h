// Chunked: a vector whose elements never move and whose growth never stalls. Memory is touched only
// when it is used: many quiet drops cost little.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/assert.h"

namespace livedrops {

template <class T>
class Chunked {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copy_constructible_v<T>);

 public:
  std::uint32_t size() const { return size_; }
  T& operator[](std::uint32_t i) { return chunks_[i >> kBits][i & kMask]; }
  const T& operator[](std::uint32_t i) const { return chunks_[i >> kBits][i & kMask]; }
  T& back() { return (*this)[size_ - 1]; }

  T& PushBack(const T& value) {
    if ((size_ >> kBits) == chunks_.size()) {
      T* memory = static_cast<T*>(std::malloc((kMask + 1) * sizeof(T)));
      LD_ASSERT(memory != nullptr);
      chunks_.emplace_back(memory);
    }
    T& slot = (*this)[size_++];
    slot = value;
    return slot;
  }
  void PopBack() {
    LD_ASSERT(size_ > 0);
    --size_;
  }

 private:
  // 4,096 records of 64 bytes are 256 KiB, of which a quiet drop touches one page.
  static constexpr std::uint32_t kBits = 12;
  static constexpr std::uint32_t kMask = (1u << kBits) - 1;
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::vector<std::unique_ptr<T[], Free>> chunks_;
  std::uint32_t size_ = 0;
};

}  // namespace livedrops
