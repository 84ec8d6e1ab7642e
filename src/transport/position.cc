// What every transport has in common: which batch comes next, and where a position is kept.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/files.h"
#include "livedrops/spi/transport.h"

namespace livedrops {
namespace {

Status Refused(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

// "EPOCH 17\n", the form in which a position is kept.
std::string LineOf(const Position& position) {
  return position.epoch + " " + std::to_string(position.offset) + "\n";
}

std::optional<Position> ParseLine(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || blank == 0 || line.back() != '\n') return std::nullopt;
  Position position;
  position.epoch = line.substr(0, blank);
  const char* const end = line.data() + line.size() - 1;
  const auto [stop, error] = std::from_chars(line.data() + blank + 1, end, position.offset);
  if (error != std::errc() || stop != end) return std::nullopt;
  return position;
}

}  // namespace

Status CheckBatch(const EventBatch& batch, const Position& position) {
  if (batch.events.empty()) return Refused("a batch without events");
  if (batch.epoch.empty()) return Refused("a batch without an epoch");
  if (position.offset != 0 && batch.epoch != position.epoch) {
    return Refused("events of epoch \"" + std::string(batch.epoch) + "\" after those of \"" +
                   position.epoch + "\"");
  }
  const std::uint64_t first = batch.events.front().seq;
  if (first == 0 || first > position.offset + 1) {
    return Refused("event " + std::to_string(first) + " does not follow event " +
                   std::to_string(position.offset));
  }
  for (std::size_t i = 1; i < batch.events.size(); ++i) {
    if (batch.events[i].seq == first + i) continue;
    return Refused("event " + std::to_string(batch.events[i].seq) + " does not follow event " +
                   std::to_string(first + i - 1));
  }
  return OkStatus();
}

std::span<const Event> NewEvents(const EventBatch& batch, const Position& position) {
  const std::uint64_t known = position.offset + 1 - batch.events.front().seq;
  return batch.events.subspan(std::min<std::size_t>(known, batch.events.size()));
}

Result<Position> PositionFile::Read() const {
  const FileHandle file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open() && errno == ENOENT) return Position{};
  if (!file.open()) return FileError("cannot open", path_);
  std::array<char, 256> text;  // An epoch is 16 characters, a seq at most 20.
  const ssize_t bytes = read(file.get(), text.data(), text.size());
  if (bytes < 0) return FileError("cannot read", path_);
  auto position = ParseLine({text.data(), static_cast<std::size_t>(bytes)});
  if (position) return *std::move(position);
  return Status(StatusCode::kCorrupt, "\"" + path_ + "\" holds no position");
}

Status PositionFile::Write(const Position& position) const {
  const std::string fresh = path_ + ".new";
  FileHandle file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.open()) return FileError("cannot create", fresh);
  Status status = WriteAll(file, LineOf(position), fresh);
  if (status.ok()) status = SyncFile(file, fresh);
  file.Close();
  if (!status.ok()) return status;
  if (rename(fresh.c_str(), path_.c_str()) != 0) return FileError("cannot replace", path_);
  return SyncDirectoryOf(path_);
}

}  // namespace livedrops
