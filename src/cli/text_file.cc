#include "cli/text_file.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/hex.h"

namespace livedrops::cli {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kLineBytesMax = 1024 * 1024;

Status CannotRead(const std::string& path, const std::string& why) {
  return {StatusCode::kUnavailable, "cannot read " + path + ": " + why};
}

}  // namespace

void TextFile::Closer::operator()(struct gzFile_s* file) const { gzclose(file); }

TextFile::TextFile(std::string path, struct gzFile_s* file) : path_(std::move(path)), file_(file) {}

Result<TextFile> TextFile::Open(const std::string& path) {
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return CannotRead(path, errno == 0 ? "out of memory" : std::strerror(errno));
  gzbuffer(file, kBufferBytes);
  return TextFile(path, file);
}

bool TextFile::Fill() {
  if (ended_) return false;
  buffer_.resize(kBufferBytes);
  at_ = 0;
  const int read = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(kBufferBytes));
  buffer_.resize(read > 0 ? static_cast<std::size_t>(read) : 0);
  if (read > 0) return true;
  ended_ = true;
  int code = Z_OK;
  const char* message = gzerror(file_.get(), &code);
  if (code == Z_ERRNO) message = std::strerror(errno);
  if (code != Z_OK && code != Z_STREAM_END) status_ = CannotRead(path_, message);
  return false;
}

bool TextFile::Next(std::string* line) {
  line->clear();
  bool found = false;
  while (at_ < buffer_.size() || Fill()) {
    found = true;
    const std::size_t end = std::min(buffer_.find('\n', at_), buffer_.size());
    const std::size_t room = kLineBytesMax - std::min(kLineBytesMax, line->size());
    line->append(buffer_, at_, std::min(end - at_, room));
    at_ = end + 1;
    if (end == buffer_.size()) continue;  // The line goes on in the next buffer.
    break;
  }
  if (!line->empty() && line->back() == '\r') line->pop_back();
  return found && status_.ok();
}

Result<std::string> DigestOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return CannotRead(path, std::strerror(errno));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
  std::array<char, 64 * 1024> bytes;
  std::array<std::uint8_t, 32> hash;
  bool ok = EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1;
  do {
    file.read(bytes.data(), bytes.size());
    ok = ok && EVP_DigestUpdate(digest.get(), bytes.data(),
                                static_cast<std::size_t>(file.gcount())) == 1;
  } while (file);
  if (file.bad()) return CannotRead(path, std::strerror(errno));
  unsigned size = 0;
  ok = ok && EVP_DigestFinal_ex(digest.get(), hash.data(), &size) == 1;
  if (!ok) return Status(StatusCode::kUnavailable, "SHA-256 is not available");
  return ToHex(hash);
}

}  // namespace livedrops::cli
