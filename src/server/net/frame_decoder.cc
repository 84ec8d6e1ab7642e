#include "server/net/frame_decoder.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace livedrops::server {
namespace {

// More than that many sockets are seldom in the middle of a frame: 256 KiB.
constexpr std::size_t kIdleMax = 64;

// Bytes before the payload. wslay refuses lengths that are not encoded as short as possible.
std::uint64_t HeaderBytes(const wslay_frame_iocb& frame) {
  std::uint64_t bytes = frame.mask != 0 ? 6 : 2;
  if (frame.payload_length > 125) bytes += 2;
  if (frame.payload_length > 0xFFFF) bytes += 6;
  return bytes;
}

}  // namespace

FrameDecoder::FrameDecoder() {
  wslay_frame_callbacks callbacks{};
  callbacks.recv_callback = Read;
  if (wslay_frame_context_init(&context_, &callbacks, this) != 0) throw std::bad_alloc();
}

FrameDecoder::~FrameDecoder() { wslay_frame_context_free(context_); }

void FrameDecoder::Feed(std::string_view bytes) {
  LD_ASSERT(input_.empty());
  input_ = bytes;
  wire_bytes_ += bytes.size();
}

FrameDecoder::Progress FrameDecoder::Next(wslay_frame_iocb* part) {
  const ssize_t result = wslay_frame_recv(context_, part);
  if (result == WSLAY_ERR_WANT_READ) return Progress::kMore;
  if (result < 0) return Progress::kMalformed;
  payload_told_ += part->data_length;
  if (payload_told_ == part->payload_length) {
    told_bytes_ += HeaderBytes(*part) + part->payload_length;
    payload_told_ = 0;
  }
  return Progress::kPart;
}

ssize_t FrameDecoder::Read(std::uint8_t* buffer, std::size_t size, int, void* self) {
  std::string_view& input = static_cast<FrameDecoder*>(self)->input_;
  const std::size_t count = std::min(size, input.size());
  if (count == 0) return -1;
  std::memcpy(buffer, input.data(), count);
  input.remove_prefix(count);
  return static_cast<ssize_t>(count);
}

std::unique_ptr<FrameDecoder> FrameDecoderPool::Take() {
  if (idle_.empty()) return std::make_unique<FrameDecoder>();
  std::unique_ptr<FrameDecoder> decoder = std::move(idle_.back());
  idle_.pop_back();
  return decoder;
}

void FrameDecoderPool::Return(std::unique_ptr<FrameDecoder> decoder) {
  LD_ASSERT(decoder->at_boundary());
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(decoder));
}

}  // namespace livedrops::server
