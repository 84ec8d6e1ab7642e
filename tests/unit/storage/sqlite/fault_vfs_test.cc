#include "tests/unit/storage/sqlite/fault_vfs.h"

#include <gtest/gtest.h>

#include <cstring>

namespace livedrops {
namespace {

struct Fault {
  int calls = 0;
  int first = 0;  // 0: never.
  int last = 0;
  int code = SQLITE_OK;

  int Next() {
    ++calls;
    return first != 0 && calls >= first && calls <= last ? code : SQLITE_OK;
  }
};
Fault write_fault;
Fault sync_fault;

// SQLite's file, followed in memory by the default VFS's own.
struct File {
  sqlite3_file base;
  sqlite3_io_methods methods;
  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* Cast(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Inner(sqlite3_file* file) { return Cast(file)->inner(); }

int Close(sqlite3_file* file) { return Inner(file)->pMethods->xClose(Inner(file)); }
int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
  return Inner(file)->pMethods->xRead(Inner(file), data, size, at);
}
int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  if (const int code = write_fault.Next(); code != SQLITE_OK) return code;
  return Inner(file)->pMethods->xWrite(Inner(file), data, size, at);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return Inner(file)->pMethods->xTruncate(Inner(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  if (const int code = sync_fault.Next(); code != SQLITE_OK) return code;
  return Inner(file)->pMethods->xSync(Inner(file), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Inner(file)->pMethods->xFileSize(Inner(file), size);
}
int Lock(sqlite3_file* file, int level) { return Inner(file)->pMethods->xLock(Inner(file), level); }
int Unlock(sqlite3_file* file, int level) {
  return Inner(file)->pMethods->xUnlock(Inner(file), level);
}
int CheckLock(sqlite3_file* file, int* out) {
  return Inner(file)->pMethods->xCheckReservedLock(Inner(file), out);
}
int Control(sqlite3_file* file, int operation, void* argument) {
  return Inner(file)->pMethods->xFileControl(Inner(file), operation, argument);
}
int SectorSize(sqlite3_file* file) { return Inner(file)->pMethods->xSectorSize(Inner(file)); }
int Characteristics(sqlite3_file* file) {
  return Inner(file)->pMethods->xDeviceCharacteristics(Inner(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Inner(file)->pMethods->xShmMap(Inner(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Inner(file)->pMethods->xShmLock(Inner(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Inner(file)->pMethods->xShmBarrier(Inner(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Inner(file)->pMethods->xShmUnmap(Inner(file), remove);
}

const sqlite3_io_methods kMethods = {
    2,        Close,     Read,    Write,      Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckLock, Control, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, nullptr,   nullptr};

int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  auto* inner = static_cast<sqlite3_vfs*>(vfs->pAppData);
  std::memset(file, 0, sizeof(File));
  const int rc = inner->xOpen(inner, name, Inner(file), flags, out);
  if (rc == SQLITE_OK) file->pMethods = &kMethods;
  return rc;
}

sqlite3_vfs fault_vfs;

void Plan(Fault* fault, int nth, int code, int count) { *fault = {0, nth, nth + count - 1, code}; }

}  // namespace

FaultVfs::FaultVfs() {
  sqlite3_vfs* inner = sqlite3_vfs_find(nullptr);
  fault_vfs = *inner;
  fault_vfs.pNext = nullptr;
  fault_vfs.zName = name();
  fault_vfs.pAppData = inner;
  fault_vfs.szOsFile = static_cast<int>(sizeof(File)) + inner->szOsFile;
  fault_vfs.xOpen = Open;
  EXPECT_EQ(sqlite3_vfs_register(&fault_vfs, 0), SQLITE_OK);
  Heal();
}

FaultVfs::~FaultVfs() {
  Heal();
  sqlite3_vfs_unregister(&fault_vfs);
}

void FaultVfs::FailWrites(int nth, int code, int count) { Plan(&write_fault, nth, code, count); }
void FaultVfs::FailSyncs(int nth, int code, int count) { Plan(&sync_fault, nth, code, count); }
void FaultVfs::Heal() { write_fault = sync_fault = {}; }
int FaultVfs::writes() const { return write_fault.calls; }
int FaultVfs::syncs() const { return sync_fault.calls; }

}  // namespace livedrops
