#include "server/net/handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "server/net/deflate.h"
#include "server/net/text.h"

namespace livedrops::server {
namespace {

// 16 random bytes in base64: 22 digits and two signs of padding.
bool IsKey(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  key.remove_suffix(2);
  for (const char c : key) {
    if (!IsAlphanumeric(c) && c != '+' && c != '/') return false;
  }
  return true;
}

std::string AcceptKey(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3.
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 32> encoded;
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {encoded.begin(), encoded.begin() + size};
}

Handshake Refused(int status, std::string_view detail) { return {status, detail, {}, false}; }

}  // namespace

Handshake CheckHandshake(const Request& request) {
  if (request.method() != Method::kGet) return Refused(405, "a WebSocket is opened with GET");
  if (!request.WantsWebSocket()) return Refused(426, "Upgrade is not websocket");
  if (request.minor_version() != 1) return Refused(400, "a WebSocket needs HTTP/1.1");
  if (!ListHas(request.Header("Connection").value_or(""), "upgrade")) {
    return Refused(400, "Connection does not have Upgrade");
  }
  if (request.CountHeader("Sec-WebSocket-Version") != 1 ||
      *request.Header("Sec-WebSocket-Version") != "13") {
    return Refused(426, "Sec-WebSocket-Version is not 13");
  }
  if (request.CountHeader("Sec-WebSocket-Key") != 1 ||
      !IsKey(*request.Header("Sec-WebSocket-Key"))) {
    return Refused(400, "malformed Sec-WebSocket-Key");
  }
  if (!request.body().empty()) return Refused(400, "a WebSocket's request has no body");
  Handshake handshake;
  handshake.accept_key = AcceptKey(*request.Header("Sec-WebSocket-Key"));
  handshake.deflate = CanDeflate(request.Header("Sec-WebSocket-Extensions").value_or(""));
  return handshake;
}

}  // namespace livedrops::server
