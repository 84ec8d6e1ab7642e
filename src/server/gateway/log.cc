#include "server/gateway/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/json_writer.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kWaitingBytesMax = 1 << 20;
// What poll calls writable takes so much without blocking.
constexpr std::size_t kPieceBytes = 4096;
constexpr std::size_t kLargePieceBytes = 64 << 10;
constexpr int kPollMs = 100;
// Lines gather so long.
constexpr std::chrono::milliseconds kGather{5};
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

LogTarget::LogTarget(int fd) : fd_(fd), piece_(kPieceBytes) {
  struct stat facts{};
  if (fstat(fd, &facts) != 0) return;
  if (S_ISREG(facts.st_mode)) piece_ = kLargePieceBytes;
  if (!S_ISFIFO(facts.st_mode)) return;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  own_fd_ = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (own_fd_ >= 0) piece_ = kLargePieceBytes;
}

LogTarget::~LogTarget() {
  if (own_fd_ >= 0) close(own_fd_);
}

std::optional<std::size_t> LogTarget::Take(std::string_view text) const {
  const int fd = own_fd_ >= 0 ? own_fd_ : fd_;
  pollfd ready{fd, POLLOUT, 0};
  if (poll(&ready, 1, kPollMs) <= 0) return 0;
  const ssize_t count = write(fd, text.data(), std::min(text.size(), piece_));
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EINTR || errno == EAGAIN) return 0;
  return std::nullopt;
}

Log::Log(LogFormat format, LogLevel level)
    : Log(format, level, format == LogFormat::json ? STDOUT_FILENO : STDERR_FILENO) {}

Log::Log(LogFormat format, LogLevel level, int fd)
    : format_(format), level_(level), target_(fd), thread_([this] { Run(); }) {}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Log::Line(std::string_view line) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() >= kWaitingBytesMax) {
      ++dropped_;
      return;
    }
    waiting_.append(line).append(1, '\n');
    wake = std::exchange(idle_, false);
  }
  if (wake) changed_.notify_one();
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
  Line(line);
}

void Log::Run() {
  std::string text;
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_ = waiting_.empty();
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    idle_ = false;
    if (waiting_.empty()) return;
    text.clear();
    text.swap(waiting_);
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    const bool written = Write(text);
    if (written && dropped != 0) {
      Say(LogLevel::warning, std::to_string(dropped) + " lines were dropped: nobody read the log");
    }
    lock.lock();
    if (!written) return;
    // The first line goes at once, those behind it together.
    changed_.wait_for(lock, kGather, [this] { return closing_; });
  }
}

// False when the reader is gone, or does not read while the server stops.
bool Log::Write(std::string_view text) {
  while (!text.empty()) {
    const std::optional<std::size_t> taken = target_.Take(text);
    if (!taken || (*taken == 0 && WaitsTooLong())) return false;
    text.remove_prefix(*taken);
  }
  return true;
}

bool Log::WaitsTooLong() {
  const std::lock_guard lock(mutex_);
  if (!closing_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (!last_words_until_) last_words_until_ = now + kLastWords;
  return now > *last_words_until_;
}

}  // namespace livedrops::server
