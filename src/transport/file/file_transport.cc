#include "transport/file/file_transport.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "base/event_json.h"
#include "base/files.h"

namespace livedrops {
namespace {

constexpr off_t kBlockBytes = 64 * 1024;  // Read backwards at once; a line has some 300 bytes.
// Event texts are limited (4,000 characters, escaped): a longer line is not ours.
constexpr off_t kLineBytesMax = 1024 * 1024;
// The most that one batch of a relay has. It is synced as a whole: after a power cut any part of it
// may be a hole of zeros. No line of ours has a zero byte, it is escaped.
constexpr int kBatchLinesMax = 10'000;
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

// Nothing of it was changed: it may be somebody's.
Status NotOurs(const std::string& path, const std::string& line = "the last line") {
  return {StatusCode::kCorrupt, line + " of \"" + path + "\" is no event of a relay"};
}

bool HasHole(std::string_view text) { return text.find('\0') != std::string_view::npos; }

struct Line {
  off_t from = 0;    // Where it begins in the file.
  std::string text;  // Without its line end.
};

// The lines of the first `end` bytes of a file, the last one first: what stands behind the last
// line end, maybe nothing, then complete lines. Holds little more than one line.
class LinesBackwards {
 public:
  LinesBackwards(const FileHandle& file, const std::string& path, off_t end)
      : file_(file), path_(path), from_(end) {}

  // False: Next has read the beginning of the file.
  bool more() const { return more_; }

  // Errors: unavailable; corrupt when the line is too long.
  Status Next(Line* line) {
    std::size_t before = unread_.rfind('\n');
    while (before == std::string::npos && from_ > 0) {
      if (Status checked = CheckLength(); !checked.ok()) return checked;
      if (Status read = ReadBlock(); !read.ok()) return read;
      before = unread_.rfind('\n');
    }
    more_ = before != std::string::npos;
    const std::size_t start = more_ ? before + 1 : 0;
    line->from = from_ + static_cast<off_t>(start);
    line->text = unread_.substr(start);
    unread_.resize(more_ ? before : 0);
    return OkStatus();
  }

 private:
  // A line with a zero byte is a hole however long it is, and one byte shows that.
  Status CheckLength() {
    if (static_cast<off_t>(unread_.size()) <= kLineBytesMax) return OkStatus();
    if (!HasHole(unread_)) return NotOurs(path_);
    unread_.assign(1, '\0');
    return OkStatus();
  }

  Status ReadBlock() {
    const off_t bytes = std::min(from_, kBlockBytes);
    std::string block(static_cast<std::size_t>(bytes), '\0');
    if (pread(file_.get(), block.data(), block.size(), from_ - bytes) != bytes) {
      return FileError("cannot read", path_);
    }
    from_ -= bytes;
    unread_.insert(0, block);
    return OkStatus();
  }

  const FileHandle& file_;
  const std::string& path_;
  off_t from_;          // Where `unread_` begins in the file.
  std::string unread_;  // Up to the line end before the line that was read last.
  bool more_ = true;
};

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
    file_ = FileHandle(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file_.open()) return FileError("cannot open", path_);
    Status status = Lock();
    if (status.ok()) status = Recover();
    if (status.ok()) status = SyncFile(file_, path_);
    if (status.ok()) status = SyncDirectoryOf(path_);
    // From here on lines are added, wherever the end is: somebody may empty the file.
    if (status.ok() && fcntl(file_.get(), F_SETFL, O_APPEND) != 0) {
      status = FileError("cannot append to", path_);
    }
    if (!status.ok()) file_.Close();
    return status;
  }

  Status Lock() const {
    if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return OkStatus();
    if (errno != EWOULDBLOCK) return FileError("cannot lock", path_);
    return {StatusCode::kUnavailable, "another relay writes to \"" + path_ + "\""};
  }

  // Cuts off what a crash left behind the last line end, or a power cut in the last batch, and
  // reads the position in the line before it.
  Status Recover() {
    struct stat facts{};
    if (fstat(file_.get(), &facts) != 0) return FileError("cannot look at", path_);
    if (!S_ISREG(facts.st_mode)) {
      return {StatusCode::kInvalidArgument, "\"" + path_ + "\" is no regular file"};
    }
    LinesBackwards lines(file_, path_, facts.st_size);
    Line line;
    if (Status read = lines.Next(&line); !read.ok()) return read;
    if (!lines.more()) return RecoverFirstLine(line.text);
    return RecoverBatch(&lines, line.from);
  }

  // `end` is behind the last line end. Keeps what stands before the first hole.
  Status RecoverBatch(LinesBackwards* lines, off_t end) {
    off_t kept_bytes = end;
    std::optional<Position> kept;    // Of the line that ends there, when it was read.
    std::optional<Position> behind;  // Of the line behind the one that is read.
    bool ours = false;
    for (int count = 0; lines->more() && (count < kBatchLinesMax || !kept); ++count) {
      Line line;
      if (Status read = lines->Next(&line); !read.ok()) return read;
      const off_t line_end = std::exchange(end, line.from);
      if (HasHole(line.text)) {
        kept_bytes = line.from;
        kept.reset();
        behind.reset();
        continue;
      }
      std::optional<Position> position = PositionOf(line.text);
      if (!position && count == 0) return NotOurs(path_);
      if (!position) return NotOurs(path_, "the line at byte " + std::to_string(line.from));
      ours = true;
      if (behind) {
        // No batch has two epochs or goes back: somebody set the position by hand.
        if (position->epoch != behind->epoch || position->offset >= behind->offset) break;
        if (position->offset + 1 != behind->offset) kept.reset();
      }
      if (!kept) {
        kept_bytes = line_end;
        kept = position;
      }
      behind = std::move(position);
    }
    if (!ours) return NotOurs(path_);
    if (Status cut = Cut(kept_bytes, kept.value_or(Position())); !cut.ok()) return cut;
    return WriteAgain(end);
  }

  // After a sync that failed, in this process or in one that died, the system may show lines that
  // the disk does not have, and take them for written: no sync would write them any more. So the
  // last batch is written over itself; those before it were synced before it was written.
  Status WriteAgain(off_t from) const {
    std::string block;
    for (off_t at = from; at < durable_bytes_; at += std::ssize(block)) {
      block.resize(static_cast<std::size_t>(std::min(durable_bytes_ - at, kBlockBytes)));
      if (pread(file_.get(), block.data(), block.size(), at) != std::ssize(block)) {
        return FileError("cannot read", path_);
      }
      if (pwrite(file_.get(), block.data(), block.size(), at) != std::ssize(block)) {
        return FileError("cannot write", path_);
      }
    }
    return OkStatus();
  }

  // The file has no complete line: it is new, or the first one was torn.
  Status RecoverFirstLine(std::string_view text) {
    const std::size_t common = std::min(text.size(), kLineStart.size());
    return text.substr(0, common) == kLineStart.substr(0, common) ? Cut(0, {}) : NotOurs(path_);
  }

  Status Cut(off_t bytes, Position position) {
    if (ftruncate(file_.get(), bytes) != 0) return FileError("cannot cut", path_);
    durable_bytes_ = bytes;
    position_ = std::move(position);
    return OkStatus();
  }

  // After a failed write or sync the system may show lines that the disk does not have: they are
  // cut off, and written anew by the next Send. When even that fails, Open writes them again.
  void TakeBack() {
    if (ftruncate(file_.get(), durable_bytes_) != 0) file_.Close();
  }

  const std::string path_;
  FileHandle file_;
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
