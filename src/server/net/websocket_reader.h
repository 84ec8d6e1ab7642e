// WebSocketReader: bytes of a client in, messages and control frames out. Without sockets and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/net/frame.h"
#include "server/net/frame_decoder.h"

namespace livedrops::server {

// Close codes of RFC 6455 that this side uses.
enum CloseCode : std::uint16_t {
  kCloseNone = 0,
  kCloseNormal = 1000,
  kCloseProtocolError = 1002,
  kCloseNoCode = 1005,    // Never on the wire.
  kCloseAbnormal = 1006,  // Never on the wire.
  kCloseInvalidPayload = 1007,
  kCloseTooBig = 1009,
};

class WebSocketReader {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // False: stop reading, the socket is being closed.
    virtual bool OnMessage(std::string_view payload, bool binary) = 0;
    virtual void OnPing(std::string_view payload) = 0;
    virtual void OnPong() = 0;
    // The peer's close frame; kCloseNoCode when it gave no code. Nothing is read after it.
    virtual void OnCloseFrame(std::uint16_t code) = 0;
  };

  // `inflate`: permessage-deflate was agreed upon. Pool and events outlive the reader.
  WebSocketReader(FrameDecoderPool* pool, Events* events, std::size_t message_bytes_max,
                  bool inflate)
      : pool_(pool), events_(events), message_bytes_max_(message_bytes_max), inflate_(inflate) {}

  // kCloseNone, or the code to fail the connection with; nothing may be fed after that. What
  // follows the peer's close frame, or an OnMessage that returned false, is ignored.
  CloseCode Feed(std::string_view bytes);

 private:
  CloseCode TakePart(const wslay_frame_iocb& part);
  CloseCode BeginFrame(const wslay_frame_iocb& part);
  CloseCode FinishFrame(std::string_view payload);
  CloseCode FinishMessage(std::string_view payload);
  CloseCode FinishClose(std::string_view payload);
  void Park();

  FrameDecoderPool* pool_;
  Events* events_;
  std::size_t message_bytes_max_;
  std::unique_ptr<FrameDecoder> decoder_;
  // Of the message that is being put together; control frames come between its parts.
  std::string message_;
  // Of the control frame that is being read.
  std::string control_;
  std::uint64_t frame_left_ = 0;
  Opcode frame_opcode_ = Opcode::kContinuation;
  bool in_frame_ = false;
  bool frame_final_ = false;
  bool in_message_ = false;
  bool message_binary_ = false;
  bool message_deflated_ = false;
  bool inflate_;
  bool ended_ = false;
};

}  // namespace livedrops::server
