#include "simulation/fault_vfs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>

namespace livedrops::simulation {

// --- files -------------------------------------------------------------------------------------

void DiskFile::Read(std::size_t offset, std::size_t bytes, std::uint8_t* out) const {
  const std::size_t there = offset < size() ? std::min(bytes, size() - offset) : 0;
  if (there != 0) std::memcpy(out, shown_.data() + offset, there);
  std::memset(out + there, 0, bytes - there);
}

void DiskFile::Write(std::size_t offset, const std::uint8_t* data, std::size_t bytes,
                     Random* random) {
  if (bytes == 0) return;
  const std::size_t end = offset + bytes;
  const std::size_t first = offset / kSectorBytes;
  const std::size_t last = (end - 1) / kSectorBytes;
  if (end > size()) shown_.resize(end);
  if (dirty_.size() <= last) dirty_.resize(last + 1);
  for (std::size_t sector = first; sector <= last; ++sector) {
    // The system may have written the older content on its own before it is overwritten.
    if (dirty_[sector] != 0 && random->Chance(100)) Keep(sector);
    dirty_[sector] = 1;
  }
  std::memcpy(shown_.data() + offset, data, bytes);
}

void DiskFile::Truncate(std::size_t bytes) {
  shown_.resize(bytes);
  dirty_.resize((bytes + kSectorBytes - 1) / kSectorBytes);
}

void DiskFile::Keep(std::size_t sector) {
  const std::size_t begin = sector * kSectorBytes;
  const std::size_t end = std::min(begin + kSectorBytes, size());
  if (begin >= end) return;
  if (kept_.size() < end) kept_.resize(end);
  std::copy(shown_.begin() + static_cast<std::ptrdiff_t>(begin),
            shown_.begin() + static_cast<std::ptrdiff_t>(end),
            kept_.begin() + static_cast<std::ptrdiff_t>(begin));
}

void DiskFile::Sync() {
  kept_.resize(size());
  for (std::size_t sector = 0; sector < dirty_.size(); ++sector) {
    if (dirty_[sector] != 0) Keep(sector);
    dirty_[sector] = 0;
  }
  ever_synced_ = true;
}

void DiskFile::SyncInPart(Random* random) {
  for (std::size_t sector = 0; sector < dirty_.size(); ++sector) {
    if (dirty_[sector] != 0 && random->Chance(500)) Keep(sector);
    dirty_[sector] = 0;
  }
}

std::uint64_t DiskFile::LoseUnsynced(Random* random, int survives_permille) {
  std::uint64_t lost = 0;
  for (std::size_t sector = 0; sector < dirty_.size(); ++sector) {
    if (dirty_[sector] == 0) continue;
    if (random->Chance(survives_permille)) {
      Keep(sector);
    } else {
      ++lost;
    }
  }
  if (shown_.size() < kept_.size() && random->Chance(survives_permille)) kept_.resize(size());
  shown_ = kept_;
  dirty_.assign((size() + kSectorBytes - 1) / kSectorBytes, 0);
  return lost;
}

// --- the disk ----------------------------------------------------------------------------------

// Who has a file's lock: SQLite's five states, https://www.sqlite.org/lockingv3.html
struct SimDisk::Locks {
  int shared = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
};

struct SimDisk::SharedMemory {
  std::vector<std::unique_ptr<std::uint8_t[]>> regions;
  std::array<int, SQLITE_SHM_NLOCK> shared{};
  std::array<const void*, SQLITE_SHM_NLOCK> exclusive{};
  int users = 0;
};

SimDisk::SimDisk(std::uint64_t seed) : random_(seed) {}
SimDisk::~SimDisk() = default;

void SimDisk::CutPower() {
  ++stats_.power_cuts;
  shared_.clear();
  locks_.clear();
  // Nothing, everything, or any part of what was not synced.
  const int survives = random_.Chance(250) ? 0 : random_.Int(0, 1000);
  for (auto& [name, file] : deleted_) {
    if (!files_.contains(name) && random_.Chance(500)) files_[name] = file;
  }
  deleted_.clear();
  for (auto file = files_.begin(); file != files_.end();) {
    stats_.sectors_lost += file->second.LoseUnsynced(&random_, survives);
    // The name of a file that was never synced may be lost with it.
    const bool gone = !file->second.ever_synced() && random_.Chance(500);
    file = gone ? files_.erase(file) : std::next(file);
  }
}

// --- SQLite's calls ----------------------------------------------------------------------------

namespace {

struct OpenFile {
  sqlite3_file base;  // First: SQLite knows this part only.
  FaultVfs* vfs;
  DiskFile* file;
  std::string name;
  bool anonymous;  // Without a name: goes away with the handle.
  int lock = SQLITE_LOCK_NONE;
  bool has_memory = false;
  std::array<std::uint8_t, SQLITE_SHM_NLOCK> memory_locks{};  // 0 none, 1 shared, 2 exclusive
};

}  // namespace

struct VfsCalls {
  static SimDisk& DiskOf(sqlite3_file* file) { return *Of(file)->vfs->disk_; }
  static FaultVfs& Of(sqlite3_vfs* vfs) { return *static_cast<FaultVfs*>(vfs->pAppData); }
  static OpenFile* Of(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file); }

  // Whether the call is to fail now.
  static bool Fails(SimDisk& disk, int permille) {
    const bool fails = permille != 0 && disk.random_.Chance(permille);
    if (fails) ++disk.stats_.failed;
    return fails;
  }

  // --- of a file ---

  static int Close(sqlite3_file* base) {
    OpenFile* file = Of(base);
    SimDisk& disk = DiskOf(base);
    if (file->has_memory) ShmUnmap(base, 0);
    Unlock(base, SQLITE_LOCK_NONE);
    --disk.open_files_;
    if (file->anonymous) delete file->file;
    file->~OpenFile();
    return SQLITE_OK;
  }

  static int Read(sqlite3_file* base, void* out, int bytes, sqlite3_int64 offset) {
    const OpenFile* file = Of(base);
    SimDisk& disk = DiskOf(base);
    if (file->vfs->dead() || Fails(disk, disk.faults_.read_permille)) return SQLITE_IOERR_READ;
    const auto from = static_cast<std::size_t>(offset);
    const auto size = static_cast<std::size_t>(bytes);
    file->file->Read(from, size, static_cast<std::uint8_t*>(out));
    return from + size <= file->file->size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int Write(sqlite3_file* base, const void* data, int bytes, sqlite3_int64 offset) {
    const OpenFile* file = Of(base);
    SimDisk& disk = DiskOf(base);
    if (!file->vfs->Live()) return SQLITE_IOERR_WRITE;
    ++disk.stats_.writes;
    auto size = static_cast<std::size_t>(bytes);
    int rc = SQLITE_OK;
    if (Fails(disk, disk.faults_.write_permille)) rc = SQLITE_IOERR_WRITE;
    if (rc == SQLITE_OK && Fails(disk, disk.faults_.full_permille)) rc = SQLITE_FULL;
    // A write that fails has written a part.
    if (rc != SQLITE_OK) size = static_cast<std::size_t>(disk.random_.Below(bytes));
    file->file->Write(static_cast<std::size_t>(offset), static_cast<const std::uint8_t*>(data),
                      size, &disk.random_);
    return rc;
  }

  static int Truncate(sqlite3_file* base, sqlite3_int64 size) {
    const OpenFile* file = Of(base);
    SimDisk& disk = DiskOf(base);
    if (!file->vfs->Live() || Fails(disk, disk.faults_.truncate_permille)) {
      return SQLITE_IOERR_TRUNCATE;
    }
    file->file->Truncate(static_cast<std::size_t>(size));
    return SQLITE_OK;
  }

  static int Sync(sqlite3_file* base, int) {
    const OpenFile* file = Of(base);
    SimDisk& disk = DiskOf(base);
    if (!file->vfs->Live()) return SQLITE_IOERR_FSYNC;
    ++disk.stats_.syncs;
    if (Fails(disk, disk.faults_.sync_permille)) {
      if (disk.random_.Chance(800)) file->file->SyncInPart(&disk.random_);
      return SQLITE_IOERR_FSYNC;
    }
    file->file->Sync();
    return SQLITE_OK;
  }

  static int FileSize(sqlite3_file* base, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(Of(base)->file->size());
    return SQLITE_OK;
  }

  static int Lock(sqlite3_file* base, int level) {
    OpenFile* file = Of(base);
    if (file->lock >= level) return SQLITE_OK;
    SimDisk::Locks& locks = DiskOf(base).locks_[file->name];
    const auto free = [&](const void* owner) { return owner == nullptr || owner == file; };
    if (level == SQLITE_LOCK_SHARED) {
      if (!free(locks.pending) || !free(locks.exclusive)) return SQLITE_BUSY;
      ++locks.shared;
    } else if (level == SQLITE_LOCK_RESERVED) {
      if (!free(locks.reserved)) return SQLITE_BUSY;
      locks.reserved = file;
    } else {
      if (!free(locks.pending) || !free(locks.exclusive) || !free(locks.reserved)) {
        return SQLITE_BUSY;
      }
      locks.pending = file;
      if (locks.shared > 1) {
        file->lock = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
      }
      locks.exclusive = file;
    }
    file->lock = level;
    return SQLITE_OK;
  }

  static int Unlock(sqlite3_file* base, int level) {
    OpenFile* file = Of(base);
    if (file->lock <= level) return SQLITE_OK;
    SimDisk::Locks& locks = DiskOf(base).locks_[file->name];
    for (const void** owner : {&locks.reserved, &locks.pending, &locks.exclusive}) {
      if (*owner == file) *owner = nullptr;
    }
    if (level == SQLITE_LOCK_NONE) --locks.shared;
    file->lock = level;
    return SQLITE_OK;
  }

  static int CheckReservedLock(sqlite3_file* base, int* result) {
    const SimDisk::Locks& locks = DiskOf(base).locks_[Of(base)->name];
    *result = locks.reserved != nullptr || locks.pending != nullptr || locks.exclusive != nullptr;
    return SQLITE_OK;
  }

  static int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int SectorSize(sqlite3_file*) { return static_cast<int>(DiskFile::kSectorBytes); }
  // As on Linux: a torn write does not touch the bytes beside it.
  static int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  // --- shared memory ---

  static int ShmMap(sqlite3_file* base, int region, int bytes, int extend, void volatile** out) {
    OpenFile* file = Of(base);
    auto& memory = DiskOf(base).shared_[file->name];
    if (memory == nullptr) memory = std::make_unique<SimDisk::SharedMemory>();
    if (!file->has_memory) ++memory->users;
    file->has_memory = true;
    *out = nullptr;
    const auto index = static_cast<std::size_t>(region);
    if (extend == 0 && memory->regions.size() <= index) return SQLITE_OK;
    while (memory->regions.size() <= index) {
      memory->regions.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(bytes)));
    }
    *out = memory->regions[index].get();
    return SQLITE_OK;
  }

  static int ShmLock(sqlite3_file* base, int offset, int n, int flags) {
    OpenFile* file = Of(base);
    SimDisk::SharedMemory& memory = *DiskOf(base).shared_.at(file->name);
    const auto first = static_cast<std::size_t>(offset);
    const auto end = first + static_cast<std::size_t>(n);
    if ((flags & SQLITE_SHM_LOCK) != 0) {
      for (std::size_t slot = first; slot < end; ++slot) {
        const bool own = file->memory_locks[slot] != 0;
        const void* owner = memory.exclusive[slot];
        const bool taken = owner != nullptr && owner != file;
        const bool shared = memory.shared[slot] > (own ? 1 : 0);
        if (taken || ((flags & SQLITE_SHM_EXCLUSIVE) != 0 && shared)) return SQLITE_BUSY;
      }
    }
    for (std::size_t slot = first; slot < end; ++slot) {
      ReleaseSlot(file, &memory, slot);
      if ((flags & SQLITE_SHM_UNLOCK) != 0) continue;
      if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) {
        memory.exclusive[slot] = file;
        file->memory_locks[slot] = 2;
      } else {
        ++memory.shared[slot];
        file->memory_locks[slot] = 1;
      }
    }
    return SQLITE_OK;
  }

  static void ReleaseSlot(OpenFile* file, SimDisk::SharedMemory* memory, std::size_t slot) {
    if (file->memory_locks[slot] == 1) --memory->shared[slot];
    if (file->memory_locks[slot] == 2) memory->exclusive[slot] = nullptr;
    file->memory_locks[slot] = 0;
  }

  static void ShmBarrier(sqlite3_file*) {}

  // The last one takes it away: the next to open it will build the index from the log again.
  static int ShmUnmap(sqlite3_file* base, int) {
    OpenFile* file = Of(base);
    if (!file->has_memory) return SQLITE_OK;
    auto& shared = DiskOf(base).shared_;
    const auto memory = shared.find(file->name);
    for (std::size_t slot = 0; slot < SQLITE_SHM_NLOCK; ++slot) {
      ReleaseSlot(file, memory->second.get(), slot);
    }
    file->has_memory = false;
    if (--memory->second->users == 0) shared.erase(memory);
    return SQLITE_OK;
  }

  // --- of the file system ---

  static int Open(sqlite3_vfs* base, const char* name, sqlite3_file* out, int flags,
                  int* out_flags);

  static int Delete(sqlite3_vfs* base, const char* name, int sync_directory) {
    FaultVfs& vfs = Of(base);
    if (!vfs.Live()) return SQLITE_IOERR_DELETE;
    SimDisk& disk = *vfs.disk_;
    const auto file = disk.files_.find(name);
    if (file == disk.files_.end()) return SQLITE_IOERR_DELETE_NOENT;
    if (sync_directory != 0) {
      disk.deleted_.clear();
    } else {
      disk.deleted_[name] = std::move(file->second);
    }
    disk.files_.erase(file);
    return SQLITE_OK;
  }

  static int Access(sqlite3_vfs* base, const char* name, int, int* result) {
    *result = Of(base).disk_->files_.contains(name) ? 1 : 0;
    return SQLITE_OK;
  }

  static int FullPathname(sqlite3_vfs*, const char* name, int bytes, char* out) {
    sqlite3_snprintf(bytes, out, "%s", name);
    return SQLITE_OK;
  }

  static int Randomness(sqlite3_vfs* base, int bytes, char* out) {
    Random& random = Of(base).disk_->random_;
    for (int i = 0; i < bytes; ++i) out[i] = static_cast<char>(random.Next());
    return bytes;
  }

  static int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

  // Milliseconds since noon of 24 November 4714 BC, as SQLite counts.
  static int CurrentTimeInt64(sqlite3_vfs* base, sqlite3_int64* out) {
    constexpr sqlite3_int64 kUnixEpoch = 210'866'760'000'000;
    *out = kUnixEpoch + ToMs(Of(base).clock_->Now());
    return SQLITE_OK;
  }
  static int CurrentTime(sqlite3_vfs* base, double* out) {
    sqlite3_int64 ms = 0;
    CurrentTimeInt64(base, &ms);
    *out = static_cast<double>(ms) / 86'400'000.0;
    return SQLITE_OK;
  }
  static int GetLastError(sqlite3_vfs*, int, char*) { return 0; }
};

namespace {

const sqlite3_io_methods kMethods = {
    2,
    VfsCalls::Close,
    VfsCalls::Read,
    VfsCalls::Write,
    VfsCalls::Truncate,
    VfsCalls::Sync,
    VfsCalls::FileSize,
    VfsCalls::Lock,
    VfsCalls::Unlock,
    VfsCalls::CheckReservedLock,
    VfsCalls::FileControl,
    VfsCalls::SectorSize,
    VfsCalls::DeviceCharacteristics,
    VfsCalls::ShmMap,
    VfsCalls::ShmLock,
    VfsCalls::ShmBarrier,
    VfsCalls::ShmUnmap,
    nullptr,
    nullptr,
};

std::atomic<int> vfs_number{0};

}  // namespace

int VfsCalls::Open(sqlite3_vfs* base, const char* name, sqlite3_file* out, int flags,
                   int* out_flags) {
  FaultVfs& vfs = Of(base);
  SimDisk& disk = *vfs.disk_;
  out->pMethods = nullptr;
  const bool there = name != nullptr && disk.files_.contains(name);
  if (vfs.dead() || (name != nullptr && !there && (flags & SQLITE_OPEN_CREATE) == 0)) {
    return SQLITE_CANTOPEN;
  }
  auto* file = new (out) OpenFile{};
  file->base.pMethods = &kMethods;
  file->vfs = &vfs;
  file->anonymous = name == nullptr;
  file->name = name == nullptr ? "" : name;
  file->file = name == nullptr ? new DiskFile() : &disk.files_[name];
  if (name != nullptr && !there) disk.deleted_.erase(name);
  ++disk.open_files_;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

// --- a process's way to the disk ---------------------------------------------------------------

FaultVfs::FaultVfs(SimDisk* disk, Clock* clock)
    : disk_(disk), clock_(clock), name_("livedrops-sim-" + std::to_string(++vfs_number)) {
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(OpenFile);
  vfs_.mxPathname = 255;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = VfsCalls::Open;
  vfs_.xDelete = VfsCalls::Delete;
  vfs_.xAccess = VfsCalls::Access;
  vfs_.xFullPathname = VfsCalls::FullPathname;
  vfs_.xRandomness = VfsCalls::Randomness;
  vfs_.xSleep = VfsCalls::Sleep;
  vfs_.xCurrentTime = VfsCalls::CurrentTime;
  vfs_.xCurrentTimeInt64 = VfsCalls::CurrentTimeInt64;
  vfs_.xGetLastError = VfsCalls::GetLastError;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

bool FaultVfs::Live() {
  if (calls_left_ > 0) --calls_left_;
  return calls_left_ != 0;
}

}  // namespace livedrops::simulation
