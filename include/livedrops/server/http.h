// Request and Response: what a handler of the HTTP server reads and writes. Both own their bytes
// and may be moved to any thread; neither knows of sockets.
//
// A request reaches a handler only after it was checked: the request line, every header field and
// the framing of the body are unambiguous, so that no proxy in front can have read it differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livedrops::server {

// The methods that are taken; any other is answered 405.
enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

// "GET" and so on.
std::string_view ToString(Method method);

// "Not Found" for 404; "Unknown" for a status that has no name.
std::string_view ReasonPhrase(int status);
// What a problem's `code` says of a request that the network itself refuses with this status.
std::string_view RefusalCode(int status);

// One request. Views that it gives out live as long as it does and is not moved or changed.
// Threading: as a std::string: one writer or many readers.
class Request {
 public:
  Method method() const { return method_; }

  // As received: "/drops/a%2Fb?limit=5". Of the absolute form only what follows the authority.
  std::string_view target() const { return View(target_); }
  // The target up to '?', not decoded: for logs. "*" in `OPTIONS *`.
  std::string_view path() const { return View(path_); }

  // The path split at '/', each part percent-decoded: "/drops/a%2Fb" has "drops" and "a/b", "/" has
  // none, "/drops/" has "drops" and "". A part may be "..": it never means a parent here.
  std::size_t segment_count() const { return segment_count_; }
  // Empty when there is no such segment.
  std::string_view segment(std::size_t index) const;

  // The decoded value of the first query parameter of that name; '+' is a space. `?a` is `?a=`.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::size_t query_count() const { return query_count_; }
  std::string_view query_name(std::size_t index) const;
  std::string_view query_value(std::size_t index) const;

  // The value of the first header field of that name, whatever its case, without white space
  // around.
  std::optional<std::string_view> Header(std::string_view name) const;
  // How many fields have that name. Host, Content-Length and Transfer-Encoding have one at most.
  std::size_t CountHeader(std::string_view name) const;
  std::size_t header_count() const { return header_count_; }
  std::string_view header_name(std::size_t index) const;
  std::string_view header_value(std::size_t index) const;

  // Of a chunked body the content. Empty when there is none, and when it was too large.
  const std::string& body() const { return body_; }
  std::string TakeBody() { return std::move(body_); }
  // Only seen with ServerOptions::deliver_too_large: the body was above its limit and was not read.
  // The answer should be 413; whatever it is, the connection closes after it.
  bool body_too_large() const { return body_too_large_; }

  // The minor version: 1 for HTTP/1.1, 0 for HTTP/1.0.
  int minor_version() const { return minor_version_; }
  // Address of the peer without port: "192.0.2.1" or "2001:db8::1".
  const std::string& peer() const { return peer_; }
  // True when the request came through TLS.
  bool secure() const { return secure_; }
  // The loop that it came in on: what HttpServer::Post takes.
  int loop() const { return loop_; }
  // The client asks for a WebSocket. Whether it asks rightly is checked by Responder::Upgrade.
  bool WantsWebSocket() const;

 private:
  friend class HttpParser;
  friend class Connection;

  // A part of text_.
  struct Piece {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };

  std::string_view View(Piece piece) const { return {text_.data() + piece.offset, piece.size}; }
  std::string_view PieceAt(std::size_t index) const { return View(pieces_[index]); }

  Method method_ = Method::kGet;
  bool body_too_large_ = false;
  bool secure_ = false;
  int minor_version_ = 1;
  int loop_ = 0;
  std::string text_;  // The head as received, and behind it what had to be decoded.
  Piece target_, path_;
  // Name and value of each header field; then the segments; then name and value of each parameter.
  std::vector<Piece> pieces_;
  std::size_t header_count_ = 0, segment_count_ = 0, query_count_ = 0;
  std::string body_;
  std::string peer_;
};

// An answer. Date, Connection, Content-Length and Transfer-Encoding are the server's own: it leaves
// out the body where HTTP wants none (HEAD, 204, 304).
class Response {
 public:
  explicit Response(int status = 200) : status_(status) {}
  // With a body and its type: Response(200, "application/json", "{}").
  Response(int status, std::string_view content_type, std::string body);

  // Adds a header field. What would end the line in `value` becomes a space: no value can add a
  // field of its own. Fields that the server sets itself are ignored.
  Response& Set(std::string_view name, std::string_view value);

  void set_status(int status) { status_ = status; }
  void set_body(std::string body) {
    body_ = std::move(body);
    shared_body_ = nullptr;
  }
  // A body that others use too, such as one kept in a cache. It is not copied when it is large.
  void set_body(std::shared_ptr<const std::string> body) { shared_body_ = std::move(body); }
  // Closes the connection after this answer.
  void set_close(bool close) { close_ = close; }

  int status() const { return status_; }
  std::string_view body() const { return shared_body_ ? *shared_body_ : body_; }
  // Every field as "Name: value\r\n".
  const std::string& fields() const { return fields_; }
  bool close() const { return close_; }

 private:
  friend class Connection;

  int status_;
  bool close_ = false;
  std::string fields_;
  std::string body_;
  std::shared_ptr<const std::string> shared_body_;
};

}  // namespace livedrops::server
