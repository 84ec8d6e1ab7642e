// Blobs as files: what the seam promises, and what a crash leaves behind.
#include "livedrops/spi/blob_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace livedrops {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kName = "abc123";

class FileBlobs : public testing::Test {
 protected:
  FileBlobs() {
    std::string name = testing::TempDir() + "livedrops-blobs-XXXXXX";
    directory_ = mkdtemp(name.data());
    blobs_ = *OpenBlobs("file:" + Path("new"));
  }
  ~FileBlobs() override { fs::remove_all(directory_); }

  std::string Path(const std::string& what) const { return directory_ + "/" + what; }
  // A file that was written so long ago.
  std::string Leave(const std::string& name, std::chrono::minutes age) const {
    fs::create_directories(Path("new"));
    std::ofstream(Path("new/" + name)) << "half of a bl";
    fs::last_write_time(Path("new/" + name), fs::file_time_type::clock::now() - age);
    return Path("new/" + name);
  }

  std::string directory_;
  std::unique_ptr<BlobStore> blobs_;
};

TEST_F(FileBlobs, GiveBackWhatTheyGot) {
  const std::string bytes("two\0parts", 9);
  EXPECT_EQ(blobs_->Get(kName).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(blobs_->Put(kName, bytes).ok());
  EXPECT_TRUE(blobs_->Put(kName, bytes).ok());
  EXPECT_EQ(blobs_->Get(kName).value(), bytes);
  EXPECT_TRUE(blobs_->Put("def", "").ok());
  EXPECT_EQ(blobs_->Get("def").value(), "");
  EXPECT_EQ(OpenBlobs("file:" + Path("new")).value()->Get(kName).value(), bytes);
}

TEST_F(FileBlobs, HaveNoNamesThatLeadElsewhere) {
  std::ofstream(Path("secret")) << "secret";
  fs::create_directories(Path("new"));
  const std::string too_long(65, 'a');
  for (const std::string_view name : {"", "ab", "../secret", "ABC123", "abc/../../secret",
                                      "draft-abcdef", "abc\n", "abc123.jpg", too_long.c_str()}) {
    EXPECT_EQ(blobs_->Get(name).status().code(), StatusCode::kNotFound) << name;
    EXPECT_EQ(blobs_->Put(name, "x").code(), StatusCode::kInvalidArgument) << name;
  }
  EXPECT_TRUE(fs::is_empty(Path("new")));
}

TEST_F(FileBlobs, SayThatTheyCannotBeWrittenOrRead) {
  const auto nowhere = OpenBlobs("file:/proc/no/such/place");
  EXPECT_EQ((*nowhere)->Put(kName, "x").code(), StatusCode::kUnavailable);
  fs::create_directories(Path("new/ab/" + std::string(kName)));
  EXPECT_EQ(blobs_->Get(kName).status().code(), StatusCode::kUnavailable);
}

TEST_F(FileBlobs, LeaveNothingWhenTheDiskIsFull) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignore = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status put = blobs_->Put(kName, std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignore);
  EXPECT_EQ(put.code(), StatusCode::kUnavailable);
  EXPECT_EQ(blobs_->Get(kName).status().code(), StatusCode::kNotFound);
  for (const auto& left : fs::recursive_directory_iterator(Path("new"))) {
    EXPECT_TRUE(left.is_directory()) << left.path();
  }
}

TEST_F(FileBlobs, AreNeverSeenInPart) {
  const std::string bytes(1 << 20, 'x');
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&] { EXPECT_TRUE(blobs_->Put(kName, bytes).ok()); });
  }
  Result<std::string> read = Status(StatusCode::kNotFound, "not asked yet");
  while (!read.ok() && read.status().code() == StatusCode::kNotFound) read = blobs_->Get(kName);
  EXPECT_TRUE(read.ok() && *read == bytes) << read.status().ToString();
  for (std::thread& writer : writers) writer.join();
  // And nothing but the blob is left.
  EXPECT_EQ(std::distance(fs::directory_iterator(Path("new")), {}), 1);
}

TEST_F(FileBlobs, LoseTheDraftsOfWhoCrashed) {
  const std::string old = Leave("draft-Ab12Cd", std::chrono::minutes(61));
  const std::string young = Leave("draft-Ef34Gh", std::chrono::minutes(59));
  const std::string other = Leave("README", std::chrono::minutes(61));
  EXPECT_TRUE(blobs_->Put(kName, "x").ok());
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_TRUE(fs::exists(other));
}

TEST(OpenBlobs, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(OpenBlobs("file:").status().message(), "file: needs a directory, as in file:media");
  EXPECT_EQ(OpenBlobs("s3:bucket").status().message(),
            "unknown blob store \"s3\", known are file:DIRECTORY");
}

}  // namespace
}  // namespace livedrops
