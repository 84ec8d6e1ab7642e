#include "livedrops/server/http.h"

#include <algorithm>
#include <array>

#include "server/net/text.h"

namespace livedrops::server {
namespace {

constexpr std::array<std::string_view, 7> kMethodNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                          "PATCH", "DELETE", "OPTIONS"};

struct StatusName {
  int status;
  std::string_view name;
};

// Sorted by status.
constexpr std::array kStatusNames = std::to_array<StatusName>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
});

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
  const auto* found =
      std::lower_bound(kStatusNames.begin(), kStatusNames.end(), status,
                       [](const StatusName& entry, int wanted) { return entry.status < wanted; });
  return found != kStatusNames.end() && found->status == status ? found->name : "Unknown";
}

std::string_view RefusalCode(int status) {
  switch (status) {
    case 405:
      return "method-not-allowed";
    case 408:
      return "request-timeout";
    case 413:
      return "body-too-large";
    case 414:
      return "uri-too-long";
    case 417:
      return "expectation-failed";
    case 426:
      return "upgrade-required";
    case 431:
      return "headers-too-large";
    case 501:
      return "not-implemented";
    case 505:
      return "version-not-supported";
    default:
      return "malformed-request";
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
