// A storage written in Python (livedrops.spi.Storage) as the library sees it.
#pragma once

#include <memory>

#include "adapters.h"

namespace livedrops::python {

// The GIL must be held. Throws when `storage` lacks a method or its info cannot be read.
std::unique_ptr<Storage> NewPythonStorage(const py::object& storage);

// Marks a call from the library into Python (InsideCallback).
class CallbackScope {
 public:
  CallbackScope();
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;
};

}  // namespace livedrops::python
