#include "server/gateway/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace livedrops::server {
namespace {

// The end of a pipe that a log writes to.
class LogTest : public testing::Test {
 protected:
  LogTest() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~LogTest() override { CloseReading(), close(ends_[1]); }

  void CloseReading() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }
  std::string ReadLine() {
    std::string line;
    for (char c = 0; read(ends_[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  int fd() const { return ends_[1]; }

 private:
  std::array<int, 2> ends_{};
};

TEST_F(LogTest, WritesWholeLinesInTheirOrder) {
  constexpr int kLines = 20'000;
  std::thread reader([&] {
    for (int i = 0; i < kLines; ++i) EXPECT_EQ(ReadLine(), "line " + std::to_string(i));
    EXPECT_EQ(ReadLine(), R"({"event":"log","level":"error","message":"the last"})");
  });
  {
    Log log(LogFormat::json, LogLevel::info, fd());
    for (int i = 0; i < kLines; ++i) log.Line("line " + std::to_string(i));
    log.Say(LogLevel::debug, "not wanted");
    log.Say(LogLevel::error, "the last");
  }
  reader.join();
}

TEST_F(LogTest, NobodyWaitsForAReaderAndWhatWasDroppedIsTold) {
  Log log(LogFormat::text, LogLevel::info, fd());
  const std::string line(1000, 'x');
  for (int i = 0; i < 3000; ++i) log.Line(line);
  // About a thousand lines wait, and those in the pipe; then it goes on, with a word.
  int read = 0;
  std::string last;
  while ((last = ReadLine()) == line) ++read;
  EXPECT_GE(read, 900);
  EXPECT_LT(read, 2500);
  EXPECT_NE(last.find("lines were dropped"), std::string::npos) << last;
}

TEST_F(LogTest, EndsThoughNobodyReads) {
  Log log(LogFormat::text, LogLevel::info, fd());
  for (int i = 0; i < 1000; ++i) log.Line(std::string(1000, 'x'));
}

TEST_F(LogTest, EndsWhenTheReaderIsGone) {
  std::signal(SIGPIPE, SIG_IGN);
  CloseReading();
  Log log(LogFormat::text, LogLevel::info, fd());
  log.Line("nobody hears it");
}

TEST_F(LogTest, AppendsToAFile) {
  std::string name = testing::TempDir() + "/logXXXXXX";
  const int file = mkstemp(name.data());
  {
    Log log(LogFormat::text, LogLevel::info, file);
    log.Line("one");
    log.Line("two");
  }
  std::array<char, 64> text{};
  EXPECT_EQ(pread(file, text.data(), text.size(), 0), 8);
  EXPECT_STREQ(text.data(), "one\ntwo\n");
  close(file);
  unlink(name.c_str());
}

}  // namespace
}  // namespace livedrops::server
