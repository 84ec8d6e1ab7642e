// The conformance suite for transports: what spi/transport.h promises, as cases that any test
// framework can run. An adapter is done when all of them pass on it.
//
//   for (const TransportConformanceCase& test : TransportConformanceCases()) {
//     MyFactory factory;
//     Status status = test.run(factory);
//     if (!status.ok()) std::cerr << test.name << ": " << status.message() << "\n";
//   }
#pragma once

#include <memory>
#include <vector>

#include "livedrops/spi/transport.h"

namespace livedrops {

// Opens the transports under test; written by the adapter's author.
// Threading: called by one thread at a time.
class TransportFactory {
 public:
  virtual ~TransportFactory() = default;
  // A transport to a new destination that has nothing yet. `Open` and `Received` then mean this
  // one; those before are used no more.
  virtual Result<std::unique_ptr<Transport>> Create() = 0;
  // The same destination once more, as another process would open it: beside the transports that
  // are open on it, or after they were closed or destroyed.
  virtual Result<std::unique_ptr<Transport>> Open() = 0;
  // What a receiver at the other end has got so far, in the order of its arrival, repeats included.
  virtual Result<std::vector<Position>> Received() = 0;
};

struct TransportConformanceCase {
  const char* name;  // "WhatWasSentIsReceivedInOrder"
  // ok, or a Status whose message says what was expected and what was found. None sleeps. Needs a
  // factory of its own.
  Status (*run)(TransportFactory& factory);
};

// All cases, in the order in which an adapter's author will want them to pass.
std::vector<TransportConformanceCase> TransportConformanceCases();

}  // namespace livedrops
