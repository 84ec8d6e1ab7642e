// How fast one frame reaches all subscribers of server_hello:
//
//   server_fanout PORT CONNECTIONS SECONDS
//
// Opens the WebSockets, then sends one broadcast after the other, each when all have the one
// before, and prints deliveries a second and the delay from the request to a subscriber's read. One
// thread.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
// As long as an event of a drop.
constexpr std::string_view kEvent =
    R"({"type":"stockChanged","dropId":"drop-1","currentStock":4711,"at":"2026-01-01T00:00:00Z"})";
constexpr std::size_t kFrameBytes = 2 + kEvent.size();
static_assert(kEvent.size() < 126);

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

int Connect(int port) {
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

void Send(int fd, std::string_view bytes) {
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    Fail("send");
  }
}

void ReadHead(int fd) {
  std::string head;
  std::array<char, 1024> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count <= 0) Fail("handshake");
    head.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

// Reads until each of `count` sockets has a whole frame; the delays are appended.
void ReadFrames(int epoll, std::size_t count, Clock::time_point start,
                std::vector<std::size_t>* received, std::vector<double>* delays) {
  std::array<epoll_event, 1024> events;
  std::array<char, 4096> buffer;
  while (count != 0) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 10000);
    if (ready <= 0) Fail("nothing came");
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      const ssize_t bytes = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (bytes <= 0) Fail("recv");
      std::size_t& have = (*received)[static_cast<std::size_t>(fd)];
      have += static_cast<std::size_t>(bytes);
      if (have != kFrameBytes) continue;
      have = 0;
      --count;
      delays->push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: server_fanout PORT CONNECTIONS SECONDS\n");
    return 64;
  }
  const int port = std::atoi(argv[1]);
  const auto connections = static_cast<std::size_t>(std::atoi(argv[2]));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::size_t> received;
  for (std::size_t i = 0; i < connections; ++i) {
    const int fd = Connect(port);
    Send(fd, kUpgrade);
    ReadHead(fd);
    received.resize(static_cast<std::size_t>(fd) + 1);
    epoll_event event{EPOLLIN, {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
  const int control = Connect(port);
  const std::string request =
      "POST /broadcast HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kEvent.size()) +
      "\r\n\r\n" + std::string(kEvent);
  std::vector<double> delays;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(std::atoi(argv[3]));
  int rounds = 0;
  while (Clock::now() < end) {
    const auto start = Clock::now();
    Send(control, request);
    ReadFrames(epoll, connections, start, &received, &delays);
    ReadHead(control);
    ++rounds;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::sort(delays.begin(), delays.end());
  const auto at = [&](double part) {
    return delays[static_cast<std::size_t>(static_cast<double>(delays.size() - 1) * part)];
  };
  std::printf(
      "connections %zu, rounds %d, deliveries/s %.0f, p50 %.1f ms, p99 %.1f ms, max %.1f ms\n",
      connections, rounds, static_cast<double>(delays.size()) / seconds, at(0.5), at(0.99),
      delays.back());
  return 0;
}
