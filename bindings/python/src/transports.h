// Transports: those of the library, and those written in Python (livedrops.spi.Transport).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters.h"
#include "livedrops/spi/transport.h"

namespace livedrops::python {

// A transport of the library, until a relay takes it.
struct TransportHandle {
  std::unique_ptr<Transport> transport;
  std::string description;
};

// An EventBatch whose texts and events are its own, for Python.
struct OwnedEvents {
  std::string epoch;
  std::vector<Event> events;
};

// A str is a URL, a handle gives its transport away, anything else is a transport written in
// Python. The GIL must be held. Throws StatusError, TypeError.
std::unique_ptr<Transport> TakeTransport(const py::object& given);

}  // namespace livedrops::python
