#include "cli/exclusive.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>

#include "base/assert.h"

namespace livedrops::cli {
namespace {

// Short for a person who waits, long for a processor.
constexpr std::chrono::milliseconds kAskAgain{50};

}  // namespace

Exclusive::~Exclusive() {
  if (socket_ >= 0) close(socket_);
}

Status Exclusive::Wait(const std::string& name, const std::function<void()>& on_wait) {
  sockaddr_un address{};
  LD_ASSERT(name.size() < sizeof address.sun_path && socket_ < 0);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // Abstract: begins with a zero.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool told = false;
  while (socket_ < 0 || bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0) {
    if (socket_ < 0 || errno != EADDRINUSE) {
      return {StatusCode::kUnavailable, std::string("no socket: ") + std::strerror(errno)};
    }
    if (!told) on_wait();
    told = true;
    std::this_thread::sleep_for(kAskAgain);
  }
  return OkStatus();
}

}  // namespace livedrops::cli
