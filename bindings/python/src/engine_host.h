// EngineHost: an Engine for Python: deterministic, without threads, for tests and notebooks.
#pragma once

#include "host.h"
#include "livedrops/engine.h"

namespace livedrops::python {

class EngineHost : public Host {
 public:
  // The GIL must be held. Throws StatusError, TypeError.
  static std::shared_ptr<EngineHost> Open(const py::object& storage, bool create,
                                          HostOptions options);
  ~EngineHost() override;

  Reply Execute(const Request& request) override;
  void Close() override;
  void Advance();
  std::optional<Time> NextDue();

 private:
  explicit EngineHost(HostOptions options) : Host(std::move(options), Callers::one) {}

  Life life_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace livedrops::python
