// Requests that two programs may read differently, and what each must be answered. Sources: RFC
// 9112, llhttp's and HTTP Garden's issue lists, the classes of http_desync_guardian, known CVEs.
#pragma once

#include <string>
#include <vector>

namespace livedrops::server {

struct HostileRequest {
  std::string name;
  std::string bytes;
  int status;  // 0: taken as a request.
};

const std::vector<HostileRequest>& HostileRequests();

}  // namespace livedrops::server
