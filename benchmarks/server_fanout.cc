// How fast one message reaches all sockets, and what a socket costs:
//
//   server_fanout PORT PID CONNECTIONS ROUNDS              the bare hello (server_hello)
//   server_fanout PORT PID CONNECTIONS ROUNDS DROP TOKEN   livedropsd; the token is of DROP's owner
//
// Opens the sockets; each round begins when all have heard of the one before. The hello is asked to
// broadcast a message as long as an event. livedropsd is asked to pause or to resume the drop that
// all have subscribed to: that commits. Prints one JSON object: the delay from the request to a
// subscriber's read and to the last one's, and the server's memory for each socket. One thread.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/loopback.h"

namespace {

using livedrops::benchmarks::Connect;
using livedrops::benchmarks::Fail;
using livedrops::benchmarks::Percentile;
using livedrops::benchmarks::Send;
using Clock = std::chrono::steady_clock;

// What the two servers are asked, and how a message of a round is known.
struct Target {
  std::string path;
  std::string commands;               // Sent by a socket once it is open; empty: nothing.
  std::string ready;                  // In the last answer to them.
  std::string told;                   // In each message of a round, and in no other.
  std::array<std::string, 2> rounds;  // Requests that take turns.
};

// A text message as a client sends it, masked with zeros; at most 125 bytes.
std::string Masked(std::string_view text) {
  std::string frame = "\x81";
  frame += static_cast<char>(0x80 | text.size());
  return frame.append(4, '\0').append(text);
}

class Subscriber {
 public:
  void Open(int port, const Target& target) {
    fd_ = Connect(port);
    Send(fd_,
         "GET " + target.path +
             " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) Demand();
    if (!received_.starts_with("HTTP/1.1 101")) Fail(received_.c_str());
    received_.erase(0, end + 4);
    if (target.commands.empty()) return;
    Send(fd_, Masked(target.commands));
    std::string message;
    while (true) {
      while (Take(&message)) {
        if (message.find(target.ready) != std::string::npos) return;
      }
      Demand();
    }
  }

  // Takes what came; how many messages of rounds were in it.
  int Hear(const Target& target) {
    if (!Read(MSG_DONTWAIT)) return 0;
    int told = 0;
    std::string message;
    while (Take(&message)) {
      if (message == "{}") Send(fd_, Masked("{}"));  // A ping.
      if (message.find(target.told) != std::string::npos) ++told;
    }
    return told;
  }

  int fd() const { return fd_; }

 private:
  // The next whole message; false when it is not there yet.
  bool Take(std::string* message) {
    if (received_.size() < 2) return false;
    std::size_t size = static_cast<unsigned char>(received_[1]);
    std::size_t head = 2;
    if (size == 126) {
      if (received_.size() < 4) return false;
      size = static_cast<std::size_t>(static_cast<unsigned char>(received_[2])) << 8 |
             static_cast<unsigned char>(received_[3]);
      head = 4;
    }
    if (received_.size() < head + size) return false;
    *message = received_.substr(head, size);
    received_.erase(0, head + size);
    return true;
  }
  void Demand() {
    if (!Read(0)) Fail("recv");
  }
  // False when nothing more is there now.
  bool Read(int flags) {
    std::array<char, 4096> buffer;
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), flags);
    if (count == 0) Fail("the server closed a socket");
    if (count < 0) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  int fd_ = -1;
  std::string received_;
};

long ResidentKib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  }
  return 0;
}

// Reads until every subscriber has heard of the round; the delays are appended.
void HearAll(int epoll, const Target& target, std::vector<Subscriber>* subscribers,
             Clock::time_point start, std::vector<double>* delays) {
  std::size_t left = subscribers->size();
  std::array<epoll_event, 1024> events;
  while (left != 0) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 10000);
    if (ready <= 0) Fail("nothing came");
    for (int i = 0; i < ready; ++i) {
      Subscriber& subscriber = (*subscribers)[events[static_cast<std::size_t>(i)].data.u32];
      for (int told = subscriber.Hear(target); told > 0 && left > 0; --told, --left) {
        delays->push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
      }
    }
  }
}

std::string Post(const std::string& path, const std::string& token, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" +
         (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Target Hello() {
  // As long as an event of a drop.
  const std::string event =
      R"({"type":"dropPaused","dropId":"drop-1","currentStock":4711,"at":"2026-01-01T00:00:00Z"})";
  return {
      "/ws", "", "", "dropPaused", {Post("/broadcast", "", event), Post("/broadcast", "", event)}};
}

Target Livedropsd(const std::string& drop, const std::string& token) {
  return {"/connection/websocket",
          R"({"id":1,"connect":{}})"
          "\n"
          R"({"id":2,"subscribe":{"channel":"drop:)" +
              drop + R"("}})",
          "\"subscribe\"",
          "\"offset\"",
          {Post("/drops/" + drop + "/pause", token, "{}"),
           Post("/drops/" + drop + "/resume", token, "{}")}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 7) {
    std::fprintf(stderr, "usage: server_fanout PORT PID CONNECTIONS ROUNDS [DROP TOKEN]\n");
    return 64;
  }
  const int port = std::atoi(argv[1]);
  const int pid = std::atoi(argv[2]);
  const int rounds = std::atoi(argv[4]);
  const Target target = argc == 5 ? Hello() : Livedropsd(argv[5], argv[6]);
  std::vector<Subscriber> subscribers(static_cast<std::size_t>(std::atoi(argv[3])));
  const long before_kib = ResidentKib(pid);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < subscribers.size(); ++i) {
    subscribers[i].Open(port, target);
    epoll_event event{EPOLLIN, {.u32 = static_cast<std::uint32_t>(i)}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, subscribers[i].fd(), &event);
  }
  const double kib = static_cast<double>(ResidentKib(pid) - before_kib);
  const int control = Connect(port);
  std::vector<double> delays;
  std::vector<double> last;
  const auto begin = Clock::now();
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    Send(control, target.rounds[static_cast<std::size_t>(round % 2)]);
    HearAll(epoll, target, &subscribers, start, &delays);
    last.push_back(delays.back());
    std::array<char, 4096> answer;
    if (recv(control, answer.data(), answer.size(), 0) <= 0) Fail("no answer to the request");
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const auto count = static_cast<double>(subscribers.size());
  std::printf(
      "{\"connections\":%zu,\"rounds\":%d,\"deliveries_per_second\":%.0f,\"p50_ms\":%.1f,"
      "\"p99_ms\":%.1f,\"last_p50_ms\":%.1f,\"last_p99_ms\":%.1f,\"kib_per_socket\":%.1f}\n",
      subscribers.size(), rounds, count * rounds / seconds, Percentile(&delays, 0.5),
      Percentile(&delays, 0.99), Percentile(&last, 0.5), Percentile(&last, 0.99), kib / count);
  return 0;
}
