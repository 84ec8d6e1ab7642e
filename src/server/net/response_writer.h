// Writing the head of an answer.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace livedrops::server {

// The line "Date: …", made once a second.
class DateField {
 public:
  std::string_view Now();

 private:
  std::time_t second_ = 0;
  std::string text_;
};

// How an answer's end is told, and what becomes of the connection then.
struct Framing {
  enum class Body { kLength, kChunked, kUntilClose, kNone };
  Body body = Body::kLength;
  std::size_t length = 0;
  bool keep_alive = true;
  int minor_version = 1;  // Of the request: HTTP/1.0 wants to be told that it may stay.
};

// Status line, `fields`, Date and framing, up to and with the empty line.
void AppendHead(int status, std::string_view fields, std::string_view date, const Framing& framing,
                std::string* out);

// 204 and 304 have no body, whatever the handler says.
inline bool HasBody(int status) { return status != 204 && status != 304; }

}  // namespace livedrops::server
