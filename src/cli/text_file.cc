#include "cli/text_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/hex.h"
#include "base/sha256.h"

namespace livedrops::cli {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kLineBytesMax = 1024 * 1024;

Status CannotRead(const std::string& path, const std::string& why) {
  return {StatusCode::kUnavailable, "cannot read " + path + ": " + why};
}

}  // namespace

void TextFile::Closer::operator()(gzFile_s* file) const { gzclose(file); }

TextFile::TextFile(std::string path, gzFile_s* file) : path_(std::move(path)), file_(file) {}

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
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return CannotRead(path, std::strerror(errno));
  struct stat facts{};
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    close(file);
    return CannotRead(path, "it is no regular file");
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  Sha256 sha256;
  if (size == 0) {
    close(file);
    return ToHex(sha256.Of(""));
  }
  // Mapped: a file larger than the memory is hashed without being in it.
  void* const bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (bytes == MAP_FAILED) return CannotRead(path, std::strerror(errno));
  const Hash hash = sha256.Of({static_cast<const char*>(bytes), size});
  munmap(bytes, size);
  return ToHex(hash);
}

}  // namespace livedrops::cli
