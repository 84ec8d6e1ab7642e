// Lines of a text file, plain or gzip, read as a stream.
#pragma once

#include <memory>
#include <string>

#include "livedrops/status.h"

struct gzFile_s;  // Of zlib.

namespace livedrops::cli {

class TextFile {
 public:
  // Errors: unavailable when it cannot be opened.
  static Result<TextFile> Open(const std::string& path);

  // The next line without its end ("\n" or "\r\n"); a last line without an end counts. False at the
  // end and after an error. What a line has beyond 1 MiB is dropped.
  bool Next(std::string* line);
  // Not ok when reading stopped because of an error: a broken gzip, a directory.
  const Status& status() const { return status_; }

 private:
  struct Closer {
    void operator()(gzFile_s* file) const;
  };
  explicit TextFile(std::string path, gzFile_s* file);
  bool Fill();

  std::string path_;
  std::unique_ptr<gzFile_s, Closer> file_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool ended_ = false;
  Status status_;
};

// SHA-256 of the file's bytes as they are on the disk, in lower-case hex. Errors: unavailable.
Result<std::string> DigestOf(const std::string& path);

}  // namespace livedrops::cli
