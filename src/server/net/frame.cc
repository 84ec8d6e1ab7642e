#include "server/net/frame.h"

#include <array>
#include <charconv>
#include <memory>

#include "livedrops/server/websocket.h"
#include "server/net/deflate.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kClosePayloadMax = 125;
// Below it deflating costs more time than the bytes are worth.
constexpr std::size_t kDeflateMin = 128;

std::shared_ptr<const EncodedFrame> EncodeMessage(Opcode opcode, std::string_view payload,
                                                  Deflate deflate) {
  auto encoded = std::make_shared<EncodedFrame>();
  encoded->plain = EncodeFrame(opcode, payload);
  if (deflate == Deflate::kYes && payload.size() >= kDeflateMin) {
    const std::string deflated = DeflateMessage(payload);
    if (!deflated.empty() && deflated.size() < payload.size()) {
      encoded->deflated = EncodeFrame(opcode, deflated, true);
    }
  }
  return encoded;
}

}  // namespace

std::string EncodeFrame(Opcode opcode, std::string_view payload, bool deflated) {
  const std::size_t size = payload.size();
  std::string frame;
  frame.reserve(size + 10);
  const int first = 0x80 | (deflated ? 0x40 : 0) | static_cast<int>(opcode);
  frame.push_back(static_cast<char>(first));
  int length_bytes = 0;
  if (size < 126) {
    frame.push_back(static_cast<char>(size));
  } else {
    length_bytes = size <= 0xFFFF ? 2 : 8;
    frame.push_back(static_cast<char>(length_bytes == 2 ? 126 : 127));
  }
  for (int i = length_bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(size >> (8 * i)));
  return frame.append(payload);
}

std::string EncodeClose(std::uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  reason = reason.substr(0, kClosePayloadMax - payload.size() + 1);
  if (payload.size() + reason.size() > kClosePayloadMax) {
    // Not in the middle of a character.
    do {
      const bool follows = (static_cast<unsigned char>(reason.back()) & 0xC0) == 0x80;
      reason.remove_suffix(1);
      if (!follows) break;
    } while (!reason.empty());
  }
  return EncodeFrame(Opcode::kClose, payload.append(reason));
}

Frame Frame::Text(std::string_view payload, Deflate deflate) {
  return Frame(EncodeMessage(Opcode::kText, payload, deflate));
}

Frame Frame::Binary(std::string_view payload, Deflate deflate) {
  return Frame(EncodeMessage(Opcode::kBinary, payload, deflate));
}

std::size_t Frame::size() const { return encoded_->plain.size(); }

Chunk::Chunk(std::string_view content) {
  auto encoded = std::make_shared<EncodedChunk>();
  // A chunk of length 0 would end the answer: nothing is sent instead.
  if (!content.empty()) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), content.size(), 16).ptr;
    encoded->text.reserve(content.size() + 20);
    encoded->text.append(digits.begin(), end).append("\r\n");
    encoded->content_offset = encoded->text.size();
    encoded->content_size = content.size();
    encoded->text.append(content).append("\r\n");
  }
  encoded_ = std::move(encoded);
}

}  // namespace livedrops::server
