// Encoding of what a server sends: frames of RFC 6455, and chunks of HTTP/1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace livedrops::server {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

struct EncodedFrame {
  std::string plain;
  std::string deflated;  // Empty: send the plain one to everybody.
};

struct EncodedChunk {
  std::string text;  // Length, content, line end.
  std::size_t content_offset = 0;
  std::size_t content_size = 0;
};

// One whole, unmasked frame.
std::string EncodeFrame(Opcode opcode, std::string_view payload, bool deflated = false);
// A close frame; `reason` is cut so that it fits and stays UTF-8.
std::string EncodeClose(std::uint16_t code, std::string_view reason);

}  // namespace livedrops::server
