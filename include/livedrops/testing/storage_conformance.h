// The conformance suite: what spi/storage.h promises, as cases that any test framework can run. An
// adapter is done when all of them pass on it.
//
//   for (const ConformanceCase& test : StorageConformanceCases()) {
//     MyFactory factory;
//     Status status = test.run(factory);
//     if (!status.ok()) std::cerr << test.name << ": " << status.message() << "\n";
//   }
#pragma once

#include <memory>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops {

// Opens the storages under test; written by the adapter's author.
// Threading: called by one thread at a time.
class StorageFactory {
 public:
  virtual ~StorageFactory() = default;
  // A new and empty database, opened. `Open` then means this one; those before are used no more.
  virtual Result<std::unique_ptr<Storage>> Create() = 0;
  // The database once more, as another process would open it: beside the storages that are open on
  // it, or after they were closed or destroyed.
  virtual Result<std::unique_ptr<Storage>> Open() = 0;
};

struct ConformanceCase {
  const char* name;  // "SecondCommitOnTheSameHeadIsFenced"
  // ok, or a Status whose message says what was expected and what was found. Some cases start
  // threads; none sleeps. Needs a factory of its own.
  Status (*run)(StorageFactory& factory);
};

// All cases, in the order in which an adapter's author will want them to pass.
std::vector<ConformanceCase> StorageConformanceCases();

}  // namespace livedrops
