// How long livedropsd takes at a rate that is given, in an open loop:
//
//   server_load PORT CONNECTIONS PER_SECOND SECONDS PATH              GET
//   server_load PORT CONNECTIONS PER_SECOND SECONDS DROP TOKEN        POST /order
//
// Requests are sent when their time has come, to one connection after the other, also when it still
// waits for an answer (pipelining); a latency counts from that time. So a server that stands still
// shows in all requests of that time, not in one for each connection, as it does with wrk. Every
// order has a user and a key of its own; TOKEN is a service's. Prints one JSON object. One thread.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
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

constexpr std::chrono::seconds kPatience{10};  // For the last answers.

// Makes the requests.
class Requests {
 public:
  Requests(char** arguments, int count)
      : get_(count == 5 ? "GET " + std::string(arguments[4]) + " HTTP/1.1\r\nHost: h\r\n\r\n" : ""),
        drop_(arguments[4]),
        token_(count == 5 ? "" : arguments[5]) {}

  std::string Make(long number) const {
    if (!get_.empty()) return get_;
    const std::string name = std::to_string(number);
    const std::string body = R"({"dropId":")" + drop_ + R"(","userId":"open-)" + name +
                             R"(","quantity":1,"idempotencyKey":"k)" + name + R"("})";
    return "POST /order HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
           "Authorization: Bearer " +
           token_ + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  std::string get_;
  std::string drop_;
  std::string token_;
};

struct Results {
  std::vector<double> latencies_ms;
  long errors = 0;  // Answers that are no 2xx.
};

class Connection {
 public:
  explicit Connection(int port) : fd_(Connect(port)) {}

  void Ask(const std::string& request, Clock::time_point due) {
    Send(fd_, request);
    waiting_.push_back(due);
  }

  // Takes what came.
  void Hear(Results* results) {
    std::array<char, 16384> buffer;
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) Fail("the server closed a connection");
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    while (Take(results)) {
    }
  }

  int fd() const { return fd_; }

 private:
  // One whole answer; false when none is there.
  bool Take(Results* results) {
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = received_.find(kLength);
    if (length == std::string::npos || length > end) Fail(received_.c_str());
    const std::size_t size =
        end + 4 + static_cast<std::size_t>(std::atol(received_.c_str() + length + kLength.size()));
    if (received_.size() < size) return false;
    constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
    if (received_[kStatusAt] != '2') ++results->errors;
    results->latencies_ms.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - waiting_.front()).count());
    waiting_.pop_front();
    received_.erase(0, size);
    return true;
  }

  int fd_;
  std::string received_;
  std::deque<Clock::time_point> waiting_;  // When each request that has no answer yet was due.
};

class Load {
 public:
  Load(int port, int connections) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    connections_.reserve(static_cast<std::size_t>(connections));
    for (int i = 0; i < connections; ++i) {
      connections_.emplace_back(port);
      epoll_event event{EPOLLIN, {.u32 = static_cast<std::uint32_t>(i)}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back().fd(), &event);
    }
  }

  Results Run(const Requests& requests, double per_second, double seconds) {
    const auto count = static_cast<long>(per_second * seconds);
    const auto begin = Clock::now();
    long sent = 0;
    Clock::time_point end = begin + kPatience;
    while (static_cast<long>(results_.latencies_ms.size()) < count) {
      for (auto now = Clock::now(); sent < count; ++sent) {
        const auto due =
            begin + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(sent) / per_second));
        if (due > now) break;
        connections_[static_cast<std::size_t>(sent) % connections_.size()].Ask(requests.Make(sent),
                                                                               due);
        end = due + kPatience;
      }
      if (Clock::now() > end) Fail("answers did not come");
      Hear();
    }
    return std::move(results_);
  }

 private:
  // Waits a millisecond at most: then the next requests are due.
  void Hear() {
    std::array<epoll_event, 256> events;
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1);
    for (int i = 0; i < ready; ++i) {
      connections_[events[static_cast<std::size_t>(i)].data.u32].Hear(&results_);
    }
  }

  int epoll_;
  std::vector<Connection> connections_;
  Results results_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    std::fprintf(stderr,
                 "usage: server_load PORT CONNECTIONS PER_SECOND SECONDS {PATH | DROP TOKEN}\n");
    return 64;
  }
  const Requests requests(argv + 1, argc - 1);
  Load load(std::atoi(argv[1]), std::atoi(argv[2]));
  Results results = load.Run(requests, std::atof(argv[3]), std::atof(argv[4]));
  std::vector<double>* all = &results.latencies_ms;
  if (all->empty()) Fail("nothing was asked");
  std::printf("{\"requests\":%zu,\"errors\":%ld,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
              all->size(), results.errors, Percentile(all, 0.5), Percentile(all, 0.99),
              Percentile(all, 1));
  return 0;
}
