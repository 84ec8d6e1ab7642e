// What the server's load programs share: connections to this machine, and percentiles.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace livedrops::benchmarks {

[[noreturn]] inline void Fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

// A blocking connection to 127.0.0.1.
inline int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Fail("socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) Fail("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Ends by a reset: ten thousand connections must not wait in TIME_WAIT.
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  return fd;
}

inline void Send(int fd, std::string_view bytes) {
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    Fail("send");
  }
}

// The value below which this part of all lies; sorts them. There must be one.
inline double Percentile(std::vector<double>* values, double part) {
  std::sort(values->begin(), values->end());
  const auto end = static_cast<double>(values->size() - 1);
  return (*values)[static_cast<std::size_t>(end * part)];
}

}  // namespace livedrops::benchmarks
