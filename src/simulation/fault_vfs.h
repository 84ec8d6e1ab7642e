// FaultVfs: a disk in memory for the real SQLite, with the ways in which disks fail: errors, lost
// syncs, power cuts that keep any part of what was not synced.
//
// A SimDisk is what survives a process; each process reaches it through a FaultVfs of its own,
// which can be killed at any call. Shared memory (the WAL's index) lives as long as somebody has it
// open. Threading: one thread, several connections. Nothing waits: a lock that is taken is
// SQLITE_BUSY.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "livedrops/spi/clock.h"
#include "simulation/random.h"

namespace livedrops::simulation {

// How often calls fail, in 1/1000.
struct DiskFaults {
  int sync_permille = 0;  // EIO; what was to be synced may be dropped for ever, as Linux does.
  int write_permille = 0;
  int full_permille = 0;
  int truncate_permille = 0;
  int read_permille = 0;
};

struct DiskStats {
  std::uint64_t syncs = 0;
  std::uint64_t writes = 0;
  std::uint64_t failed = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t sectors_lost = 0;
};

// What a file shows and what of it would survive a power cut, by sectors.
class DiskFile {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  std::size_t size() const { return shown_.size(); }
  void Read(std::size_t offset, std::size_t bytes, std::uint8_t* out) const;
  void Write(std::size_t offset, const std::uint8_t* data, std::size_t bytes, Random* random);
  void Truncate(std::size_t bytes);
  void Sync();
  // A sync that failed: what was to be written is, or never will be.
  void SyncInPart(Random* random);
  // The power is cut: each sector that was not synced survives with this probability.
  std::uint64_t LoseUnsynced(Random* random, int survives_permille);
  bool ever_synced() const { return ever_synced_; }

 private:
  void Keep(std::size_t sector);

  std::vector<std::uint8_t> shown_;
  std::vector<std::uint8_t> kept_;   // On the platter.
  std::vector<std::uint8_t> dirty_;  // A flag for each sector of shown_.
  bool ever_synced_ = false;
};

class FaultVfs;

class SimDisk {
 public:
  explicit SimDisk(std::uint64_t seed);
  ~SimDisk();

  using Image = std::map<std::string, DiskFile>;
  // Everything on it, to be put on another disk. No file may be open.
  const Image& image() const { return files_; }
  void Load(const Image& image) { files_ = image; }

  void set_faults(const DiskFaults& faults) { faults_ = faults; }
  // No file may be open: whoever used it has died.
  void CutPower();
  const DiskStats& stats() const { return stats_; }
  bool has_open_files() const { return open_files_ != 0; }

 private:
  friend class FaultVfs;
  friend struct VfsCalls;
  struct Locks;
  struct SharedMemory;

  Image files_;
  std::map<std::string, DiskFile> deleted_;  // Not surely gone before the directory is synced.
  std::map<std::string, Locks> locks_;
  std::map<std::string, std::unique_ptr<SharedMemory>> shared_;
  Random random_;
  DiskFaults faults_;
  DiskStats stats_;
  int open_files_ = 0;
};

// One process's way to the disk, registered with SQLite under a name of its own.
class FaultVfs {
 public:
  FaultVfs(SimDisk* disk, Clock* clock);
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const { return name_; }
  // From now on, or after some more calls that change the disk, nothing reaches the disk any more.
  void Kill() { calls_left_ = 0; }
  void KillAfter(int calls) { calls_left_ = calls; }
  bool dead() const { return calls_left_ == 0; }

 private:
  friend struct VfsCalls;
  // Counts a call that changes the disk. False: the process died before it.
  bool Live();

  SimDisk* disk_;
  Clock* clock_;
  std::string name_;
  sqlite3_vfs vfs_{};
  int calls_left_ = -1;  // Negative: no end in sight.
};

}  // namespace livedrops::simulation
