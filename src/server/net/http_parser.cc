#include "server/net/http_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/net/text.h"

namespace livedrops::server {
namespace {

// "OPTIONS", two spaces, "HTTP/1.1" and the line end.
constexpr std::size_t kRequestLineExtra = 19;
// Requests are small; a larger body grows as it arrives, whatever its length field says.
constexpr std::size_t kBodyReserveMax = 64 << 10;

// What may stand in a head, by the way it is looked at.
enum CharClass : unsigned char { kPlain, kSpace, kColon, kTab, kCr, kLf, kBad };

constexpr std::array<CharClass, 256> kCharClasses = [] {
  std::array<CharClass, 256> classes{};
  for (std::size_t c = 0; c < 0x20; ++c) classes[c] = kBad;
  classes[0x7f] = kBad;
  classes[' '] = kSpace;
  classes[':'] = kColon;
  classes['\t'] = kTab;
  classes['\r'] = kCr;
  classes['\n'] = kLf;
  return classes;
}();

constexpr CharClass ClassOf(char c) { return kCharClasses[static_cast<unsigned char>(c)]; }

bool IsTokenChar(char c) {
  return IsAlphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsHostChar(char c) {
  return IsAlphanumeric(c) ||
         std::string_view("-._~%[]:!$&'()*+;=").find(c) != std::string_view::npos;
}

}  // namespace

struct HttpParser::Callbacks {
  static HttpParser* Self(llhttp_t* parser) { return static_cast<HttpParser*>(parser->data); }

  static int OnHeaderField(llhttp_t* parser, const char* at, std::size_t size) {
    HttpParser* self = Self(parser);
    if (self->head_done_) return 0;  // A trailer: nobody reads it.
    self->AddField(at, size);
    return self->request_.header_count_ <= self->limits_.header_fields ? 0 : -1;
  }

  static int OnHeaderValue(llhttp_t* parser, const char* at, std::size_t size) {
    HttpParser* self = Self(parser);
    if (!self->head_done_) self->ExtendValue(at, size);
    return 0;
  }

  static int OnHeadersComplete(llhttp_t* parser) { return Self(parser)->FinishHead(); }

  // A chunk that is too large is refused before it comes. llhttp tells its size as a length.
  static int OnChunkHeader(llhttp_t* parser) {
    HttpParser* self = Self(parser);
    return parser->content_length <= self->body_limit_bytes_ - self->request_.body_.size()
               ? 0
               : self->FailTooLarge();
  }

  static int OnBody(llhttp_t* parser, const char* at, std::size_t size) {
    return Self(parser)->AddBody(at, size);
  }

  // Pausing makes llhttp say where the next request begins.
  static int OnMessageComplete(llhttp_t* parser) {
    HttpParser* self = Self(parser);
    self->done_ = true;
    self->keep_alive_ = llhttp_should_keep_alive(parser) != 0;
    return HPE_PAUSED;
  }

  static const llhttp_settings_t* Settings() {
    static const llhttp_settings_t settings = [] {
      llhttp_settings_t made;
      llhttp_settings_init(&made);
      made.on_header_field = OnHeaderField;
      made.on_header_value = OnHeaderValue;
      made.on_headers_complete = OnHeadersComplete;
      made.on_chunk_header = OnChunkHeader;
      made.on_body = OnBody;
      made.on_message_complete = OnMessageComplete;
      return made;
    }();
    return &settings;
  }
};

HttpParser::HttpParser(const HttpLimits& limits, const BodyLimit& body_limit)
    : limits_(limits), body_limit_(body_limit) {
  Reset();
}

void HttpParser::Reset() {
  llhttp_init(&parser_, HTTP_REQUEST, Callbacks::Settings());
  parser_.data = this;
  request_ = Request();
  scanned_ = line_start_ = request_line_end_ = head_end_ = 0;
  body_limit_bytes_ = body_wire_bytes_ = 0;
  previous_ = 0;
  leading_line_skipped_ = in_value_ = head_done_ = done_ = too_large_ = wants_continue_ = false;
  keep_alive_ = true;
  status_ = 0;
  detail_ = {};
}

bool HttpParser::Refuse(int status, std::string_view detail) {
  status_ = status;
  detail_ = detail;
  keep_alive_ = false;
  return false;
}

bool HttpParser::TakeContinue() { return std::exchange(wants_continue_, false) && !done_; }

HttpParser::Progress HttpParser::Feed(std::string_view in, std::size_t* used) {
  *used = 0;
  if (in.empty()) return Progress::kMore;
  return head_done_ ? Execute(in, used) : FeedHead(in, used);
}

HttpParser::Progress HttpParser::FeedHead(std::string_view in, std::size_t* used) {
  // One empty line before a request is left over from an old client's form and ignored.
  if (!leading_line_skipped_ && in.starts_with("\r\n")) {
    leading_line_skipped_ = true;
    *used = 2;
    std::size_t more = 0;
    const Progress progress = Feed(in.substr(2), &more);
    *used += more;
    return progress;
  }
  if (in == "\r") return Progress::kMore;
  if (!ScanHead(in) || !HeadWithinLimits(in)) return Progress::kRefused;
  if (head_end_ == 0) return Progress::kMore;
  head_ = in.data();
  if (!CheckRequestLine(in.substr(0, request_line_end_ - 2))) return Progress::kRefused;
  return Execute(in, used);
}

HttpParser::Progress HttpParser::Execute(std::string_view in, std::size_t* used) {
  const llhttp_errno_t error = llhttp_execute(&parser_, in.data(), in.size());
  if (too_large_) return Progress::kTooLarge;
  if (done_) {
    *used = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - in.data());
    return Progress::kDone;
  }
  if (error != HPE_OK || !head_done_) {
    // A reason that was found in a callback counts more than that the callback failed.
    if (status_ == 0 && request_.header_count_ > limits_.header_fields) {
      Refuse(431, "too many header fields");
    }
    if (status_ == 0) Refuse(400, "malformed request");
    return Progress::kRefused;
  }
  *used = in.size();
  body_wire_bytes_ += in.size();
  // Chunks of one byte cost six; what is far beyond that is no content but extensions and trailers.
  if (body_wire_bytes_ >
      8 * request_.body_.size() + limits_.target_bytes + 2 * limits_.header_bytes) {
    Refuse(400, "too much framing around the body");
    return Progress::kRefused;
  }
  return Progress::kMore;
}

// --- the head, before llhttp sees it -------------------------------------------------------------

// Looks at each byte once, however they arrive. Lines must end with CRLF, and none may begin with
// white space (a folded line) or a colon (an empty name).
bool HttpParser::ScanHead(std::string_view in) {
  for (; scanned_ < in.size() && head_end_ == 0; ++scanned_) {
    const char c = in[scanned_];
    const CharClass kind = ClassOf(c);
    if (kind == kBad) return Refuse(400, "control character in the head");
    if ((previous_ == '\r') != (kind == kLf)) return Refuse(400, "line end is not CRLF");
    if (previous_ == '\n' && (kind == kSpace || kind == kTab || kind == kColon)) {
      return Refuse(400, "header field without a name");
    }
    if (kind == kLf) {
      if (request_line_end_ == 0) request_line_end_ = scanned_ + 1;
      if (scanned_ == line_start_ + 1) head_end_ = scanned_ + 1;
      line_start_ = scanned_ + 1;
    }
    previous_ = c;
  }
  return true;
}

bool HttpParser::HeadWithinLimits(std::string_view in) {
  const std::size_t line = request_line_end_ == 0 ? in.size() : request_line_end_;
  if (line > limits_.target_bytes + kRequestLineExtra) {
    return Refuse(414, "request line is too long");
  }
  const std::size_t fields = (head_end_ == 0 ? in.size() : head_end_) - line;
  if (request_line_end_ != 0 && fields > limits_.header_bytes) {
    return Refuse(431, "header fields are too long");
  }
  return true;
}

// METHOD SP TARGET SP VERSION, with exactly these two spaces.
bool HttpParser::CheckRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0 || last == first + 1 ||
      line.find(' ', first + 1) != last || line.find('\t') != std::string_view::npos) {
    return Refuse(400, "malformed request line");
  }
  if (last - first - 1 > limits_.target_bytes) return Refuse(414, "target is too long");
  request_.target_ = {static_cast<std::uint32_t>(first + 1),
                      static_cast<std::uint32_t>(last - first - 1)};
  return CheckVersion(line.substr(last + 1)) && CheckMethod(line.substr(0, first));
}

bool HttpParser::CheckVersion(std::string_view version) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || !IsDigit(version[5]) ||
      version[6] != '.' || !IsDigit(version[7])) {
    return Refuse(400, "malformed HTTP version");
  }
  if (version[5] != '1' || version[7] > '1') return Refuse(505, "HTTP version is not 1.0 or 1.1");
  request_minor_ = request_.minor_version_ = version[7] - '0';
  return true;
}

bool HttpParser::CheckMethod(std::string_view method) {
  for (int m = 0; m <= static_cast<int>(Method::kOptions); ++m) {
    if (method == ToString(static_cast<Method>(m))) {
      request_.method_ = static_cast<Method>(m);
      return true;
    }
  }
  if (!std::all_of(method.begin(), method.end(), IsTokenChar)) {
    return Refuse(400, "malformed method");
  }
  return Refuse(405, "method is not supported");
}

// --- fields, as llhttp finds them ----------------------------------------------------------------

// The head lies in one piece, so that a name or value told in parts is still one range.
void HttpParser::AddField(const char* at, std::size_t size) {
  if (in_value_ || request_.header_count_ == 0) {
    in_value_ = false;
    if (request_.pieces_.empty()) request_.pieces_.reserve(32);
    ++request_.header_count_;
    request_.pieces_.push_back({static_cast<std::uint32_t>(at - head_), 0});
    request_.pieces_.push_back({0, 0});
  }
  Request::Piece& name = request_.pieces_[request_.pieces_.size() - 2];
  name.size = static_cast<std::uint32_t>(at + size - head_) - name.offset;
}

void HttpParser::ExtendValue(const char* at, std::size_t size) {
  Request::Piece& value = request_.pieces_.back();
  if (!in_value_) value.offset = static_cast<std::uint32_t>(at - head_);
  in_value_ = true;
  value.size = static_cast<std::uint32_t>(at + size - head_) - value.offset;
}

// llhttp's callback: 0 to go on, -1 to fail.
int HttpParser::FinishHead() {
  request_.text_.assign(head_, head_end_);
  for (std::size_t i = 0; i < request_.header_count_; ++i) {
    Request::Piece& value = request_.pieces_[2 * i + 1];
    const std::string_view trimmed = Trim(request_.View(value));
    value = {static_cast<std::uint32_t>(trimmed.data() - request_.text_.data()),
             static_cast<std::uint32_t>(trimmed.size())};
  }
  if (!CheckEnvelope() || !CheckHost() || !ParseTarget()) return -1;
  head_done_ = true;
  const bool chunked = (parser_.flags & F_CHUNKED) != 0;
  if (!chunked && parser_.content_length == 0) return 0;
  body_limit_bytes_ = body_limit_ ? body_limit_(request_) : limits_.body_bytes;
  if (!chunked && parser_.content_length > body_limit_bytes_) return FailTooLarge();
  if (!chunked) {
    const auto length = static_cast<std::size_t>(parser_.content_length);
    request_.body_.reserve(std::min(length, kBodyReserveMax));
  }
  wants_continue_ = request_minor_ >= 1 && request_.Header("Expect").has_value();
  return 0;
}

int HttpParser::FailTooLarge() {
  request_.body_.clear();
  too_large_ = request_.body_too_large_ = true;
  return -1;
}

int HttpParser::AddBody(const char* at, std::size_t size) {
  if (size > body_limit_bytes_ - request_.body_.size()) return FailTooLarge();
  request_.body_.append(at, size);
  return 0;
}

// --- the envelope --------------------------------------------------------------------------------

// There must be one way only to tell where the body ends.
bool HttpParser::CheckEnvelope() {
  const std::size_t lengths = request_.CountHeader("Content-Length");
  const std::size_t codings = request_.CountHeader("Transfer-Encoding");
  if (lengths > 1) return Refuse(400, "more than one Content-Length");
  if (codings > 1) return Refuse(400, "more than one Transfer-Encoding");
  if (lengths != 0 && codings != 0) {
    return Refuse(400, "both Content-Length and Transfer-Encoding");
  }
  if (codings != 0 && request_minor_ == 0) return Refuse(400, "Transfer-Encoding in HTTP/1.0");
  if (codings != 0 && !CheckCoding(*request_.Header("Transfer-Encoding"))) return false;
  const std::optional<std::string_view> expect = request_.Header("Expect");
  if (expect && !EqualsIgnoringCase(*expect, "100-continue")) {
    return Refuse(417, "Expect is not 100-continue");
  }
  return true;
}

// A list that ends with chunked, once, has a known end; any other coding in it is not ours.
bool HttpParser::CheckCoding(std::string_view coding) {
  if (EqualsIgnoringCase(coding, "chunked")) return true;
  int chunked = 0;
  std::string_view last;
  while (!coding.empty()) {
    last = Trim(TakePart(&coding, ','));
    if (EqualsIgnoringCase(last, "chunked")) ++chunked;
    if (last.empty() || !std::all_of(last.begin(), last.end(), IsTokenChar)) {
      return Refuse(400, "malformed Transfer-Encoding");
    }
  }
  if (chunked != 1 || !EqualsIgnoringCase(last, "chunked")) {
    return Refuse(400, "Transfer-Encoding does not end with chunked");
  }
  return Refuse(501, "Transfer-Encoding is not chunked");
}

bool HttpParser::CheckHost() {
  const std::size_t count = request_.CountHeader("Host");
  if (count > 1) return Refuse(400, "more than one Host");
  if (count == 0) return request_minor_ == 0 || Refuse(400, "no Host");
  const std::string_view host = *request_.Header("Host");
  if (!std::all_of(host.begin(), host.end(), IsHostChar)) return Refuse(400, "malformed Host");
  return true;
}

// --- the target ----------------------------------------------------------------------------------

bool HttpParser::ParseTarget() {
  const std::string_view target = request_.target();
  if (target.find('#') != std::string_view::npos) return Refuse(400, "fragment in the target");
  if (target == "*") {
    request_.path_ = request_.target_;
    return request_.method_ == Method::kOptions || Refuse(400, "malformed target");
  }
  if (target.front() != '/' && !SkipAuthority()) return false;

  const Request::Piece whole = request_.target_;
  const std::string_view origin = request_.target();
  const std::size_t question = std::min(origin.find('?'), origin.size());
  request_.path_ = {whole.offset, static_cast<std::uint32_t>(question)};
  // `text_` grows while parts are decoded, so the ranges are walked by position.
  const auto end_of = [this](std::uint32_t from, std::uint32_t to, char separator) {
    const std::string_view rest(request_.text_.data() + from, to - from);
    return from + static_cast<std::uint32_t>(std::min(rest.find(separator), rest.size()));
  };
  const std::uint32_t path_end = whole.offset + request_.path_.size;
  for (std::uint32_t at = whole.offset + 1; request_.path_.size > 1 && at <= path_end;) {
    const std::uint32_t end = end_of(at, path_end, '/');
    if (!AddPart({at, end - at}, false)) return false;
    ++request_.segment_count_;
    at = end + 1;
  }
  const std::uint32_t target_end = whole.offset + whole.size;
  for (std::uint32_t at = path_end + 1; at < target_end;) {
    const std::uint32_t end = end_of(at, target_end, '&');
    const std::uint32_t equals = end_of(at, end, '=');
    if (end != at) {
      const std::uint32_t value = std::min(equals + 1, end);
      if (!AddPart({at, equals - at}, true) || !AddPart({value, end - value}, true)) return false;
      ++request_.query_count_;
    }
    at = end + 1;
  }
  return true;
}

// The absolute form "http://host/path" must be taken. Whoever routes by the target and whoever
// routes by Host must see the same, or one of them is led astray.
bool HttpParser::SkipAuthority() {
  const std::string_view target = request_.target();
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos ||
      (!EqualsIgnoringCase(target.substr(0, scheme_end), "http") &&
       !EqualsIgnoringCase(target.substr(0, scheme_end), "https"))) {
    return Refuse(400, "malformed target");
  }
  const std::size_t start = scheme_end + 3;
  const std::size_t slash = target.find('/', start);
  if (slash == std::string_view::npos) return Refuse(400, "target without a path");
  const std::string_view authority = target.substr(start, slash - start);
  if (!EqualsIgnoringCase(authority, request_.Header("Host").value_or(authority))) {
    return Refuse(400, "target and Host differ");
  }
  request_.target_.offset += static_cast<std::uint32_t>(slash);
  request_.target_.size -= static_cast<std::uint32_t>(slash);
  return true;
}

// Adds a piece for a part of the target; what is encoded is decoded behind the head.
bool HttpParser::AddPart(Request::Piece part, bool plus_is_space) {
  const std::string_view raw = request_.View(part);
  const std::string_view marks = plus_is_space ? "%+" : "%";
  if (raw.find_first_of(marks) != std::string_view::npos) {
    std::string decoded;
    if (!AppendPercentDecoded(raw, plus_is_space, &decoded)) {
      return Refuse(400, "malformed percent encoding in the target");
    }
    part = {static_cast<std::uint32_t>(request_.text_.size()),
            static_cast<std::uint32_t>(decoded.size())};
    request_.text_ += decoded;
  }
  request_.pieces_.push_back(part);
  return true;
}

}  // namespace livedrops::server
