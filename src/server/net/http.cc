#include "livedrops/server/http.h"

#include <array>

#include "server/net/text.h"

namespace livedrops::server {
namespace {

constexpr std::array<std::string_view, 7> kMethodNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                          "PATCH", "DELETE", "OPTIONS"};

// The server writes these itself; twice they would contradict each other.
bool IsServersOwn(std::string_view name) {
  for (const std::string_view own :
       {"Date", "Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive"}) {
    if (EqualsIgnoringCase(name, own)) return true;
  }
  return false;
}

}  // namespace

std::string_view ToString(Method method) { return kMethodNames[static_cast<std::size_t>(method)]; }

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

// --- Request -----------------------------------------------------------------------------------

std::string_view Request::segment(std::size_t index) const {
  if (index >= segment_count_) return {};
  return PieceAt(2 * header_count_ + index);
}

std::string_view Request::query_name(std::size_t index) const {
  return PieceAt(2 * header_count_ + segment_count_ + 2 * index);
}

std::string_view Request::query_value(std::size_t index) const {
  return PieceAt(2 * header_count_ + segment_count_ + 2 * index + 1);
}

std::optional<std::string_view> Request::Query(std::string_view name) const {
  for (std::size_t i = 0; i < query_count_; ++i) {
    if (query_name(i) == name) return query_value(i);
  }
  return std::nullopt;
}

std::string_view Request::header_name(std::size_t index) const { return PieceAt(2 * index); }

std::string_view Request::header_value(std::size_t index) const { return PieceAt(2 * index + 1); }

std::optional<std::string_view> Request::Header(std::string_view name) const {
  for (std::size_t i = 0; i < header_count_; ++i) {
    if (EqualsIgnoringCase(header_name(i), name)) return header_value(i);
  }
  return std::nullopt;
}

std::size_t Request::CountHeader(std::string_view name) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < header_count_; ++i) {
    if (EqualsIgnoringCase(header_name(i), name)) ++count;
  }
  return count;
}

bool Request::WantsWebSocket() const {
  return ListHas(Header("Upgrade").value_or(""), "websocket");
}

// --- Response ----------------------------------------------------------------------------------

Response::Response(int status, std::string_view content_type, std::string body)
    : status_(status), body_(std::move(body)) {
  Set("Content-Type", content_type);
}

Response& Response::Set(std::string_view name, std::string_view value) {
  if (IsServersOwn(name)) return *this;
  fields_.reserve(fields_.size() + name.size() + value.size() + 4);
  fields_.append(name).append(": ");
  for (const char c : value) {
    const bool ends_line = c == '\r' || c == '\n' || c == '\0';
    fields_.push_back(ends_line ? ' ' : c);
  }
  fields_.append("\r\n");
  return *this;
}

}  // namespace livedrops::server
