// A storage written in Python (livedrops.spi.Storage) as the library sees it.
#pragma once

#include <memory>

#include "adapters.h"

namespace livedrops::python {

// The GIL must be held. Throws when `storage` lacks a method or its info cannot be read.
std::unique_ptr<Storage> NewPythonStorage(const py::object& storage);

}  // namespace livedrops::python
