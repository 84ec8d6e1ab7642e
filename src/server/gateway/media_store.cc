#include "server/gateway/media_store.h"

#include "server/auth/crypto.h"

namespace livedrops::server {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNameLength = 64;

}  // namespace

std::optional<std::string_view> PictureType(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (bytes.size() < 16) return std::nullopt;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv) && bytes.substr(12, 4) == "IHDR") {
    return "image/png";
  }
  if (bytes.starts_with("RIFF"sv) && bytes.substr(8, 7) == "WEBPVP8") {
    return "image/webp";
  }
  return std::nullopt;
}

Result<std::string> MediaStore::Put(std::string_view bytes) const {
  std::string name = Sha256Hex(bytes);
  if (Status put = blobs_->Put(name, bytes); !put.ok()) return put;
  return name;
}

Result<std::string> MediaStore::Get(std::string_view name) const {
  if (name.size() == kNameLength) return blobs_->Get(name);
  return Status(StatusCode::kNotFound, "no picture has such a name");
}

}  // namespace livedrops::server
