// How fast a commit reaches all subscribers of a drop, and what a subscriber costs:
//
//   server_realtime &                       (tests/server/realtime; prints HOST:PORT)
//   server_realtime_fanout PORT PID CONNECTIONS ROUNDS
//
// Connects and subscribes the sockets, then pauses and resumes the drop, each round when all have
// heard of the one before, and prints the delay from the request, which commits, to a subscriber's
// read, and the server's memory for each socket. One thread.

#include <arpa/inet.h>
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
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kUpgrade =
    "GET /connection/websocket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kCommands =
    "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"drop:d1\"}}";

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

// A text message as a client sends it, masked with zeros; at most 125 bytes.
std::string Masked(std::string_view text) {
  std::string frame = "\x81";
  frame += static_cast<char>(0x80 | text.size());
  return frame.append(4, '\0').append(text);
}

struct Subscriber {
  int fd = -1;
  std::string received;

  // The next whole message, or nothing yet.
  bool Take(std::string* message) {
    if (received.size() < 2) return false;
    std::size_t size = static_cast<unsigned char>(received[1]);
    std::size_t head = 2;
    if (size == 126) {
      if (received.size() < 4) return false;
      size = static_cast<std::size_t>(static_cast<unsigned char>(received[2])) << 8 |
             static_cast<unsigned char>(received[3]);
      head = 4;
    }
    if (received.size() < head + size) return false;
    *message = received.substr(head, size);
    received.erase(0, head + size);
    return true;
  }
  // False when nothing more is there now.
  bool Read(int flags) {
    std::array<char, 4096> buffer;
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), flags);
    if (count == 0) Fail("the server closed a socket");
    if (count < 0) return false;
    received.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }
  // Waits for a message with this in it.
  void WaitFor(std::string_view part) {
    std::string message;
    while (true) {
      while (Take(&message)) {
        if (message.find(part) != std::string::npos) return;
      }
      if (!Read(0)) Fail("recv");
    }
  }
};

void ReadHead(int fd) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (recv(fd, &byte, 1, 0) != 1) Fail("handshake");
    head += byte;
  }
}

void Subscribe(Subscriber* subscriber, int port) {
  subscriber->fd = Connect(port);
  Send(subscriber->fd, kUpgrade);
  ReadHead(subscriber->fd);
  Send(subscriber->fd, Masked(kCommands));
  subscriber->WaitFor("\"subscribe\"");
}

long ResidentKib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  }
  return 0;
}

// Reads until every subscriber has heard of the event; the delays are appended.
void HearAll(int epoll, std::vector<Subscriber>* subscribers, Clock::time_point start,
             std::vector<double>* delays) {
  std::size_t left = subscribers->size();
  std::array<epoll_event, 1024> events;
  std::string message;
  while (left != 0) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 10000);
    if (ready <= 0) Fail("nothing came");
    for (int i = 0; i < ready; ++i) {
      Subscriber& subscriber = (*subscribers)[events[static_cast<std::size_t>(i)].data.u32];
      if (!subscriber.Read(MSG_DONTWAIT)) continue;
      while (subscriber.Take(&message)) {
        if (message == "{}") Send(subscriber.fd, Masked("{}"));
        if (left == 0 || message.find("\"offset\"") == std::string::npos) continue;
        --left;
        delays->push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: server_realtime_fanout PORT PID CONNECTIONS ROUNDS\n");
    return 64;
  }
  const int port = std::atoi(argv[1]);
  const int pid = std::atoi(argv[2]);
  const int control = Connect(port);
  const auto act = [&](const std::string& what) {
    Send(control, "POST /do/" + what + " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  };
  act("shop?drops=1");
  Subscriber answer{control, {}};
  ReadHead(control);
  std::vector<Subscriber> subscribers(static_cast<std::size_t>(std::atoi(argv[3])));
  const long before_kib = ResidentKib(pid);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < subscribers.size(); ++i) {
    Subscribe(&subscribers[i], port);
    epoll_event event{EPOLLIN, {.u32 = static_cast<std::uint32_t>(i)}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, subscribers[i].fd, &event);
  }
  const long after_kib = ResidentKib(pid);
  std::vector<double> delays;
  std::vector<double> last;
  const int rounds = std::atoi(argv[4]);
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    act(round % 2 == 0 ? "drop?drop=d1&action=pause" : "drop?drop=d1&action=resume");
    HearAll(epoll, &subscribers, start, &delays);
    last.push_back(delays.back());
    while (answer.Read(MSG_DONTWAIT)) {
    }
  }
  const auto at = [](std::vector<double>* values, double part) {
    std::sort(values->begin(), values->end());
    const auto end = static_cast<double>(values->size() - 1);
    return (*values)[static_cast<std::size_t>(end * part)];
  };
  std::printf(
      "connections %zu, rounds %d, request to delivery p50 %.1f ms, p99 %.1f ms; to the "
      "last delivery p50 %.1f ms, p99 %.1f ms; %.1f KiB a socket\n",
      subscribers.size(), rounds, at(&delays, 0.5), at(&delays, 0.99), at(&last, 0.5),
      at(&last, 0.99),
      static_cast<double>(after_kib - before_kib) / static_cast<double>(subscribers.size()));
  return 0;
}
