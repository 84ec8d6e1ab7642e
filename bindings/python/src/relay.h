// RelayHost: a Relay for Python, and what it reads from.
#pragma once

#include "host.h"
#include "livedrops/relay.h"
#include "transports.h"

namespace livedrops::python {

// Threading: any thread. A process that forked must not use its parent's relay: every call answers
// `closed`.
class RelayHost : public Live {
 public:
  // `source` is a Host, or what TakeStorage takes, opened for reading. The GIL must be held. Throws
  // StatusError, TypeError.
  static std::shared_ptr<RelayHost> Start(const py::object& source, const py::object& transport,
                                          const RelayOptions& options);
  ~RelayHost() override;

  RelayProgress progress() const;
  // Ctrl-C ends the wait. No timeout: for ever.
  void WaitFor(std::uint64_t seq, std::optional<std::int64_t> timeout_ms);
  std::uint64_t ReadHead();
  void Stop();
  void Close() override;
  bool uses_others() const override { return true; }
  bool stopped() const { return stopped_ || forked(); }

 private:
  // In the order in which they are needed, and destroyed from the end.
  struct Parts {
    Life life;
    std::shared_ptr<Host> host;
    std::unique_ptr<Storage> storage;
    std::unique_ptr<Relay> relay;
  };

  RelayHost();
  bool forked() const;
  void CheckUsable() const;
  Storage& storage() const;

  std::shared_ptr<Parts> parts_;
  std::atomic<bool> stopped_{false};
  std::mutex stopping_;
  bool ended_ = false;  // With `stopping_`.
  pid_t process_;
};

}  // namespace livedrops::python
