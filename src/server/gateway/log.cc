#include "server/gateway/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "server/json/json_writer.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kWaitingBytesMax = 1 << 20;
// A pipe that poll calls writable takes so much without blocking.
constexpr std::size_t kPieceBytes = 4096;
constexpr int kPollMs = 100;
constexpr std::chrono::milliseconds kLastWords{500};

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

}  // namespace

LogFormat ParseLogFormat(std::string_view text) {
  return text == "json" ? LogFormat::json : LogFormat::text;
}

LogLevel ParseLogLevel(std::string_view text) {
  const auto* const found = std::ranges::find(kLevels, text);
  return found == kLevels.end() ? LogLevel::info : static_cast<LogLevel>(found - kLevels.begin());
}

Log::Log(LogFormat format, LogLevel level)
    : format_(format),
      level_(level),
      fd_(format == LogFormat::json ? STDOUT_FILENO : STDERR_FILENO),
      thread_([this] { Run(); }) {}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Log::Line(std::string line) {
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > kWaitingBytesMax) {
      ++dropped_;
      return;
    }
    waiting_ += line;
  }
  changed_.notify_one();
}

void Log::Say(LogLevel level, std::string_view message) {
  if (!Wants(level)) return;
  const std::string_view name = kLevels[static_cast<std::size_t>(level)];
  std::string line;
  if (format_ == LogFormat::text) {
    line.append("livedropsd: ").append(name).append(": ").append(message);
  } else {
    JsonWriter json(&line);
    json.BeginObject().Member("event", "log").Member("level", name).Member("message", message);
    json.EndObject();
  }
  Line(std::move(line));
}

void Log::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::string text;
    text.swap(waiting_);
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    const bool written = Write(text);
    if (written && dropped != 0) {
      Say(LogLevel::warning, std::to_string(dropped) + " lines were dropped: nobody read the log");
    }
    lock.lock();
    if (!written) return;
  }
}

// False when the reader is gone, or does not read while the server stops.
bool Log::Write(std::string_view text) {
  using Steady = std::chrono::steady_clock;
  auto deadline = Steady::time_point::max();
  while (!text.empty()) {
    pollfd ready{fd_, POLLOUT, 0};
    if (poll(&ready, 1, kPollMs) > 0) {
      const ssize_t count = write(fd_, text.data(), std::min(text.size(), kPieceBytes));
      if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (!closing_) continue;
    if (deadline == Steady::time_point::max()) deadline = Steady::now() + kLastWords;
    if (Steady::now() > deadline) return false;
  }
  return true;
}

}  // namespace livedrops::server
