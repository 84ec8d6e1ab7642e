#include "server/net/websocket_reader.h"

#include "server/net/deflate.h"
#include "server/net/utf8.h"

namespace livedrops::server {
namespace {

bool IsControl(Opcode opcode) { return static_cast<int>(opcode) >= 8; }

bool IsKnown(int opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

// Codes that may stand in a close frame: RFC 6455 7.4, those that IANA has added, and the two
// ranges for libraries and applications.
bool IsCloseCode(int code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

CloseCode WebSocketReader::Feed(std::string_view bytes) {
  if (ended_) return kCloseNone;
  if (!decoder_) decoder_ = pool_->Take();
  decoder_->Feed(bytes);
  wslay_frame_iocb part;
  while (!ended_) {
    switch (decoder_->Next(&part)) {
      case FrameDecoder::Progress::kMalformed:
        return kCloseProtocolError;
      case FrameDecoder::Progress::kMore:
        Park();
        return kCloseNone;
      case FrameDecoder::Progress::kPart:
        break;
    }
    if (const CloseCode code = TakePart(part); code != kCloseNone) return code;
  }
  return kCloseNone;
}

// An idle socket keeps neither a decoder nor the room of its last message.
void WebSocketReader::Park() {
  if (decoder_->at_boundary()) pool_->Return(std::move(decoder_));
  if (!in_message_ && message_.capacity() > sizeof(std::string)) std::string().swap(message_);
}

CloseCode WebSocketReader::TakePart(const wslay_frame_iocb& part) {
  if (!in_frame_) {
    if (const CloseCode code = BeginFrame(part); code != kCloseNone) return code;
  }
  const std::string_view data(reinterpret_cast<const char*>(part.data), part.data_length);
  frame_left_ -= data.size();
  std::string& buffer = IsControl(frame_opcode_) ? control_ : message_;
  // Most messages come in one piece and are not copied.
  if (frame_left_ == 0 && frame_final_ && buffer.empty()) {
    in_frame_ = false;
    return FinishFrame(data);
  }
  buffer.append(data);
  if (frame_left_ != 0) return kCloseNone;
  in_frame_ = false;
  return frame_final_ ? FinishFrame(buffer) : kCloseNone;
}

// wslay has checked that control frames are short and not fragmented, and the length's encoding.
CloseCode WebSocketReader::BeginFrame(const wslay_frame_iocb& part) {
  if (part.mask == 0 || !IsKnown(part.opcode)) return kCloseProtocolError;
  frame_opcode_ = static_cast<Opcode>(part.opcode);
  frame_final_ = part.fin != 0;
  frame_left_ = part.payload_length;
  in_frame_ = true;
  const bool deflated = part.rsv == WSLAY_RSV1_BIT;
  if (part.rsv != WSLAY_RSV_NONE && !(deflated && inflate_)) return kCloseProtocolError;
  if (IsControl(frame_opcode_)) {
    control_.clear();
    return deflated ? kCloseProtocolError : kCloseNone;
  }
  const bool continues = frame_opcode_ == Opcode::kContinuation;
  if (continues != in_message_ || (continues && deflated)) return kCloseProtocolError;
  if (!continues) {
    message_.clear();
    in_message_ = true;
    message_binary_ = frame_opcode_ == Opcode::kBinary;
    message_deflated_ = deflated;
  }
  if (part.payload_length > message_bytes_max_ - message_.size()) return kCloseTooBig;
  return kCloseNone;
}

CloseCode WebSocketReader::FinishFrame(std::string_view payload) {
  switch (frame_opcode_) {
    case Opcode::kPing:
      events_->OnPing(payload);
      return kCloseNone;
    case Opcode::kPong:
      events_->OnPong();
      return kCloseNone;
    case Opcode::kClose:
      return FinishClose(payload);
    default:
      return FinishMessage(payload);
  }
}

CloseCode WebSocketReader::FinishMessage(std::string_view payload) {
  std::string inflated;
  if (message_deflated_) {
    switch (InflateMessage(payload, message_bytes_max_, &inflated)) {
      case Inflated::kTooLarge:
        return kCloseTooBig;
      case Inflated::kMalformed:
        return kCloseInvalidPayload;
      case Inflated::kOk:
        break;
    }
    payload = inflated;
  }
  if (!message_binary_ && !IsUtf8(payload)) return kCloseInvalidPayload;
  in_message_ = false;
  if (!events_->OnMessage(payload, message_binary_)) ended_ = true;
  message_.clear();
  return kCloseNone;
}

CloseCode WebSocketReader::FinishClose(std::string_view payload) {
  int code = kCloseNoCode;
  if (payload.size() == 1) return kCloseProtocolError;
  if (payload.size() >= 2) {
    code = static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
    if (!IsCloseCode(code)) return kCloseProtocolError;
    if (!IsUtf8(payload.substr(2))) return kCloseInvalidPayload;
  }
  ended_ = true;
  events_->OnCloseFrame(static_cast<std::uint16_t>(code));
  return kCloseNone;
}

}  // namespace livedrops::server
