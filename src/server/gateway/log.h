// Log: lines on standard output (JSON) or standard error (text), written by a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace livedrops::server {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Where lines go, written without ever blocking.
class LogTarget {
 public:
  // Does not own `fd`.
  explicit LogTarget(int fd);
  ~LogTarget();
  LogTarget(const LogTarget&) = delete;
  LogTarget& operator=(const LogTarget&) = delete;

  // How many bytes were taken: 0 when none can be for a tenth of a second. Nothing: it is gone.
  std::optional<std::size_t> Take(std::string_view text) const;

 private:
  const int fd_;
  int own_fd_ = -1;        // A pipe, opened again: others who have `fd` may want it blocking.
  std::size_t piece_ = 0;  // So much is surely taken when poll says so.
};

// Whoever logs never waits for whoever reads: up to 1 MiB of lines wait, then new ones are dropped,
// and how many were is told as soon as there is room. Nor does he wake the writer for each line:
// one write takes what came in 5 ms, so that a line for each request costs little. Threading: any
// thread.
class Log {
 public:
  // `fd`: for tests; it stays the caller's.
  Log(LogFormat format, LogLevel level);
  Log(LogFormat format, LogLevel level, int fd);
  // Writes what waits if the reader takes it within half a second.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  LogFormat format() const { return format_; }
  bool Wants(LogLevel level) const { return level >= level_; }
  // A line of JSON of that level; a text log takes such lines only when it debugs.
  bool WantsLine(LogLevel level) const {
    return Wants(level) && (format_ == LogFormat::json || Wants(LogLevel::debug));
  }

  // A line as it is, of whatever level: {"event":"listening",…}. Text logs write it too.
  void Line(std::string_view line);
  // {"event":"log","level":…,"message":…}, or "livedropsd: warning: …".
  void Say(LogLevel level, std::string_view message);

 private:
  void Run();
  bool Write(std::string_view text);
  bool WaitsTooLong();

  const LogFormat format_;
  const LogLevel level_;
  const LogTarget target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
  bool idle_ = false;  // The writer has nothing to do: it must be woken.
  bool closing_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_words_until_;
  std::thread thread_;
};

LogFormat ParseLogFormat(std::string_view text);
LogLevel ParseLogLevel(std::string_view text);

}  // namespace livedrops::server
