// The parts that the module is made of, in the order in which they need each other.
#pragma once

#include "casts.h"

namespace livedrops::python {

void RegisterWords(py::module_& module);     // Enums.
void RegisterResults(py::module_& module);   // What reads and commands give back.
void RegisterRequests(py::module_& module);  // What commands ask.
void RegisterRows(py::module_& module);      // What a storage written in Python sees.
void RegisterReplies(py::module_& module);   // Batches.
void RegisterAdapters(py::module_& module);  // Storages, clocks, id sources.
void RegisterTransports(py::module_& module);
void RegisterHosts(py::module_& module);  // Shop and Engine.
void RegisterRelay(py::module_& module);
void RegisterTesting(py::module_& module);
void RegisterTransportTesting(py::module_& module);

}  // namespace livedrops::python
