#include "server/gateway/media_store.h"

#include <gtest/gtest.h>

#include <map>

namespace livedrops::server {
namespace {

using namespace std::string_view_literals;

TEST(PictureType, IsReadFromTheContent) {
  EXPECT_EQ(PictureType("\xff\xd8\xff\xe0"sv), "image/jpeg");
  EXPECT_EQ(PictureType("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv), "image/png");
  EXPECT_EQ(PictureType("RIFF\x10\0\0\0WEBPVP8 "sv), "image/webp");
  for (const std::string_view other :
       {""sv, "<svg/>"sv, "GIF89a"sv, "\x89PNG"sv, "\x89PNG\r\n\x1a\n"sv,
        "RIFF\x10\0\0\0WAVEfmt "sv, "\xff\xd8"sv}) {
    EXPECT_EQ(PictureType(other), std::nullopt);
  }
}

// A store of the host's own: what the gateway asks of one is this.
class Shelf final : public BlobStore {
 public:
  Status Put(std::string_view name, std::string_view bytes) override {
    if (full) return {StatusCode::kUnavailable, "the shelf is full"};
    blobs[std::string(name)] = bytes;
    return OkStatus();
  }
  Result<std::string> Get(std::string_view name) override {
    const auto found = blobs.find(std::string(name));
    if (found == blobs.end()) return Status(StatusCode::kNotFound, "not on the shelf");
    return found->second;
  }

  std::map<std::string, std::string> blobs;
  bool full = false;
};

class MediaStoreTest : public testing::Test {
 protected:
  Shelf* const shelf_ = new Shelf;  // The store owns it.
  const MediaStore store_{std::unique_ptr<BlobStore>(shelf_)};
};

TEST_F(MediaStoreTest, NamesPicturesByTheirContent) {
  const auto name = store_.Put("content");
  ASSERT_TRUE(name.ok()) << name.status().ToString();
  EXPECT_EQ(*name, "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
  EXPECT_EQ(shelf_->blobs.at(*name), "content");
  EXPECT_EQ(store_.Get(*name).value(), "content");
  EXPECT_EQ(store_.Put("content").value(), *name);
}

TEST_F(MediaStoreTest, AsksForNoOtherNames) {
  shelf_->blobs["short"] = "secret";
  EXPECT_EQ(store_.Get("short").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(store_.Get("").status().code(), StatusCode::kNotFound);
}

TEST_F(MediaStoreTest, SaysThatItCannotWrite) {
  shelf_->full = true;
  EXPECT_EQ(store_.Put("content").status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace livedrops::server
