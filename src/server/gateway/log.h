// Log: lines on standard output (JSON) or standard error (text), written by a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace livedrops::server {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Whoever logs never waits for whoever reads: up to 1 MiB of lines wait, then new ones are dropped,
// and how many were is told as soon as there is room.
// Threading: any thread.
class Log {
 public:
  Log(LogFormat format, LogLevel level);
  // Writes what waits if the reader takes it within half a second.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  LogFormat format() const { return format_; }
  bool Wants(LogLevel level) const { return level >= level_; }

  // A line as it is, of whatever level: {"event":"listening",…}. Text logs write it too.
  void Line(std::string line);
  // {"event":"log","level":…,"message":…}, or "livedropsd: warning: …".
  void Say(LogLevel level, std::string_view message);

 private:
  void Run();
  bool Write(std::string_view text);

  const LogFormat format_;
  const LogLevel level_;
  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

LogFormat ParseLogFormat(std::string_view text);
LogLevel ParseLogLevel(std::string_view text);

}  // namespace livedrops::server
