// What the conformance suite cannot see of "file:" and of the position file: their bytes.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

#include "livedrops/relay.h"

namespace {
std::atomic<bool> cutting_fails = false;
std::atomic<bool> syncing_fails = false;
// Tests of other files sync on several threads.
std::mutex overwriting;
// What was written at a place of its own, not appended, since the last sync, and before that sync.
std::string overwritten;
std::string overwritten_and_synced;
}  // namespace

// Instead of the system's: a disk that fails cannot be had otherwise.
extern "C" int ftruncate(int file, off_t bytes) noexcept {
  if (!cutting_fails) return static_cast<int>(syscall(SYS_ftruncate, file, bytes));
  errno = EIO;
  return -1;
}
// A failed sync forgets what it should have written, as the system's does.
extern "C" int fdatasync(int file) {
  {
    const std::lock_guard guard(overwriting);
    const std::string pages = std::exchange(overwritten, "");
    if (!syncing_fails) overwritten_and_synced = pages;
  }
  if (!syncing_fails) return static_cast<int>(syscall(SYS_fdatasync, file));
  errno = EIO;
  return -1;
}
extern "C" ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  {
    const std::lock_guard guard(overwriting);
    overwritten.append(static_cast<const char*>(bytes), size);
  }
  return static_cast<ssize_t>(syscall(SYS_pwrite64, file, bytes, size, at));
}

namespace livedrops {
namespace {

namespace fs = std::filesystem;

std::vector<Event> Events(std::uint64_t first, std::uint64_t last) {
  std::vector<Event> events(last - first + 1);
  for (Event& event : events) {
    event.seq = first + static_cast<std::uint64_t>(&event - events.data());
    event.type = EventType::soldOut;
    event.subject = "mug-1";
  }
  return events;
}

class FileTest : public testing::Test {
 protected:
  FileTest() {
    // Where a sync costs nothing, if there is such a place: some tests make a thousand.
    const fs::path base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path();
    std::string pattern = (base / "livedrops-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ / "events.jsonl";
  }
  ~FileTest() override { fs::remove_all(directory_); }

  std::unique_ptr<Transport> Open() const {
    auto transport = OpenTransport("file:" + path_.string());
    EXPECT_TRUE(transport.ok()) << transport.status().ToString();
    return std::move(*transport);
  }
  Status Send(Transport& transport, std::uint64_t first, std::uint64_t last) const {
    const std::vector<Event> events = Events(first, last);
    return transport.Send({"e1", events}, Duration(1000));
  }
  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string Read() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  static std::uint64_t OffsetOf(Transport& transport) {
    const auto position = transport.ReadPosition();
    EXPECT_TRUE(position.ok()) << position.status().ToString();
    return position.ok() ? position->offset : 0;
  }

  fs::path directory_;
  fs::path path_;
};

TEST_F(FileTest, HoldsOneLineForEachEvent) {
  ASSERT_TRUE(Send(*Open(), 1, 2).ok());
  EXPECT_EQ(Read(), R"({"type":"soldOut","eventId":1,"at":"1970-01-01T00:00:00.000Z","offset":1,)"
                    R"("actor":"","subject":"mug-1","epoch":"e1"})"
                    "\n"
                    R"({"type":"soldOut","eventId":2,"at":"1970-01-01T00:00:00.000Z","offset":2,)"
                    R"("actor":"","subject":"mug-1","epoch":"e1"})"
                    "\n");
}

TEST_F(FileTest, ARepeatIsNotWrittenAgain) {
  const auto transport = Open();
  ASSERT_TRUE(Send(*transport, 1, 3).ok());
  const std::string before = Read();
  ASSERT_TRUE(Send(*transport, 1, 3).ok());
  EXPECT_EQ(Read(), before);
  ASSERT_TRUE(Send(*transport, 2, 4).ok());
  const std::string after = Read();
  EXPECT_EQ(std::ranges::count(after, '\n'), 4);
}

TEST_F(FileTest, ATornLineIsCutOffWhereverItWasTorn) {
  ASSERT_TRUE(Send(*Open(), 1, 3).ok());
  const std::string whole = Read();
  const std::size_t second = whole.find('\n') + 1;
  const std::size_t third = whole.find('\n', second) + 1;
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    Write(whole.substr(0, bytes));
    const auto transport = Open();
    const std::uint64_t lines = bytes < second         ? 0
                                : bytes < third        ? 1
                                : bytes < whole.size() ? 2
                                                       : 3;
    ASSERT_EQ(OffsetOf(*transport), lines) << bytes;
    ASSERT_TRUE(lines == 3 || Send(*transport, lines + 1, 3).ok());
    ASSERT_EQ(Read(), whole) << bytes;
  }
}

TEST_F(FileTest, ALineBehindAHoleIsCutOffWhereverTheHoleIs) {
  ASSERT_TRUE(Send(*Open(), 1, 5).ok());
  const std::string whole = Read();
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (const std::size_t bytes : {1, 90, 250}) {
    for (std::size_t from = 0; from + bytes <= last; ++from) {
      std::string text = whole;
      text.replace(from, bytes, bytes, '\0');
      Write(text);
      const auto before = static_cast<std::uint64_t>(
          std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(from), '\n'));
      const auto transport = Open();
      ASSERT_EQ(OffsetOf(*transport), before) << bytes << " from " << from;
      ASSERT_TRUE(Send(*transport, before + 1, 5).ok());
      ASSERT_EQ(Read(), whole) << bytes << " from " << from;
    }
  }
}

TEST_F(FileTest, AHoleMayBeLongAndNotTheOnlyOne) {
  ASSERT_TRUE(Send(*Open(), 1, 4).ok());
  const std::string whole = Read();
  const std::size_t line = whole.size() / 4;
  const std::string hole(3 << 20, '\0');
  Write(whole.substr(0, line) + hole + whole.substr(line, line) + hole + whole.substr(2 * line) +
        hole);
  EXPECT_EQ(OffsetOf(*Open()), 1u);
  EXPECT_EQ(Read(), whole.substr(0, line));
}

// The lines of a batch, without the second one.
TEST_F(FileTest, AGapIsCutOffWhenItMayBeOfTheLastBatch) {
  for (const std::uint64_t last : {4, 10'001, 10'002}) {
    fs::remove(path_);
    ASSERT_TRUE(Send(*Open(), 1, last).ok());
    std::string text = Read();
    const std::size_t second = text.find('\n') + 1;
    text.erase(second, text.find('\n', second) + 1 - second);
    Write(text);
    const bool looked_at = last < 10'002;
    EXPECT_EQ(OffsetOf(*Open()), looked_at ? 1 : last);
    EXPECT_EQ(Read(), looked_at ? text.substr(0, second) : text);
  }
}

TEST_F(FileTest, APositionThatWasSetByHandIsKept) {
  ASSERT_TRUE(Send(*Open(), 1, 3).ok());
  const std::string start = Read() + "{\"type\":\"soldOut\",\"eventId\":";
  for (const char* end : {"2,\"epoch\":\"e1\"}\n", "9,\"epoch\":\"e2\"}\n"}) {
    Write(start + end);
    EXPECT_EQ(OffsetOf(*Open()), static_cast<std::uint64_t>(end[0] - '0'));
    EXPECT_EQ(Read(), start + end);
  }
}

TEST_F(FileTest, AForeignLineInTheLastBatchIsNamedAndLeftAlone) {
  ASSERT_TRUE(Send(*Open(), 1, 2).ok());
  const std::string whole = Read();
  const std::size_t line = whole.size() / 2;
  const std::string text = whole.substr(0, line) + "diary\n" + whole.substr(line);
  Write(text);
  EXPECT_EQ(Open()->ReadPosition().status().ToString(),
            "corrupt: the line at byte " + std::to_string(line) + " of \"" + path_.string() +
                "\" is no event of a relay");
  EXPECT_EQ(Read(), text);
}

TEST_F(FileTest, APositionIsFoundBehindALongLine) {
  std::vector<Event> events = Events(1, 2);
  events[0].body = std::string(200'000, 'a');
  events[1].body = std::string(100'000, 'b');
  ASSERT_TRUE(Open()->Send({"e1", events}, Duration(1000)).ok());
  EXPECT_EQ(OffsetOf(*Open()), 2u);
  Write(Read() + "{\"type\":\"soldOut\",\"body\":\"" + std::string(300'000, 'c'));
  EXPECT_EQ(OffsetOf(*Open()), 2u);
}

TEST_F(FileTest, AFileOfSomebodyElseIsLeftAlone) {
  const std::vector<std::string> files = {
      "diary\n",
      "a photograph without a line end",
      "{\"type\":\"soldOut\",\"eventId\":1}\n",
      "{\"type\":\"soldOut\",\"eventId\":one,\"epoch\":\"e1\"}\n",
      "\n",
      "{\"type\":\"soldOut\",\"eventId\":1,\"epoch\":\"e1\"}\n\n",
      std::string(3 << 20, 'x'),
  };
  for (const std::string& text : files) {
    Write(text);
    const auto position = Open()->ReadPosition();
    ASSERT_FALSE(position.ok()) << text.substr(0, 80);
    EXPECT_EQ(position.status().code(), StatusCode::kCorrupt);
    EXPECT_EQ(position.status().message(),
              "the last line of \"" + path_.string() + "\" is no event of a relay");
    EXPECT_EQ(Read(), text);
  }
}

TEST_F(FileTest, WhatCannotBeOpenedIsNamed) {
  const auto missing = OpenTransport("file:" + (directory_ / "no" / "file").string());
  const auto position = (*missing)->ReadPosition();
  EXPECT_EQ(position.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(position.status().message().find("No such file or directory"), std::string::npos);
  EXPECT_EQ((*OpenTransport("file:/dev/null"))->ReadPosition().status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenTransport("file:").status().message(),
            "file: needs a path, as in file:events.jsonl");
  EXPECT_EQ(OpenTransport("kafka://user:secret@host").status().message(),
            "unknown transport \"kafka\", known are file:PATH");
}

TEST_F(FileTest, ASecondRelayWaitsForTheFirst) {
  auto first = Open();
  ASSERT_TRUE(Send(*first, 1, 1).ok());
  const auto second = Open();
  EXPECT_EQ(second->ReadPosition().status().message(),
            "another relay writes to \"" + path_.string() + "\"");
  first.reset();
  EXPECT_EQ(OffsetOf(*second), 1u);
}

TEST_F(FileTest, AFileThatWasMovedIsBegunAnew) {
  auto transport = Open();
  ASSERT_TRUE(Send(*transport, 1, 2).ok());
  fs::rename(path_, directory_ / "moved");
  EXPECT_EQ(Send(*transport, 3, 3).code(), StatusCode::kUnavailable);
  EXPECT_EQ(OffsetOf(*transport), 0u);
  ASSERT_TRUE(Send(*transport, 1, 3).ok());
  transport.reset();
  EXPECT_EQ(OffsetOf(*Open()), 3u);
}

// A write that the system cuts short: the file may not become longer than `limit`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t limit) {
    getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limited{limit, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(FileTest, AFailedWriteIsTakenBack) {
  const auto transport = Open();
  ASSERT_TRUE(Send(*transport, 1, 2).ok());
  const std::string before = Read();
  {
    const FileSizeLimit limit(before.size() + before.size() * 3 / 4);
    const Status full = Send(*transport, 3, 4);
    EXPECT_EQ(full.code(), StatusCode::kUnavailable) << full.ToString();
    EXPECT_EQ(Read(), before);
    EXPECT_EQ(OffsetOf(*transport), 2u);
  }
  EXPECT_TRUE(Send(*transport, 3, 4).ok());
  EXPECT_EQ(OffsetOf(*transport), 4u);
}

// Something fails as long as it lives.
class Failing {
 public:
  explicit Failing(std::atomic<bool>* what) : what_(*what) { what_ = true; }
  ~Failing() { what_ = false; }
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;

 private:
  std::atomic<bool>& what_;
};

TEST_F(FileTest, WhatASyncMayHaveLostIsWrittenAgain) {
  ASSERT_TRUE(Send(*Open(), 1, 3).ok());
  const auto transport = Open();
  for (int round = 0; round < 2; ++round) {
    const Failing disk(&syncing_fails);
    EXPECT_EQ(transport->ReadPosition().status().ToString(),
              "unavailable: cannot sync \"" + path_.string() + "\": Input/output error");
  }
  overwritten_and_synced.clear();
  EXPECT_EQ(OffsetOf(*transport), 3u);
  EXPECT_EQ(overwritten_and_synced, Read());
}

TEST_F(FileTest, NoMoreThanTheLastBatchIsWrittenAgain) {
  ASSERT_TRUE(Send(*Open(), 1, 10'001).ok());
  const std::string whole = Read();
  EXPECT_EQ(OffsetOf(*Open()), 10'001u);
  EXPECT_TRUE(overwritten_and_synced == whole.substr(whole.find('\n') + 1));
  EXPECT_TRUE(Read() == whole);
}

// As a host that rotates its files may do, though the guide says not to.
TEST_F(FileTest, AFileThatWasEmptiedGoesOnAtItsBeginning) {
  auto transport = Open();
  ASSERT_TRUE(Send(*transport, 1, 2).ok());
  fs::resize_file(path_, 0);
  ASSERT_TRUE(Send(*transport, 3, 3).ok());
  transport.reset();
  EXPECT_EQ(OffsetOf(*Open()), 3u);
}

TEST_F(FileTest, WhatCouldNotBeTakenBackIsWrittenAgain) {
  const auto transport = Open();
  ASSERT_TRUE(Send(*transport, 1, 2).ok());
  const std::string before = Read();
  {
    const FileSizeLimit limit(before.size() * 3 / 2);
    const Failing disk(&cutting_fails);
    EXPECT_EQ(Send(*transport, 3, 4).code(), StatusCode::kUnavailable);
    ASSERT_EQ(Read().size(), before.size() * 3 / 2) << "a whole line stays, maybe not on the disk";
    EXPECT_EQ(transport->ReadPosition().status().ToString(),
              "unavailable: cannot cut \"" + path_.string() + "\": Input/output error");
    EXPECT_EQ(Send(*transport, 3, 3).code(), StatusCode::kUnavailable);
  }
  EXPECT_EQ(OffsetOf(*transport), 3u);
  EXPECT_EQ(overwritten_and_synced, Read());
  EXPECT_TRUE(Send(*transport, 4, 4).ok());
  EXPECT_EQ(OffsetOf(*transport), 4u);
}

TEST_F(FileTest, APositionFileKeepsWhatWasWritten) {
  const PositionFile file(path_.string());
  ASSERT_TRUE(file.Read().ok());
  EXPECT_EQ(file.Read()->offset, 0u);
  ASSERT_TRUE(file.Write({"e1", 17}).ok());
  ASSERT_TRUE(file.Write({"e1", 18446744073709551615u}).ok());
  EXPECT_EQ(file.Read()->epoch, "e1");
  EXPECT_EQ(file.Read()->offset, 18446744073709551615u);
  EXPECT_EQ(Read(), "e1 18446744073709551615\n");
}

TEST_F(FileTest, APositionFileThatIsNoneIsCorrupt) {
  for (const char* text : {"", "e1", "e1 \n", " 17\n", "e1 17", "e1 17 \n", "e1 -1\n"}) {
    Write(text);
    EXPECT_EQ(PositionFile(path_.string()).Read().status().code(), StatusCode::kCorrupt) << text;
  }
  const PositionFile nowhere((directory_ / "no" / "position").string());
  EXPECT_EQ(nowhere.Write({"e1", 1}).code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace livedrops
