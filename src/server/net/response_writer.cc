#include "server/net/response_writer.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "livedrops/server/http.h"

namespace livedrops::server {
namespace {

void AppendNumber(std::size_t number, std::string* out) {
  std::array<char, 20> digits;
  out->append(digits.begin(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

}  // namespace

std::string_view DateField::Now() {
  const std::time_t now = std::time(nullptr);
  if (now == second_) return text_;
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Not strftime: its names depend on the locale.
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> line{};
  const int size =
      std::snprintf(line.data(), line.size(), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                    kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                    kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                    utc.tm_min, utc.tm_sec);
  text_.assign(line.data(), static_cast<std::size_t>(size));
  second_ = now;
  return text_;
}

void AppendHead(int status, std::string_view fields, std::string_view date, const Framing& framing,
                std::string* out) {
  out->append("HTTP/1.1 ");
  AppendNumber(static_cast<std::size_t>(status), out);
  out->append(" ").append(ReasonPhrase(status)).append("\r\n");
  out->append(date).append(fields);
  switch (framing.body) {
    case Framing::Body::kLength:
      out->append("Content-Length: ");
      AppendNumber(framing.length, out);
      out->append("\r\n");
      break;
    case Framing::Body::kChunked:
      out->append("Transfer-Encoding: chunked\r\n");
      break;
    case Framing::Body::kUntilClose:
    case Framing::Body::kNone:
      break;
  }
  if (!framing.keep_alive) {
    out->append("Connection: close\r\n");
  } else if (framing.minor_version == 0) {
    out->append("Connection: keep-alive\r\n");
  }
  out->append("\r\n");
}

}  // namespace livedrops::server
