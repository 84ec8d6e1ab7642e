// What the load program of the crash tests writes down about itself: an intent before each request,
// an acknowledgement after each answer. One write(2) per line, so that a kill cuts no line in two.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace livedrops::crash {

// Appends lines to a file. Threading: any thread.
class AckLog {
 public:
  explicit AckLog(const std::string& path)
      : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~AckLog() { close(fd_); }
  AckLog(const AckLog&) = delete;
  AckLog& operator=(const AckLog&) = delete;

  void Write(const std::string& line) {
    const std::string whole = line + "\n";
    if (write(fd_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size())) _exit(3);
  }

 private:
  int fd_;
};

// "WHEN WHAT SUBJECT VALUE ...": WHEN is `will` or `did`.
struct AckLine {
  bool did = false;
  std::string what;
  std::vector<std::string> words;
};

inline std::vector<AckLine> ReadAcks(const std::string& path) {
  std::vector<AckLine> lines;
  std::ifstream in(path);
  for (std::string text; std::getline(in, text);) {
    std::istringstream words(text);
    AckLine line;
    std::string when;
    words >> when >> line.what;
    line.did = when == "did";
    for (std::string word; words >> word;) line.words.push_back(word);
    lines.push_back(line);
  }
  return lines;
}

}  // namespace livedrops::crash
