// Storages, clocks and id sources: those of the library, and those written in Python.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "casts.h"
#include "livedrops/open.h"
#include "livedrops/spi/clock.h"
#include "livedrops/spi/id_source.h"
#include "livedrops/spi/storage.h"

namespace livedrops::python {

// A Python object that any thread may drop: the last one takes the GIL for it.
// Threading: any thread; the GIL must be held to make one and to use the object.
class PyRef {
 public:
  PyRef() = default;
  explicit PyRef(py::object object);
  const py::object& get() const { return *object_; }
  bool empty() const { return object_ == nullptr; }

 private:
  std::shared_ptr<py::object> object_;
};

// A storage of the library, until a shop or engine takes it.
struct StorageHandle {
  std::unique_ptr<Storage> storage;
  std::string description;
};

// A str is a URL, a handle gives its storage away, anything else is a storage written in Python.
// The GIL must be held. Throws StatusError, TypeError.
std::unique_ptr<Storage> TakeStorage(const py::object& given, const StorageOptions& options);

// The clock that EngineOptions wants, and what keeps it alive.
class ClockOwner {
 public:
  // None: the system's. The GIL must be held.
  explicit ClockOwner(const py::object& given);
  Clock* clock() const { return clock_; }
  // Not ok: the clock raised. Asked before each command, because a clock cannot answer a Status.
  // The GIL must not be held.
  Status Check() const;

 private:
  PyRef keep_;
  std::shared_ptr<class PythonClock> python_;
  Clock* clock_ = nullptr;
};

class IdSourceOwner {
 public:
  explicit IdSourceOwner(const py::object& given);
  IdSource* ids() const { return ids_; }

 private:
  PyRef keep_;
  std::shared_ptr<IdSource> python_;
  IdSource* ids_ = nullptr;
};

}  // namespace livedrops::python
