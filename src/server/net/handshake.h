// The opening handshake of RFC 6455.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/server/http.h"

namespace livedrops::server {

struct Handshake {
  int status = 101;         // Else what to answer.
  std::string_view detail;  // What is wrong then.
  std::string accept_key;
  bool deflate = false;  // The client offers a kind of permessage-deflate that can be met.
};

Handshake CheckHandshake(const Request& request);

}  // namespace livedrops::server
