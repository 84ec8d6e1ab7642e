// livedrops._core: the public headers in Python, without comfort. The package livedrops adds that.
#include "module.h"

#include "lives.h"

#include "livedrops/version.h"

// Its GIL is needed: the records' setters and the caches of the module are not locked.
PYBIND11_MODULE(_core, module) {
  using namespace livedrops::python;  // NOLINT: the macro makes the function
  module.doc() = "The C++ library as it is. Use the package livedrops.";
  module.attr("__version__") = LIVEDROPS_VERSION;
  RegisterErrors(module);
  RegisterWords(module);
  RegisterResults(module);
  RegisterRequests(module);
  RegisterRows(module);
  RegisterReplies(module);
  RegisterAdapters(module);
  RegisterTransports(module);
  RegisterLives(module);
  RegisterHosts(module);
  RegisterRelay(module);
  RegisterTesting(module);
  RegisterTransportTesting(module);
}
