#include "server/net/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "server/net/text.h"

namespace livedrops::server {
namespace {

constexpr int kRawWindowBits = -15;  // Negative: without zlib's header.
constexpr int kMemoryLevel = 8;      // zlib's default.
// What Z_SYNC_FLUSH ends a message with, and what RFC 7692 leaves out on the wire.
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

Bytef* Input(std::string_view text) {
  // zlib takes its input through a pointer to non-const and does not write to it.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

// Feeds `input`; appends what comes out.
Inflated InflatePart(z_stream* stream, std::string_view input, std::size_t bytes_max,
                     std::string* out) {
  std::array<char, 8192> buffer;
  stream->next_in = Input(input);
  stream->avail_in = static_cast<uInt>(input.size());
  do {
    stream->next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream->avail_out = static_cast<uInt>(buffer.size());
    const int result = inflate(stream, Z_SYNC_FLUSH);
    const std::size_t made = buffer.size() - stream->avail_out;
    if (made > bytes_max - out->size()) return Inflated::kTooLarge;
    out->append(buffer.data(), made);
    if (result == Z_BUF_ERROR) break;  // Nothing left to do.
    // A final block may end the stream; what follows it has no meaning.
    if (result == Z_STREAM_END) return stream->avail_in == 0 ? Inflated::kOk : Inflated::kMalformed;
    if (result != Z_OK) return Inflated::kMalformed;
  } while (stream->avail_in != 0 || stream->avail_out == 0);
  return Inflated::kOk;
}

// One offer: "permessage-deflate; client_max_window_bits; …".
bool OfferFits(std::string_view offer) {
  if (!EqualsIgnoringCase(Trim(TakePart(&offer, ';')), "permessage-deflate")) return false;
  while (!offer.empty()) {
    std::string_view value = Trim(TakePart(&offer, ';'));
    const bool has_value = value.find('=') != std::string_view::npos;
    const std::string_view name = Trim(TakePart(&value, '='));
    const bool no_value_needed = EqualsIgnoringCase(name, "server_no_context_takeover") ||
                                 EqualsIgnoringCase(name, "client_no_context_takeover");
    if (no_value_needed && !has_value) continue;
    // A hint about the client's own window; it binds nobody when it is not answered.
    if (EqualsIgnoringCase(name, "client_max_window_bits")) continue;
    // A smaller window of ours, or something unknown: this offer is declined.
    return false;
  }
  return true;
}

}  // namespace

std::string DeflateMessage(std::string_view message) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(message.size())) + 16, '\0');
  stream.next_in = Input(message);
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_SYNC_FLUSH);
  const std::size_t size = stream.total_out;
  const bool whole = result == Z_OK && stream.avail_in == 0 && size >= kTail.size();
  deflateEnd(&stream);
  out.resize(whole ? size - kTail.size() : 0);
  return out;
}

Inflated InflateMessage(std::string_view deflated, std::size_t bytes_max, std::string* out) {
  z_stream stream{};
  if (inflateInit2(&stream, kRawWindowBits) != Z_OK) return Inflated::kMalformed;
  Inflated result = InflatePart(&stream, deflated, bytes_max, out);
  if (result == Inflated::kOk) {
    result = InflatePart(&stream, kTail, bytes_max, out);
    // A stream that ended in the message takes no tail.
    if (result == Inflated::kMalformed) result = Inflated::kOk;
  }
  inflateEnd(&stream);
  return result;
}

bool CanDeflate(std::string_view offers) {
  while (!offers.empty()) {
    if (OfferFits(TakePart(&offers, ','))) return true;
  }
  return false;
}

}  // namespace livedrops::server
