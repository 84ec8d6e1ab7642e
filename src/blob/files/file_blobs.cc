#include "blob/files/file_blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <system_error>

#include "base/files.h"

namespace livedrops {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytesMin = 3;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::string_view kDraftPrefix = "draft-";

bool IsName(std::string_view name) {
  const bool hex = std::ranges::all_of(
      name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && name.size() >= kNameBytesMin && name.size() <= kNameBytesMax;
}

Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0) return SyncDirectoryOf(path);
  return errno == EEXIST ? OkStatus() : FileError("cannot make", path);
}

// Threading: any thread.
class FileBlobs final : public BlobStore {
 public:
  explicit FileBlobs(std::string directory) : directory_(std::move(directory)) {}

  Status Put(std::string_view name, std::string_view bytes) override;
  Result<std::string> Get(std::string_view name) override;

 private:
  // Two levels, so that no directory gets more than a few thousand entries soon.
  std::string PathOf(std::string_view name) const {
    return directory_ + "/" + std::string(name.substr(0, 2)) + "/" + std::string(name);
  }
  Status WriteDraft(std::string_view bytes, std::string* draft) const;
  void RemoveOldDrafts() const;

  const std::string directory_;
  std::once_flag looked_for_drafts_;
};

// The name comes when everything is on the disk: a crash leaves a draft and no part of a blob.
Status FileBlobs::Put(std::string_view name, std::string_view bytes) {
  if (!IsName(name)) {
    return {StatusCode::kInvalidArgument, "\"" + std::string(name) + "\" is no name of a blob"};
  }
  const std::string path = PathOf(name);
  // Whoever gave it its name may not have come so far as to make that durable.
  if (access(path.c_str(), R_OK) == 0) return SyncDirectoryOf(path);
  for (const std::string& directory : {directory_, path.substr(0, path.rfind('/'))}) {
    if (Status made = MakeDirectory(directory); !made.ok()) return made;
  }
  std::call_once(looked_for_drafts_, [this] { RemoveOldDrafts(); });
  std::string draft;
  Status written = WriteDraft(bytes, &draft);
  if (written.ok() && rename(draft.c_str(), path.c_str()) != 0) {
    written = FileError("cannot name", path);
  }
  if (written.ok()) return SyncDirectoryOf(path);
  unlink(draft.c_str());
  return written;
}

Status FileBlobs::WriteDraft(std::string_view bytes, std::string* draft) const {
  *draft = directory_ + "/" + std::string(kDraftPrefix) + "XXXXXX";
  const FileHandle file(mkostemp(draft->data(), O_CLOEXEC));
  if (!file.open()) return FileError("cannot make a draft in", directory_);
  if (Status written = WriteAll(file, bytes, *draft); !written.ok()) return written;
  return SyncFile(file, *draft);
}

// Those of processes that ended while they wrote; another server may be writing one just now.
void FileBlobs::RemoveOldDrafts() const {
  std::error_code ignored;  // What cannot be removed now is in nobody's way.
  const auto oldest = fs::file_time_type::clock::now() - kDraftLife;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_, ignored)) {
    if (!entry.path().filename().string().starts_with(kDraftPrefix)) continue;
    const auto written_at = entry.last_write_time(ignored);
    if (!ignored && written_at < oldest) fs::remove(entry.path(), ignored);
  }
}

Result<std::string> FileBlobs::Get(std::string_view name) {
  if (!IsName(name)) return Status(StatusCode::kNotFound, "no blob has such a name");
  const std::string path = PathOf(name);
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open() && errno == ENOENT)
    return Status(StatusCode::kNotFound, "there is no such blob");
  struct stat facts{};
  if (!file.open() || fstat(file.get(), &facts) != 0) return FileError("cannot open", path);
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return FileError("cannot read", path);
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace

std::unique_ptr<BlobStore> NewFileBlobs(std::string directory) {
  return std::make_unique<FileBlobs>(std::move(directory));
}

}  // namespace livedrops
