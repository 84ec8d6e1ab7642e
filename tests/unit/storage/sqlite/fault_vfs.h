// A VFS for SQLite that passes everything on to the default one, but fails writes and syncs of the
// write-ahead log or of the database when it is told to.
#pragma once

#include <sqlite3.h>

namespace livedrops {

// Threading: one test at a time.
class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  static const char* name() { return "fault"; }

  // From the `nth` call (1 is the next) on, `count` of them fail with this code.
  void FailWrites(int nth, int code, int count = 1'000'000);
  void FailSyncs(int nth, int code, int count = 1'000'000);
  void Heal();
  // Calls since the last Fail… or Heal.
  int writes() const;
  int syncs() const;
};

}  // namespace livedrops
