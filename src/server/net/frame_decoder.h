// FrameDecoder: wslay's frame parser, fed from a buffer. About 4 KiB each, needed only while a
// frame is incomplete; so idle sockets borrow none, and a loop has few.
#pragma once

#include <wslay/wslay.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace livedrops::server {

class FrameDecoder {
 public:
  FrameDecoder();
  ~FrameDecoder();
  FrameDecoder(const FrameDecoder&) = delete;
  FrameDecoder& operator=(const FrameDecoder&) = delete;

  // The bytes that Next reads; used up when Next says kMore.
  void Feed(std::string_view bytes);

  enum class Progress { kPart, kMore, kMalformed };
  // A part of a frame's payload, unmasked; `part` is valid until the next call.
  Progress Next(wslay_frame_iocb* part);

  // Every byte fed so far belongs to a frame that was told in full.
  bool at_boundary() const { return wire_bytes_ == told_bytes_; }

 private:
  static ssize_t Read(std::uint8_t* buffer, std::size_t size, int flags, void* self);

  wslay_frame_context_ptr context_ = nullptr;
  std::string_view input_;
  std::uint64_t wire_bytes_ = 0;
  std::uint64_t told_bytes_ = 0;
  std::uint64_t payload_told_ = 0;  // Of the frame that is being told.
};

// Decoders that nobody needs now. Threading: one loop.
class FrameDecoderPool {
 public:
  std::unique_ptr<FrameDecoder> Take();
  // Only decoders at a boundary may come back.
  void Return(std::unique_ptr<FrameDecoder> decoder);

 private:
  std::vector<std::unique_ptr<FrameDecoder>> idle_;
};

}  // namespace livedrops::server
