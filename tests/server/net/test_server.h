// A server for one test, and ways to wait for what happens in it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "livedrops/server/http_server.h"

namespace livedrops::server {

// True as soon as `holds`; false when it does not within 10 s.
inline bool Eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// What happened, in order; told on the server's threads, waited for on the test's.
class Journal {
 public:
  void Add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  bool WaitFor(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
    });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// A session whose life is written down; what it is told, it sends back.
class JournalSession final : public WebSocketSession {
 public:
  JournalSession(Journal* journal, std::function<void(WebSocket)> on_open = {})
      : journal_(journal), on_open_(std::move(on_open)) {}
  void OnOpen(WebSocket socket) override {
    socket_ = socket;
    if (on_open_) on_open_(socket);
    journal_->Add("open");
  }
  void OnMessage(std::string_view payload, bool binary) override {
    journal_->Add("message:" + std::string(payload));
    if (payload == "close") {
      socket_.Close(4001, "as you wish");
      return;
    }
    socket_.Send(binary ? Frame::Binary(payload) : Frame::Text(payload));
  }
  void OnClose(std::uint16_t code) override { journal_->Add("close:" + std::to_string(code)); }

 private:
  Journal* journal_;
  std::function<void(WebSocket)> on_open_;
  WebSocket socket_;
};

inline std::unique_ptr<HttpServer> StartServer(Handler handler, HttpServer::Options options = {}) {
  auto server = HttpServer::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status().ToString();
  return server.ok() ? std::move(*server) : nullptr;
}

}  // namespace livedrops::server
