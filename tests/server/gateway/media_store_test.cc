#include "server/gateway/media_store.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace livedrops::server {
namespace {

using namespace std::string_view_literals;

TEST(PictureType, IsReadFromTheContent) {
  EXPECT_EQ(PictureType("\xff\xd8\xff\xe0"sv), "image/jpeg");
  EXPECT_EQ(PictureType("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv), "image/png");
  EXPECT_EQ(PictureType("RIFF\x10\0\0\0WEBPVP8 "sv), "image/webp");
  for (const std::string_view other :
       {""sv, "<svg/>"sv, "GIF89a"sv, "\x89PNG"sv, "RIFF\x10\0\0\0WAVEfmt "sv, "\xff\xd8"sv}) {
    EXPECT_EQ(PictureType(other), std::nullopt);
  }
}

class MediaStoreTest : public testing::Test {
 protected:
  MediaStoreTest() {
    std::string name = testing::TempDir() + "livedrops-media-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~MediaStoreTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(MediaStoreTest, GivesBackWhatItGot) {
  const MediaStore store(directory_ + "/new");
  const auto name = store.Put("content");
  ASSERT_TRUE(name.ok()) << name.status().ToString();
  EXPECT_EQ(name->size(), 64U);
  EXPECT_EQ(store.Get(*name).value(), "content");
  EXPECT_EQ(store.Put("content").value(), *name);
}

TEST_F(MediaStoreTest, KnowsNoOtherNames) {
  const MediaStore store(directory_);
  constexpr std::string_view kZeros =
      "0000000000000000000000000000000000000000000000000000000000000000";
  constexpr std::string_view kCapitals =
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  constexpr std::string_view kDots =
      "0000000000000000000000000000000000000000000000000000000000000/..";
  for (const std::string_view name :
       {kZeros, kCapitals, kDots, "../../etc/passwd"sv, "livedrops"sv, ""sv}) {
    EXPECT_EQ(store.Get(name).status().code(), StatusCode::kNotFound) << name;
  }
}

TEST_F(MediaStoreTest, SaysThatItCannotWrite) {
  const MediaStore store("/proc/no/such/place");
  EXPECT_FALSE(store.Put("content").ok());
}

}  // namespace
}  // namespace livedrops::server
