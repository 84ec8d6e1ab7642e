// OutQueue: bytes on their way to one socket. What is shared stays shared; small things are joined.
#pragma once

#include <uv.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace livedrops::server {

class OutQueue {
 public:
  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }

  // Copies; for heads and other small things, which are then written together.
  void Append(std::string_view bytes);
  // Refers to bytes that `owner` keeps alive.
  void Push(std::shared_ptr<const void> owner, std::string_view bytes);
  void PushOwned(std::string bytes);

  // Describes what is at the front: at most `buffers_max` ranges and `bytes_max` bytes, but one
  // range at least. Returns the number of ranges. With `pin` they stay where they are until
  // consumed.
  unsigned Gather(uv_buf_t* buffers, unsigned buffers_max, std::size_t bytes_max, bool pin);
  void Consume(std::size_t bytes);

  // Forgets what was not begun: keeps the first `bytes` and the rest of the entry they end in.
  void DropBehind(std::size_t bytes);

 private:
  struct Entry {
    std::shared_ptr<const void> owner;
    std::string_view bytes;
  };

  void Seal();
  void Compact();

  std::vector<Entry> entries_;  // The first `begin_` are consumed.
  std::size_t begin_ = 0;
  bool begun_ = false;  // Of the first entry a part is gone.
  std::string tail_;    // Behind the entries; keeps its room when it was written.
  std::size_t bytes_ = 0;
};

}  // namespace livedrops::server
