#include "transport/file/file_transport.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/event_json.h"
#include "transport/files.h"

namespace livedrops {
namespace {

constexpr off_t kBlockBytes = 64 * 1024;  // Read backwards at once; a line has some 300 bytes.
// Event texts are limited (4,000 characters, escaped): a longer line is not ours.
constexpr off_t kLineBytesMax = 1024 * 1024;
constexpr std::string_view kLineStart = "{\"type\":\"";

// The position of a line that AppendEventJson wrote: the number after the type, and the epoch,
// which comes last. A quote inside of a text is escaped, so that nothing else looks like them.
std::optional<Position> PositionOf(std::string_view line) {
  constexpr std::string_view kSeq = "\",\"eventId\":";
  constexpr std::string_view kEpoch = ",\"epoch\":\"";
  constexpr std::string_view kEnd = "\"}";
  const std::size_t seq = line.find(kSeq);
  const std::size_t epoch = line.rfind(kEpoch);
  if (!line.starts_with(kLineStart) || !line.ends_with(kEnd) || seq == std::string_view::npos ||
      epoch == std::string_view::npos || epoch < seq) {
    return std::nullopt;
  }
  Position position;
  const char* const number = line.data() + seq + kSeq.size();
  const auto [stop, error] = std::from_chars(number, line.data() + line.size(), position.offset);
  if (error != std::errc() || *stop != ',') return std::nullopt;
  const std::size_t from = epoch + kEpoch.size();
  position.epoch = line.substr(from, line.size() - kEnd.size() - from);
  return position;
}

class FileTransport : public Transport {
 public:
  explicit FileTransport(std::string path) : path_(std::move(path)) {}

  Result<Position> ReadPosition() override {
    if (closed_) return ClosedStatus();
    if (!file_.open()) {
      if (Status opened = Open(); !opened.ok()) return opened;
    }
    return position_;
  }

  Status Send(const EventBatch& batch, Duration) override {
    if (Result<Position> position = ReadPosition(); !position.ok()) return position.status();
    if (Status checked = CheckBatch(batch, position_); !checked.ok()) return checked;
    if (!HasItsName()) {
      file_.Close();
      return {StatusCode::kUnavailable, "\"" + path_ + "\" was moved or removed"};
    }
    const std::span<const Event> events = NewEvents(batch, position_);
    if (events.empty()) return OkStatus();
    lines_.clear();
    for (const Event& event : events) {
      AppendEventJson(event, batch.epoch, &lines_);
      lines_ += '\n';
    }
    Status written = WriteAll(file_, lines_, path_);
    if (written.ok()) written = SyncFile(file_, path_);
    if (!written.ok()) {
      TakeBack();
      return written;
    }
    durable_bytes_ += static_cast<off_t>(lines_.size());
    position_ = {std::string(batch.epoch), events.back().seq};
    return OkStatus();
  }

  Status Close() override {
    if (closed_) return ClosedStatus();
    closed_ = true;
    file_.Close();
    return OkStatus();
  }

 private:
  Status ClosedStatus() const {
    return {StatusCode::kClosed, "the transport to \"" + path_ + "\" is closed"};
  }

  // False: what is written now would be found by nobody.
  bool HasItsName() const {
    struct stat named{};
    struct stat held{};
    return stat(path_.c_str(), &named) == 0 && fstat(file_.get(), &held) == 0 &&
           named.st_dev == held.st_dev && named.st_ino == held.st_ino;
  }

  // Keeps the file only when all of it worked.
  Status Open() {
    file_ = FileHandle(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!file_.open()) return FileError("cannot open", path_);
    Status status = Lock();
    if (status.ok()) status = Recover();
    // Complete lines may be there that the process which wrote them did not live to sync.
    if (status.ok()) status = SyncFile(file_, path_);
    if (status.ok()) status = SyncDirectoryOf(path_);
    if (status.ok()) {
      doubted_.reset();
    } else {
      file_.Close();
    }
    return status;
  }

  // How much of the file may be looked at: of the one that TakeBack could not cut, what was synced.
  off_t BelievedBytes(const struct stat& facts) const {
    const bool doubted =
        doubted_ && doubted_->device == facts.st_dev && doubted_->inode == facts.st_ino;
    return doubted ? std::min(facts.st_size, doubted_->durable_bytes) : facts.st_size;
  }

  Status Lock() const {
    if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return OkStatus();
    if (errno != EWOULDBLOCK) return FileError("cannot lock", path_);
    return {StatusCode::kUnavailable, "another relay writes to \"" + path_ + "\""};
  }

  // Cuts off what stands behind the last line end, and reads the position in the line before it.
  Status Recover() {
    struct stat facts{};
    if (fstat(file_.get(), &facts) != 0) return FileError("cannot look at", path_);
    if (!S_ISREG(facts.st_mode)) {
      return {StatusCode::kInvalidArgument, "\"" + path_ + "\" is no regular file"};
    }
    std::string tail;
    std::size_t last = std::string::npos;    // The last line end in `tail`.
    std::size_t before = std::string::npos;  // The one before it.
    const off_t end = BelievedBytes(facts);
    off_t from = end;
    while (from > 0 && before == std::string::npos) {
      if (end - from > 2 * kLineBytesMax) return NotOurs();
      const off_t bytes = std::min(from, kBlockBytes);
      std::string block(static_cast<std::size_t>(bytes), '\0');
      from -= bytes;
      if (pread(file_.get(), block.data(), block.size(), from) != bytes) {
        return FileError("cannot read", path_);
      }
      tail.insert(0, block);
      last = tail.rfind('\n');
      if (last != std::string::npos && last != 0) before = tail.rfind('\n', last - 1);
    }
    if (last == std::string::npos) return RecoverFirstLine(tail);
    const std::size_t start = before == std::string::npos ? 0 : before + 1;
    auto position = PositionOf(std::string_view(tail).substr(start, last - start));
    if (!position) return NotOurs();
    return Cut(from + static_cast<off_t>(last) + 1, *std::move(position));
  }

  // The file has no complete line: it is new, or the first one was torn.
  Status RecoverFirstLine(std::string_view text) {
    const std::size_t common = std::min(text.size(), kLineStart.size());
    return text.substr(0, common) == kLineStart.substr(0, common) ? Cut(0, {}) : NotOurs();
  }

  // Nothing of it was changed: it may be somebody's.
  Status NotOurs() const {
    return {StatusCode::kCorrupt, "the last line of \"" + path_ + "\" is no event of a relay"};
  }

  Status Cut(off_t bytes, Position position) {
    if (ftruncate(file_.get(), bytes) != 0) return FileError("cannot cut", path_);
    durable_bytes_ = bytes;
    position_ = std::move(position);
    return OkStatus();
  }

  // After a failed write or sync the system may show lines that the disk does not have, and say
  // later that all is well: they are cut off, and written anew by the next Send. When even that
  // fails nothing goes on before Open could do it.
  void TakeBack() {
    if (ftruncate(file_.get(), durable_bytes_) == 0) return;
    struct stat facts{};
    if (fstat(file_.get(), &facts) == 0) {
      doubted_ = {facts.st_dev, facts.st_ino, durable_bytes_};
    }
    file_.Close();
  }

  // A file that has more than what is known to be on the disk.
  struct Doubted {
    dev_t device;
    ino_t inode;
    off_t durable_bytes;
  };

  const std::string path_;
  FileHandle file_;
  std::optional<Doubted> doubted_;
  Position position_;
  off_t durable_bytes_ = 0;
  bool closed_ = false;
  std::string lines_;  // Of the batch under way; kept for its memory.
};

}  // namespace

std::unique_ptr<Transport> NewFileTransport(std::string path) {
  return std::make_unique<FileTransport>(std::move(path));
}

}  // namespace livedrops
